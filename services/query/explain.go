package query

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/explain"
)

// ExplainCase answers: how did each deadline of this case come about? It reads the log itself, whose headers name the versions that applied.
func (s *Service) ExplainCase(ctx context.Context, q *gridcasev1.ExplainCaseRequest) (*gridcasev1.ExplainCaseResponse, error) {
	found, fresh, err := s.find(ctx, q.GetCase(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	events, err := s.history(ctx, found.GetDistrict(), found.GetCaseId())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(found.GetDistrict())
	if err != nil {
		return nil, err
	}
	deadlines, err := explain.Deadlines(events, district)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.ExplainCaseResponse{District: found.GetDistrict(), CaseId: found.GetCaseId(), Number: found.GetNumber(), Deadlines: deadlines, Freshness: fresh}, nil
}

// history reads every event of a case.
func (s *Service) history(ctx context.Context, district, id string) ([]explain.Event, error) {
	key, err := eventstore.CaseOf(district, id)
	if err != nil {
		return nil, err
	}
	stored, err := s.o.Log.Load(ctx, key, 0, 0, "")
	if err != nil {
		return nil, err
	}
	events := make([]explain.Event, 0, len(stored))
	for i := range stored {
		e := &stored[i]
		m, err := e.Decode()
		if err != nil {
			return nil, err
		}
		events = append(events, explain.Event{Version: e.Version, At: e.Time, Message: m, Catalogue: e.Catalogue, Calendar: e.Calendar})
	}
	return events, nil
}
