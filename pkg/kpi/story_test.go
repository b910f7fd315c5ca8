package kpi_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/kpi"
)

var zone = must(time.LoadLocation("Asia/Shanghai"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// on reads a day and time of November 2026, "02 09:15" is a Monday; of October where it begins with "10-".
func on(s string) time.Time {
	if len(s) > 8 {
		return must(time.ParseInLocation("2006-01-02 15:04", "2026-"+s, zone)).UTC()
	}
	return on("11-" + s)
}

var workingHours = must(calendar.New(func() *gridcasev1.CalendarVersion {
	v, _ := calendar.BuiltIn("weekdays")
	v.Zone = "Asia/Shanghai"
	return v
}()))

// duty has one grid worker on duty in the unit grids 1 and 2 and another in 2; the type "hidden" is not found on patrol.
type duty map[string][]string

func (d duty) OnDuty(grid string) []string { return d[grid] }

func (d duty) DutyGrids() []string { return []string{"grid-1", "grid-2"} }

func (d duty) Patrolled(caseType string) bool { return caseType != "hidden" }

var onDuty = duty{"grid-1": {"wang"}, "grid-2": {"wang", "li"}}

// event is one event of a case.
func event(id, at string, m proto.Message) kpi.Event {
	return kpi.Event{Case: id, At: on(at), Actor: "desk", Grid: "grid-1", Message: m}
}

// runs is the reading of a clock that runs until a time; an empty one: it stops.
func runs(stage gridcasev1.Stage, until string) *gridcasev1.Clocks {
	k := &gridcasev1.Clocks{Stage: stage}
	if until != "" {
		k.Due = timestamppb.New(on(until))
	}
	return k
}

const (
	accept         = gridcasev1.Stage_STAGE_ACCEPT
	verify         = gridcasev1.Stage_STAGE_VERIFY
	dispatch       = gridcasev1.Stage_STAGE_DISPATCH
	sign           = gridcasev1.Stage_STAGE_SIGN
	handle         = gridcasev1.Stage_STAGE_HANDLE
	sendInspection = gridcasev1.Stage_STAGE_SEND_INSPECTION
	inspect        = gridcasev1.Stage_STAGE_INSPECT
	closing        = gridcasev1.Stage_STAGE_CLOSE

	byWorker  = gridcasev1.Source_SOURCE_GRID_WORKER
	byCitizen = gridcasev1.Source_SOURCE_CITIZEN
)

type clocks = []*gridcasev1.Clocks

func reported(id, at, due string, source gridcasev1.Source, by, grid, caseType string) kpi.Event {
	return kpi.Event{Case: id, At: on(at), Actor: by, Grid: grid, Message: &gridcasev1.CaseReported{CaseType: caseType, Source: source, Clocks: clocks{runs(accept, due)}}}
}

func filed(id, at, dispatchDue string) kpi.Event {
	return event(id, at, &gridcasev1.CaseFiled{Condition: "C1", Clocks: clocks{runs(accept, ""), runs(dispatch, dispatchDue)}})
}

func dispatched(id, at, department, signDue, handleDue string) kpi.Event {
	return event(id, at, &gridcasev1.CaseDispatched{Department: department, Clocks: clocks{runs(dispatch, ""), runs(sign, signDue), runs(handle, handleDue)}})
}

func signed(id, at string) kpi.Event {
	return event(id, at, &gridcasev1.TaskSigned{Clocks: clocks{runs(sign, "")}})
}

func handled(id, at, sendDue string) kpi.Event {
	return event(id, at, &gridcasev1.HandlingReported{Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Clocks: clocks{runs(handle, ""), runs(sendInspection, sendDue)}})
}

func sent(id, at, worker, due string) kpi.Event {
	return event(id, at, &gridcasev1.InspectionRequested{Worker: worker, Clocks: clocks{runs(sendInspection, ""), runs(inspect, due)}})
}

func inspected(id, at, closeDue string) kpi.Event {
	return event(id, at, &gridcasev1.InspectionSubmitted{Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Clocks: clocks{runs(inspect, ""), runs(closing, closeDue)}})
}

func reworked(id, at, due string) kpi.Event {
	return event(id, at, &gridcasev1.ReworkOrdered{Clocks: clocks{runs(closing, ""), runs(handle, due)}})
}

func closed(id, at string) kpi.Event {
	return event(id, at, &gridcasev1.CaseClosed{Clocks: clocks{runs(closing, ""), runs(sendInspection, "")}})
}

// month is November 2026.
func month(by kpi.By) kpi.Options {
	return kpi.Options{From: on("01 00:00"), To: on("30 00:00"), By: by, Version: kpi.Newest, Calendar: workingHours, Duties: onDuty}
}

// compute computes figures. Those of cut events are the same: any others are a panic.
func compute(o kpi.Options, events ...kpi.Event) map[string]*gridcasev1.KpiGroup {
	c, ofCut := kpi.New(o), kpi.New(o)
	for _, e := range events {
		c.Add(e)
		ofCut.Add(kpi.Cut(e))
	}
	whole := c.Groups()
	if cut := ofCut.Groups(); !slices.EqualFunc(whole, cut, func(a, b *gridcasev1.KpiGroup) bool { return proto.Equal(a, b) }) {
		panic(fmt.Sprintf("the figures of cut events are\n%v\nthose of the whole ones\n%v", cut, whole))
	}
	groups := map[string]*gridcasev1.KpiGroup{}
	for _, g := range whole {
		groups[g.GetId()] = g
	}
	return groups
}

// is checks a figure: what is counted of how much there was.
func is(t *testing.T, g *gridcasev1.KpiGroup, name string, numerator, denominator float64) {
	t.Helper()
	for _, k := range g.GetKpis() {
		if k.GetName() != name {
			continue
		}
		if k.GetNumerator() != numerator || k.GetDenominator() != denominator {
			t.Errorf("%s of %q is %g of %g, want %g of %g", name, g.GetId(), k.GetNumerator(), k.GetDenominator(), numerator, denominator)
		}
		if (k.Value != nil) != (denominator > 0) || k.Value != nil && k.GetValue() != numerator/denominator {
			t.Errorf("%s of %q has the value %v", name, g.GetId(), k.Value)
		}
		return
	}
	t.Errorf("the group %q has no figure %s", g.GetId(), name)
}

// usual is a case on the usual way, each step in time.
func usual(id, department string) []kpi.Event {
	return []kpi.Event{
		reported(id, "02 09:00", "02 09:15", byWorker, "wang", "grid-1", "parking"), filed(id, "02 09:10", "02 09:25"), dispatched(id, "02 09:20", department, "02 09:50", "02 16:00"),
		signed(id, "02 09:40"), handled(id, "02 15:00", "02 15:30"), sent(id, "02 15:20", "li", "02 15:50"), inspected(id, "02 15:40", "02 16:10"), closed(id, "02 16:00"),
	}
}

// fixed is a case that wang fixed on the spot, and the desk audited and closed.
func fixed(id string) []kpi.Event {
	return []kpi.Event{reported(id, "04 09:00", "", byWorker, "wang", "grid-1", "parking"),
		{Case: id, At: on("04 09:00"), Actor: "wang", Grid: "grid-1", Message: &gridcasev1.HandlingReported{Self: true, Condition: "C1"}},
		event(id, "04 09:30", &gridcasev1.AuditPassed{Clocks: clocks{runs(closing, "04 10:00")}}), closed(id, "04 09:40")}
}

func figure(g *gridcasev1.KpiGroup, name string) (numerator, denominator float64) {
	for _, k := range g.GetKpis() {
		if k.GetName() == name {
			return k.GetNumerator(), k.GetDenominator()
		}
	}
	return 0, 0
}
