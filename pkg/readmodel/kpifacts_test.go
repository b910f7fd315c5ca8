package readmodel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
)

// TestAlwaysTheFactsOfAPeriodAreTheEventsOfTheCasesThatLivedInIt draws cases whose events lie hours apart, and asks the view what a period's
// figures are made of.
func TestAlwaysTheFactsOfAPeriodAreTheEventsOfTheCasesThatLivedInIt(t *testing.T) {
	t.Parallel()
	s := show(t, kpifacts.View{})
	back := step{reported, &gridcasev1.CaseRelocated{Place: place("610302001001001")}}
	ways := [][]step{{report, move, back, urges}, toClosed, toHandling, {report, decline}, {report, move, file, voids}, {report, file, assign, merge}, way(toClosed, reopen), {report}, {report, selfFix}, {report, retype, urges}}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		since, before := minute(60*rapid.IntRange(0, 20).Draw(rt, "since")), minute(60*rapid.IntRange(1, 40).Draw(rt, "before"))
		var want, got []kpi.Event
		all := map[string]bool{}
		for range rapid.IntRange(1, 6).Draw(rt, "cases") {
			n++
			log := s.events(n, rapid.SampledFrom(ways).Draw(rt, "way")...)
			at := minute(60 * rapid.IntRange(0, 30).Draw(rt, "reported"))
			for i := range log {
				log[i].Time = at
				at = at.Add(time.Duration(rapid.IntRange(0, 8).Draw(rt, "hours")) * time.Hour)
			}
			s.fold(log)
			all[log[0].CaseID] = true
			last := &log[len(log)-1]
			if log[0].Time.Before(before) && (!last.Time.Before(since) || !readmodel.Ended(last.State)) {
				want = append(want, cut(log)...)
			}
		}
		s.in(func(tx pgx.Tx) error {
			return kpifacts.Each(rt.Context(), tx, kpifacts.Period{District: "610302", Since: since, Before: before}, func(e kpi.Event) { got = append(got, e) })
		})
		got = slices.DeleteFunc(got, func(e kpi.Event) bool { return !all[e.Case] }) // those of earlier draws
		slices.SortStableFunc(got, func(a, b kpi.Event) int { return strings.Compare(a.Case, b.Case) })
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), protocmp.Transform()); diff != "" {
			rt.Fatalf("from %s to %s (-want +got):\n%s", since, before, diff)
		}
	})
}

// cut is what figures are made of.
func cut(log []projection.Event) (facts []kpi.Event) {
	for i := range log {
		e := &log[i]
		facts = append(facts, kpi.Cut(kpi.Event{Case: e.CaseID, At: e.Time.UTC(), Actor: e.Actor, Grid: e.Grid, Message: e.Message}))
	}
	return facts
}
