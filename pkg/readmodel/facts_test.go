package readmodel_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
)

// TestAlwaysTheCasesOfAPeriodAreThoseThatLivedInIt draws cases whose events lie hours apart, and asks the views which lived in a period and
// what happened to them.
func TestAlwaysTheCasesOfAPeriodAreThoseThatLivedInIt(t *testing.T) {
	t.Parallel()
	status, events := show(t, casestatus.View{}), show(t, timeline.View{})
	events.pool = status.pool
	events.in(func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "create schema "+projection.Schema(events.view)+"; set local search_path to "+projection.Schema(events.view)+"; "+events.view.Tables())
		return err
	})
	ways := [][]step{toClosed, toHandling, {report, decline}, {report, file, voids}, {report, file, assign, merge}, way(toClosed, reopen), {report}}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		since, before := minute(60*rapid.IntRange(0, 20).Draw(rt, "since")), minute(60*rapid.IntRange(1, 40).Draw(rt, "before"))
		var want []projection.Event
		var all []string
		for range rapid.IntRange(1, 6).Draw(rt, "cases") {
			n++
			log := status.events(n, rapid.SampledFrom(ways).Draw(rt, "way")...)
			at := minute(60 * rapid.IntRange(0, 30).Draw(rt, "reported"))
			for i := range log {
				log[i].Time = at
				at = at.Add(time.Duration(rapid.IntRange(0, 8).Draw(rt, "hours")) * time.Hour)
			}
			status.fold(log)
			events.fold(log)
			all = append(all, log[0].CaseID)
			last := &log[len(log)-1]
			if log[0].Time.Before(before) && (!last.Time.Before(since) || !readmodel.Ended(last.State)) {
				want = append(want, log...)
			}
		}
		var got []projection.Event
		status.in(func(tx pgx.Tx) error {
			ids, err := casestatus.Cases{Pool: status.pool}.Lived(rt.Context(), tx, "610302", since, before, nil)
			if err != nil {
				return err
			}
			ids = slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(all, id) }) // those of earlier draws
			return timeline.Timelines{Pool: status.pool}.Each(rt.Context(), tx, "610302", ids, func(e *eventstore.Event) error {
				m, err := e.Decode()
				got = append(got, projection.Event{Event: *e, Message: m})
				return err
			})
		})
		if diff := cmp.Diff(tellings(want), tellings(got), cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("from %s to %s (-want +got):\n%s", since, before, diff)
		}
	})
}

// tellings are what the figures are made of.
func tellings(events []projection.Event) (told []eventstore.Event) {
	for _, e := range events {
		t := eventstore.Event{CaseID: e.CaseID, Payload: slices.Clip(e.Payload)}
		t.Type, t.Time, t.Actor, t.Grid = e.Type, e.Time.UTC(), e.Actor, e.Grid
		t.Year, t.Seq = e.Year, e.Seq
		told = append(told, t)
	}
	return told
}
