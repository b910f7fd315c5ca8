package query

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
)

// ListNearby answers: which open cases near this one may be the same problem?
func (s *Service) ListNearby(ctx context.Context, q *gridcasev1.ListNearbyRequest) (*gridcasev1.ListNearbyResponse, error) {
	found, fresh, err := s.find(ctx, q.GetCase(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(found.GetDistrict())
	if err != nil {
		return nil, err
	}
	near, err := s.cases.Nearby(ctx, api.Actor(ctx).Scope(district.Code), &gridcasev1.CaseRef{CaseId: found.GetCaseId()}, district.Catalogue)
	if err != nil {
		return nil, unavailable(err)
	}
	near, next, err := api.Page(near, func(n casestatus.Near) string { return n.Key }, q.GetPage(), q.GetLimit())
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListNearbyResponse{NextPage: next, Freshness: fresh}
	for _, n := range near {
		answer.Cases = append(answer.Cases, n.Nearby)
	}
	return answer, nil
}
