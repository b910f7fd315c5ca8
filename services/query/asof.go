package query

import (
	"context"
	"errors"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
)

// moment reads a moment of the past; nil where the present is meant.
func moment(district string, asOf *gridcasev1.AsOf) (*readmodel.Moment, error) {
	if asOf == nil {
		return nil, nil
	}
	if (asOf.GetAt() == nil) == (len(asOf.GetPositions()) == 0) {
		return nil, fault.BadField("as_of", "as_of.one", "a moment of the past is a time or positions: give one of them")
	}
	if asOf.GetAt() != nil {
		at, err := instant("as_of.at", asOf.GetAt())
		return &readmodel.Moment{At: at}, err
	}
	m := &readmodel.Moment{}
	for _, text := range asOf.GetPositions() {
		p, err := eventstore.ParsePosition(text)
		if err != nil {
			return nil, fault.BadField("as_of.positions", "position.malformed", "a position reads DISTRICT-YEAR:SEQUENCE, as receipts have them")
		}
		if p.District != district {
			return nil, fault.BadField("as_of.positions", "as_of.district", "position %s is not of district %s", text, district)
		}
		m.Positions = append(m.Positions, p)
	}
	return m, nil
}

// mayLookBack refuses areas to who sees a part of the district only: what they saw there went by who had a part in each case, which has changed
// since, and by their own areas and department, of which no past is kept.
func mayLookBack(scope access.Scope) error {
	if scope.All {
		return nil
	}
	return fault.New(fault.Denied, "as_of.scope", "only who sees the whole district looks back at its areas; the past of the own queue, and of a case, is open to who sees it now")
}

// caseAsOf folds the events of a case that had happened by a moment.
func (s *Service) caseAsOf(ctx context.Context, now *gridcasev1.CaseStatus, m *readmodel.Moment) (*gridcasev1.CaseStatus, error) {
	key, err := eventstore.CaseOf(now.GetDistrict(), now.GetCaseId())
	if err != nil {
		return nil, err
	}
	stored, err := s.o.Log.Load(ctx, key, 0, 0, "")
	if err != nil {
		return nil, err
	}
	var events []projection.Event
	for i := range stored {
		if !m.Sees(&stored[i]) {
			break
		}
		message, err := stored[i].Decode()
		if err != nil {
			return nil, err
		}
		events = append(events, projection.Event{Event: stored[i], Message: message})
	}
	if len(events) == 0 {
		return nil, fault.New(fault.NotFound, "case.not_yet", "the case was not reported yet")
	}
	return casestatus.After(events), nil
}

// errEnd ends the reading of a log at the end that it had.
var errEnd = errors.New("the log's end")

// reading waits until it is this reader's turn to read much, and returns what ends the turn: who comes third waits, so that looking back never
// takes the machine from those who work.
func (s *Service) reading(ctx context.Context) (release func(), err error) {
	select {
	case s.readings <- struct{}{}:
		return func() { <-s.readings }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// streams are a district's logs that hold anything, by year.
func (s *Service) streams(ctx context.Context, district string) ([]eventstore.Stream, error) {
	streams, err := s.o.Log.Streams(ctx)
	streams = slices.DeleteFunc(streams, func(s eventstore.Stream) bool { return s.District != district || s.Last == 0 })
	slices.SortFunc(streams, func(a, b eventstore.Stream) int { return a.Year - b.Year })
	return streams, err
}

// ends are the positions of the last events of a district's logs.
func (s *Service) ends(ctx context.Context, district string) (ends []string, err error) {
	streams, err := s.streams(ctx, district)
	for _, stream := range streams {
		ends = append(ends, endOf(stream))
	}
	return ends, err
}

func endOf(s eventstore.Stream) string {
	return eventstore.Position{District: s.District, Year: s.Year, Seq: s.Last}.String()
}

// readDistrict hands every event of a district to take, a year after the other, as far as the logs go now, and returns their ends.
func (s *Service) readDistrict(ctx context.Context, district string, take func(*eventstore.Event) error) (ends []string, err error) {
	release, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	streams, err := s.streams(ctx, district)
	if err != nil {
		return nil, err
	}
	for _, stream := range streams {
		err := s.o.Log.Follow(ctx, stream, stream.First, func(batch []eventstore.Event) error {
			for i := range batch {
				if err := take(&batch[i]); err != nil {
					return err
				}
				if batch[i].Seq == stream.Last {
					return errEnd
				}
			}
			return nil
		})
		if !errors.Is(err, errEnd) {
			return nil, err
		}
		ends = append(ends, endOf(stream))
	}
	return ends, nil
}
