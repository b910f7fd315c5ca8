package query

import (
	"context"
	"errors"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
)

// ReadLog reads a district's events in the order of one year's log.
func (s *Service) ReadLog(ctx context.Context, q *gridcasev1.ReadLogRequest) (*gridcasev1.ReadLogResponse, error) {
	district, err := s.o.Access.District(api.Actor(ctx), q.GetDistrict())
	if err != nil {
		return nil, err
	}
	year := int(q.GetYear())
	if year == 0 {
		year = time.Now().UTC().Year()
	}
	stream, err := s.o.Log.Stream(ctx, district, year)
	if errors.Is(err, eventstore.ErrNoStream) {
		return nil, fault.New(fault.NotFound, "log.no_year", "district %s has no log of %d", district, year)
	}
	if err != nil {
		return nil, err
	}
	events, err := s.o.Log.Read(ctx, stream, max(q.GetFrom(), 1), page(q.GetLimit(), 100))
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ReadLogResponse{Last: stream.Last}
	for i := range events {
		e := &events[i]
		entry, err := timeline.Entry(e)
		if err != nil {
			return nil, err
		}
		answer.Entries = append(answer.Entries, &gridcasev1.LogEntry{CaseId: e.CaseID, Entry: entry, Sequence: e.Seq, Hash: e.Hash, Catalogue: e.Catalogue, Calendar: e.Calendar})
	}
	return answer, nil
}
