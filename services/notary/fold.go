package notary

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
)

// eventsDrawn is how many events are drawn at most for each case that is asked for. A log that is no longer than that is drawn whole if need be.
const eventsDrawn = 10

// draw returns so many cases of a log by chance, or fewer where the events that are drawn are of no more: each case once.
func (n *Notary) draw(ctx context.Context, s eventstore.Stream, count int) ([]eventstore.Case, error) {
	var cases []eventstore.Case
	events, drawn := map[uint64]bool{}, map[string]bool{}
	for len(cases) < count && uint64(len(events)) < min(s.Last, eventsDrawn*uint64(count)) {
		seq := 1 + rand.Uint64N(s.Last)
		if events[seq] {
			continue
		}
		events[seq] = true
		e, err := n.o.Log.At(ctx, s, seq)
		if fault.KindOf(err) == fault.Unavailable {
			return nil, err
		}
		if err != nil || drawn[e.CaseID] {
			continue // what can't be read is the walk's to name
		}
		drawn[e.CaseID] = true
		cases = append(cases, eventstore.Case{District: e.District, Year: e.Year, ID: e.CaseID})
	}
	return cases, nil
}

// auditFold folds cases by the rules and compares them with what their events tell. It returns how many.
func (n *Notary) auditFold(ctx context.Context, a *audit, s eventstore.Stream, count int) (uint32, error) {
	cases, err := n.draw(ctx, s, count)
	if err != nil {
		return 0, err
	}
	for _, k := range cases {
		events, err := n.o.Log.Load(ctx, k, 0, 0, "")
		if fault.KindOf(err) == fault.Unavailable {
			return 0, err
		}
		if err == nil { // a broken chain is the walk's to name
			a.fold(events)
		}
	}
	return uint32(len(cases)), nil
}

func (a *audit) fold(events []eventstore.Event) {
	var c casework.Case
	for i := range events {
		e := &events[i]
		m, err := e.Decode()
		if err != nil {
			return // the walk names it
		}
		c = casework.Evolve(c, casework.Recorded{Envelope: &e.Envelope, Message: m, Seq: e.Seq, Hash: e.Hash})
		if c.State != e.State || c.Version != e.Version || c.Place.GetGrid() != e.Grid {
			name := e.District + "/" + e.CaseID
			a.add(evidence.Finding{Code: evidence.Fold, Position: e.Position().String(), Case: name,
				Text: fmt.Sprintf("case %s version %d: the event tells %s in %s, the rules fold %s in %s (%s)", name, e.Version, e.State, e.Grid, c.State, c.Place.GetGrid(), e.Position())})
			return
		}
	}
}
