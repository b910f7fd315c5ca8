package readmodel

import (
	"slices"
	"time"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// Moment is a moment of the past: a time, up to which every event is seen, or the last event of each log that is seen. A log that has no
// position is not seen at all.
type Moment struct {
	At        time.Time
	Positions []eventstore.Position // where there are any, At says nothing
}

// Sees tells whether an event had happened by then.
func (m Moment) Sees(e *eventstore.Event) bool {
	if len(m.Positions) == 0 {
		return !e.Time.After(m.At)
	}
	return slices.ContainsFunc(m.Positions, func(p eventstore.Position) bool {
		return p.District == e.District && p.Year == e.Year && e.Seq <= p.Seq
	})
}

// Last is the last sequence of a year's log that is seen, 0: none; it is for moments that are positions.
func (m Moment) Last(year int) (last uint64) {
	for _, p := range m.Positions {
		if p.Year == year {
			last = max(last, p.Seq)
		}
	}
	return last
}

// Cuts are the years whose logs are seen, and the last sequence that is seen of each, as SQL takes them; none where the moment is a time.
func (m Moment) Cuts(district string) (years []int32, sequences []int64) {
	years, sequences = []int32{}, []int64{}
	for _, p := range m.Positions {
		if p.District == district && !slices.Contains(years, int32(p.Year)) {
			years, sequences = append(years, int32(p.Year)), append(sequences, int64(m.Last(p.Year)))
		}
	}
	return years, sequences
}
