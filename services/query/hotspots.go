package query

import (
	"context"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/hotspots"
)

// ListHotSpots answers: where was the same kind of problem filed again and again? Like the grid map it shows counts of the whole district, and
// no case.
func (s *Service) ListHotSpots(ctx context.Context, q *gridcasev1.ListHotSpotsRequest) (*gridcasev1.ListHotSpotsResponse, error) {
	code, err := s.o.Access.District(api.Actor(ctx), q.GetDistrict())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(code)
	if err != nil {
		return nil, err
	}
	from, to, err := period(q, "hotspots.period", time.Now().In(district.Calendar.Zone()))
	if err != nil {
		return nil, err
	}
	if q.GetMinCases() == 1 {
		return nil, fault.BadField("min_cases", "hotspots.min_cases", "a hot spot has at least 2 cases")
	}
	fresh, err := s.o.Tracker.Wait(ctx, code, q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	question := hotspots.Question{District: code, Area: q.GetArea(), CaseType: q.GetCaseType(), From: from, To: to, ByGrid: q.GetBy() == "grid", Least: max(q.GetMinCases(), 2)}
	spots, next, err := s.spots.Page(ctx, question, q.GetPage(), page(q.GetLimit(), 50))
	if err != nil {
		return nil, unavailable(err)
	}
	return &gridcasev1.ListHotSpotsResponse{Spots: spots, NextPage: next, Freshness: fresh}, nil
}
