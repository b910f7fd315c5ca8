package kpi_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
)

// TestOpenWorkRunsOutWhenItsDueTimeComes: a handling that is due at noon of the 4th is due to nobody before, and overdue then.
func TestOpenWorkRunsOutWhenItsDueTimeComes(t *testing.T) {
	t.Parallel()
	given := dispatched("b", "04 09:00", "roads", "", "04 12:00")
	for _, tt := range []struct {
		name, now string
		events    []kpi.Event
		open, due float64
	}{
		{"its due time lies ahead", "04 11:59", nil, 0, 0},
		{"its due time is this moment, of which all is told", "04 12:00", nil, 1, 1},
		{"its due time has passed", "04 12:01", nil, 1, 1},
		{"the period is over", "12-01 09:00", nil, 1, 1},
		{"an event elsewhere is later than the moment", "04 11:59", []kpi.Event{reported("c", "04 12:30", "", byCitizen, "citizen", "grid-1", "parking")}, 1, 1},
		{"an event elsewhere is as late as that", "04 11:00", []kpi.Event{reported("c", "04 11:59", "", byCitizen, "citizen", "grid-1", "parking")}, 0, 0},
		{"it is done before its due time", "04 11:59", []kpi.Event{handled("b", "04 11:00", "")}, 0, 1},
		{"it is done at the moment", "04 11:59", []kpi.Event{handled("b", "04 11:59", "")}, 0, 1},
		{"its clock waits over the due time", "04 13:00", []kpi.Event{event("b", "04 10:00", &gridcasev1.CaseSuspended{Clocks: clocks{waits("04 12:00")}})}, 0, 0},
		{"its clock waits since it ran out", "04 13:00", []kpi.Event{event("b", "04 12:30", &gridcasev1.CaseSuspended{Clocks: clocks{waits("04 12:00")}})}, 1, 1},
		{"it is given back before its due time", "04 13:00", []kpi.Event{event("b", "04 11:00", &gridcasev1.ReturnApproved{Clocks: clocks{runs(handle, "")}})}, 0, 0},
		{"its due time was moved ahead", "04 13:00", []kpi.Event{event("b", "04 11:00", &gridcasev1.ExtensionGranted{Clocks: clocks{runs(handle, "04 16:00")}})}, 0, 0},
	} {
		o := month(kpi.Whole)
		o.Now = on(tt.now)
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := compute(o, append([]kpi.Event{given}, tt.events...)...)[""]
			is(t, g, "overdue_open_rate", tt.open, tt.due)
			_, due := figure(g, "handle_on_time")
			if _, close := figure(g, "close_rate"); due != tt.due || close != tt.due {
				t.Errorf("%g handlings and %g closings are due, want %g", due, close, tt.due)
			}
		})
	}
}

// TestEveryStagesOpenWorkWaitsForItsDueTime, not handling alone.
func TestEveryStagesOpenWorkWaitsForItsDueTime(t *testing.T) {
	t.Parallel()
	way := usual("a", "roads")
	asked := event("a", "02 09:05", &gridcasev1.VerificationRequested{Worker: "wang", Clocks: clocks{runs(verify, "02 09:30")}})
	for _, tt := range []struct {
		name, due string
		events    []kpi.Event
	}{
		{"verify_on_time", "02 09:30", []kpi.Event{way[0], asked}},
		{"dispatch_on_time", "02 09:25", way[:2]},
		{"send_inspection_on_time", "02 15:30", way[:5]},
		{"inspect_on_time", "02 15:50", way[:6]},
		{"close_desk_on_time", "02 16:10", way[:7]},
	} {
		o := month(kpi.Whole)
		o.Now = on(tt.due).Add(-time.Second)
		is(t, compute(o, tt.events...)[""], tt.name, 0, 0)
		o.Now = on(tt.due)
		is(t, compute(o, tt.events...)[""], tt.name, 0, 1)
	}
}

// TestAlwaysAPeriodThatHasNotEndedIsOneThatEndsBehindTheMoment: everything up to and with the moment is counted, and nothing that comes.
func TestAlwaysAPeriodThatHasNotEndedIsOneThatEndsBehindTheMoment(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := month(drawBy(t))
		o.Now = on("02 09:00").Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(t, "now")) * time.Minute)
		seen := slices.DeleteFunc(slices.Concat(drawCases(t)...), func(e kpi.Event) bool { return e.At.After(o.Now) })
		ended := o
		ended.To, ended.Now = o.Now.Add(1), time.Time{}
		if diff := cmp.Diff(compute(ended, seen...), compute(o, seen...), protocmp.Transform()); diff != "" {
			t.Fatalf("at %s (-of a period that ends then +of the month):\n%s", o.Now, diff)
		}
	})
}
