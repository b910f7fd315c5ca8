package query

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// ListQueue answers: what waits for whom, the most urgent first?
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
	then, err := moment(scope.District, q.GetAsOf())
	if err != nil {
		return nil, err
	}
	if then != nil {
		return s.queueAsOf(ctx, scope, q, then, fresh)
	}
	items, next, err := s.queues.Page(ctx, scope, q.GetQueue(), q.GetPage(), page(q.GetLimit(), 50))
	if err != nil {
		return nil, unavailable(err)
	}
	s.nameHolders(scope.District, q.GetQueue(), items)
	if err := s.suggest(ctx, scope.District, items); err != nil {
		return nil, err
	}
	return &gridcasev1.ListQueueResponse{Queue: q.GetQueue(), Items: items, NextPage: next, Freshness: fresh}, nil
}

// queueAsOf is a queue as it was. What waited in a department's or a grid worker's own queue was theirs then, so whose queue it is sees all of it.
// Who held what then is not known, and where a case would have gone is no matter.
func (s *Service) queueAsOf(ctx context.Context, scope access.Scope, q *gridcasev1.ListQueueRequest, then *readmodel.Moment, fresh *gridcasev1.Freshness) (*gridcasev1.ListQueueResponse, error) {
	items, next, err := s.past.Page(ctx, scope.District, q.GetQueue(), *then, q.GetPage(), page(q.GetLimit(), 50))
	if err != nil {
		return nil, unavailable(err)
	}
	return &gridcasev1.ListQueueResponse{Queue: q.GetQueue(), Items: items, NextPage: next, Freshness: fresh}, nil
}

// nameHolders says who holds what of a queue: leases stand in no view.
func (s *Service) nameHolders(district, queue string, items []*gridcasev1.QueueItem) {
	for _, item := range items {
		if lease, held := s.o.Leases.Of(district, item.GetCaseId(), queue); held {
			item.Holder, item.HeldUntil = lease.Holder, timestamppb.New(lease.Until)
		}
	}
}

// suggest says where filed cases would go by the district's catalogue as it is now.
func (s *Service) suggest(ctx context.Context, code string, items []*gridcasev1.QueueItem) error {
	district, err := s.o.Directory.District(code)
	if err != nil {
		return err
	}
	return unavailable(s.cases.Suggest(ctx, code, district.Catalogue, items))
}
