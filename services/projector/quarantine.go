package projector

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
)

// mostParked is how many parked cases a page holds at most.
const mostParked = 1000

// ListQuarantine answers: which cases can which view not go on with, and why?
func (o *Ops) ListQuarantine(ctx context.Context, q *gridcasev1.ListQuarantineRequest) (*gridcasev1.ListQuarantineResponse, error) {
	limit := mostParked
	if q.GetLimit() > 0 {
		limit = int(q.GetLimit())
	}
	parked, next, err := o.control.Quarantined(ctx, projection.Which{View: q.GetView(), District: q.GetDistrict()}, q.GetPage(), limit)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.ListQuarantineResponse{Cases: parkedCases(parked), NextPage: next}, nil
}

// GetQuarantined answers: why is this case parked, and which events wait?
func (o *Ops) GetQuarantined(ctx context.Context, q *gridcasev1.GetQuarantinedRequest) (*gridcasev1.GetQuarantinedResponse, error) {
	parked, _, err := o.control.Quarantined(ctx, projection.Which{District: q.GetDistrict(), CaseID: q.GetCaseId()}, "", mostParked) // one a view
	if err != nil {
		return nil, err
	}
	if len(parked) == 0 {
		return nil, fault.New(fault.NotFound, "quarantine.none", "no such case is parked")
	}
	answer := &gridcasev1.GetQuarantinedResponse{Views: parkedCases(parked)}
	answer.Events, err = o.waiting(ctx, parked)
	return answer, err
}

// waiting are a parked case's events from the first one on that a view misses.
func (o *Ops) waiting(ctx context.Context, parked []projection.Parked) ([]*gridcasev1.TimelineEntry, error) {
	first := parked[0].First
	for _, p := range parked {
		first = min(first, p.First)
	}
	k, err := eventstore.CaseOf(parked[0].District, parked[0].CaseID)
	if err != nil {
		return nil, err
	}
	stored, err := o.log.Load(ctx, k, 0, 0, "")
	if err != nil {
		return nil, err
	}
	var entries []*gridcasev1.TimelineEntry
	for i := range stored {
		if stored[i].Seq < first {
			continue
		}
		entry, err := timeline.Entry(&stored[i])
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// RetryQuarantined folds what parked cases miss.
func (o *Ops) RetryQuarantined(ctx context.Context, q *gridcasev1.RetryQuarantinedRequest) (*gridcasev1.RetryQuarantinedResponse, error) {
	retried, err := o.control.Retry(ctx, projection.Which{View: q.GetView(), District: q.GetDistrict(), CaseID: q.GetCaseId()})
	if err != nil {
		return nil, err
	}
	return &gridcasev1.RetryQuarantinedResponse{Lifted: uint32(retried.Lifted), Left: parkedCases(retried.Left), Parked: uint32(retried.Parked), Untried: uint32(retried.Untried)}, nil
}

// parkedCases are parked cases as the API tells them.
func parkedCases(parked []projection.Parked) []*gridcasev1.QuarantinedCase {
	out := make([]*gridcasev1.QuarantinedCase, len(parked))
	for i, p := range parked {
		last := eventstore.Position{District: p.District, Year: p.Year, Seq: p.Last}
		out[i] = &gridcasev1.QuarantinedCase{View: p.View, Version: uint32(p.Version), Generation: uint32(p.Generation), District: p.District, CaseId: p.CaseID,
			Position: p.Position().String(), LastPosition: last.String(), Events: p.Events, EventId: p.EventID, EventType: p.EventType, Code: p.Code, Reason: p.Reason,
			Since: timestamppb.New(p.Since), Tries: uint32(p.Tries)}
		if !p.TriedAt.IsZero() {
			out[i].TriedAt = timestamppb.New(p.TriedAt)
		}
	}
	return out
}
