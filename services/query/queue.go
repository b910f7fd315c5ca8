package query

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
)

// ListQueue answers: what waits for whom, earliest due first?
func (s *Service) ListQueue(ctx context.Context, q *gridcasev1.ListQueueRequest) (*gridcasev1.ListQueueResponse, error) {
	if err := api.Actor(ctx).Queue(q.GetQueue()); err != nil {
		return nil, err
	}
	scope, err := s.scope(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	fresh, err := s.o.Tracker.Wait(ctx, scope.District, q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	items, next, err := s.queues.Page(ctx, scope, q.GetQueue(), q.GetPage(), page(q.GetLimit(), 50))
	if err != nil {
		return nil, unavailable(err)
	}
	return &gridcasev1.ListQueueResponse{Queue: q.GetQueue(), Items: items, NextPage: next, Freshness: fresh}, nil
}
