package kpi_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
)

func TestAlwaysTheOrderOfCasesSaysNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cases, o := drawCases(t), month(drawBy(t))
		straight := compute(o, slices.Concat(cases...)...)
		shuffled := slices.Clone(cases)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
		byTime := slices.Concat(cases...)
		slices.SortStableFunc(byTime, func(a, b kpi.Event) int { return a.At.Compare(b.At) })
		for name, order := range map[string][]kpi.Event{"shuffled": slices.Concat(shuffled...), "by time": byTime} {
			if diff := cmp.Diff(straight, compute(o, order...), protocmp.Transform()); diff != "" {
				t.Fatalf("%s (-straight +%s):\n%s", name, name, diff)
			}
		}
	})
}

// TestAlwaysThePartsAddUpToTheDistrict: over departments, unit grids, streets and positions, where a figure is grouped so.
func TestAlwaysThePartsAddUpToTheDistrict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := slices.Concat(drawCases(t)...)
		whole := compute(month(kpi.Whole), events...)[""]
		streets := month(kpi.Grid)
		streets.Area = func(string) string { return "street" }
		for _, o := range []kpi.Options{month(kpi.Department), month(kpi.Grid), streets, month(kpi.Position)} {
			parts := compute(o, events...)
			for _, d := range kpi.Definitions {
				if !slices.Contains(d.By, o.By) || ofNoDepartment[d.Name] && o.By == kpi.Department {
					continue
				}
				var numerator, denominator float64
				for _, g := range parts {
					n, d := figure(g, d.Name)
					numerator, denominator = numerator+n, denominator+d
				}
				if n, all := figure(whole, d.Name); n != numerator || all != denominator {
					t.Fatalf("%s: the parts by %s add up to %g of %g, the district has %g of %g", d.Name, o.By, numerator, denominator, n, all)
				}
			}
		}
	})
}

// ofNoDepartment are figures of the district that count what was fixed on the spot too, which is no department's.
var ofNoDepartment = map[string]bool{"first_time_right": true, "satisfaction": true}

// TestAlwaysAShareIsAShare: where what is counted is some of what there was.
func TestAlwaysAShareIsAShare(t *testing.T) {
	t.Parallel()
	shares := []string{"missed_report_rate", "verify_on_time", "send_verification_on_time", "file_on_time", "file_accuracy", "dispatch_on_time", "handle_rate", "handle_on_time", "exempt_rate",
		"overdue_open_rate", "send_inspection_on_time", "inspect_on_time", "close_desk_on_time", "first_time_right", "satisfaction", "repeat_rate", "worker_coverage", "self_fix_rate"}
	rapid.Check(t, func(t *rapid.T) {
		whole := compute(month(kpi.Whole), slices.Concat(drawCases(t)...)...)[""]
		for _, name := range shares {
			if n, all := figure(whole, name); n < 0 || n > all {
				t.Fatalf("%s is %g of %g", name, n, all)
			}
		}
		late, due := figure(whole, "handle_rate")
		if onTime, _ := figure(whole, "handle_on_time"); onTime > due || late > due {
			t.Fatalf("%g handled and %g on time of %g due", late, onTime, due)
		}
	})
}

// TestAlwaysAPeriodIsUnchangedByWhatComesAfterIt: the log cut at the period's end gives the same figures, but for a voided case and an
// approved appeal, which are findings about it.
func TestAlwaysAPeriodIsUnchangedByWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := month(drawBy(t))
		o.To = on("02 09:00").Add(time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "end")) * time.Minute)
		events := slices.DeleteFunc(slices.Concat(drawCases(t)...), func(e kpi.Event) bool {
			switch e.Message.(type) {
			case *gridcasev1.CaseVoided, *gridcasev1.AppealDecided:
				return true
			}
			return false
		})
		cut := slices.DeleteFunc(slices.Clone(events), func(e kpi.Event) bool { return !e.At.Before(o.To) })
		if diff := cmp.Diff(compute(o, cut...), compute(o, events...), protocmp.Transform()); diff != "" {
			t.Fatalf("figures until %s (-cut +all):\n%s", o.To, diff)
		}
	})
}

// TestAlwaysWhatWasOverBeforeAPeriodOrCameAfterItSaysNothing: a case that was not there in the period, nor ended in the time before it that is
// remembered, changes no figure.
func TestAlwaysWhatWasOverBeforeAPeriodOrCameAfterItSaysNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := month(drawBy(t))
		o.From = on("02 09:00").Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "from")) * time.Minute)
		o.To = o.From.Add(time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "length")) * time.Minute)
		cases := drawCases(t)
		for i := range rapid.IntRange(0, 4).Draw(t, "whole") {
			cases = append(cases, usual(fmt.Sprint("whole-", i), "roads"))
		}
		for _, k := range cases {
			days := rapid.IntRange(0, 40).Draw(t, "days")
			for i := range k {
				k[i].At = k[i].At.AddDate(0, 0, days)
			}
		}
		lived := slices.DeleteFunc(slices.Clone(cases), func(k []kpi.Event) bool {
			last := k[len(k)-1]
			return over(last.Message) && last.At.Before(o.From.Add(-kpi.Memory)) || !k[0].At.Before(o.To)
		})
		if diff := cmp.Diff(compute(o, slices.Concat(cases...)...), compute(o, slices.Concat(lived...)...), protocmp.Transform()); diff != "" {
			t.Fatalf("from %s to %s (-all +those that lived):\n%s", o.From, o.To, diff)
		}
	})
}

// over tells whether nothing of a case is left to do after an event, in the ways of these tests.
func over(m any) bool {
	switch m.(type) {
	case *gridcasev1.CaseClosed, *gridcasev1.CaseVoided, *gridcasev1.VisitRecorded, *gridcasev1.AppealDecided:
		return true
	}
	return false
}

func drawBy(t *rapid.T) kpi.By {
	return rapid.SampledFrom([]kpi.By{kpi.Whole, kpi.Department, kpi.Grid, kpi.Worker, kpi.Position}).Draw(t, "by")
}

// drawCases are some cases that go some of one way or another, each step by a random time later.
func drawCases(t *rapid.T) [][]kpi.Event {
	var cases [][]kpi.Event
	for i := range rapid.IntRange(1, 6).Draw(t, "cases") {
		way := ways(fmt.Sprint("case-", i), rapid.SampledFrom([]string{"roads", "water"}).Draw(t, "department"))[rapid.IntRange(0, 4).Draw(t, "way")]
		way = slices.Clone(way[:rapid.IntRange(1, len(way)).Draw(t, "steps")])
		late := time.Duration(0)
		for k := range way {
			late += time.Duration(rapid.SampledFrom([]int{0, 0, 5, 60, 3000}).Draw(t, "late")) * time.Minute
			way[k].At = way[k].At.Add(late)
		}
		cases = append(cases, way)
	}
	return cases
}

// ways are those that a case may go: the usual one, with a verification, fixed on the spot, from one department to another, and back after closing.
func ways(id, department string) [][]kpi.Event {
	visited := event(id, "05 07:00", &gridcasev1.VisitRecorded{Satisfaction: gridcasev1.Satisfaction_SATISFACTION_SATISFIED})
	returned := append(usual(id, department)[:3:3], event(id, "02 09:25", &gridcasev1.ReturnRequested{Clocks: clocks{waits("02 16:00")}}),
		event(id, "02 09:30", &gridcasev1.ReturnApproved{Clocks: clocks{runs(sign, ""), runs(handle, ""), runs(dispatch, "02 09:45")}}), dispatched(id, "02 09:40", "other", "02 10:10", "02 16:00"),
		event(id, "02 10:00", &gridcasev1.CaseSuspended{Clocks: clocks{waits("02 16:00")}}), event(id, "03 10:00", &gridcasev1.CaseResumed{Clocks: clocks{runs(handle, "03 16:00")}}),
		handled(id, "03 15:00", "03 15:30"), event(id, "03 16:00", &gridcasev1.CaseVoided{Clocks: clocks{runs(sendInspection, "")}}))
	back := append(usual(id, department), visited, event(id, "05 08:00", &gridcasev1.CaseReopened{Condition: "C1", Clocks: clocks{runs(dispatch, "05 08:15")}}),
		dispatched(id, "05 08:10", "other", "05 08:40", "05 12:00"), handled(id, "05 11:00", "05 11:30"), reworked(id, "05 11:10", "05 12:00"), handled(id, "05 11:50", "05 12:20"),
		closed(id, "05 12:10"), event(id, "06 09:00", &gridcasev1.AppealDecided{Decision: gridcasev1.Decision_DECISION_APPROVE}))
	return [][]kpi.Event{usual(id, department), lateStory(id), append(fixed(id), visited), returned, back}
}
