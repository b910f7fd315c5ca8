package kpi_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

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

func compute(o kpi.Options, events ...kpi.Event) map[string]*gridcasev1.KpiGroup {
	c := kpi.New(o)
	for _, e := range events {
		c.Add(e)
	}
	groups := map[string]*gridcasev1.KpiGroup{}
	for _, g := range c.Groups() {
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

func TestACaseInTimeIsRightInEveryFigure(t *testing.T) {
	t.Parallel()
	g := compute(month(kpi.Whole), usual("a", "roads")...)[""]
	for _, name := range []string{"report_valid_rate", "file_on_time", "file_accuracy", "dispatch_on_time", "dispatch_accuracy", "sign_on_time", "handle_rate", "handle_on_time",
		"send_inspection_on_time", "inspect_on_time", "close_rate", "close_on_time", "close_desk_on_time", "first_time_right"} {
		is(t, g, name, 1, 1)
	}
	for _, name := range []string{"missed_report_rate", "overdue_open_rate", "extension_rate", "suspension_rate", "rework_rate", "bounce_rate", "redo_rate", "repeat_rate", "self_fix_rate"} {
		is(t, g, name, 0, 1)
	}
	is(t, g, "verify_on_time", 0, 0)
	is(t, g, "satisfaction", 0, 0)
	is(t, g, "worker_coverage", 1, 2)
}

func TestEachFigureHasAKnownAnswer(t *testing.T) {
	t.Parallel()
	late := []kpi.Event{reported("late", "03 09:00", "03 09:15", byCitizen, "citizen", "grid-1", "parking"),
		event("late", "03 09:20", &gridcasev1.VerificationRequested{Worker: "wang", Clocks: clocks{{Stage: accept, Due: timestamppb.New(on("03 09:15")), Paused: true}, runs(verify, "03 09:50")}}),
		event("late", "03 10:00", &gridcasev1.VerificationSubmitted{Clocks: clocks{runs(verify, ""), runs(accept, "03 10:05")}}),
		filed("late", "03 10:10", "03 10:25"), dispatched("late", "03 10:30", "roads", "03 11:00", "03 17:00"), signed("late", "03 11:05"), handled("late", "03 18:00", "03 18:30"),
		sent("late", "03 18:40", "wang", "03 19:10"), inspected("late", "03 19:20", "03 19:50"), closed("late", "03 20:00")}
	for _, tt := range []struct {
		name                   string
		events                 []kpi.Event
		numerator, denominator float64
	}{
		{"report_valid_rate", append(usual("a", "roads"), reported("b", "04 09:00", "", byWorker, "li", "grid-2", "parking")), 1, 2},
		{"missed_report_rate", append(usual("a", "roads"), late...), 1, 2},
		{"verify_on_time", late, 0, 1},
		{"send_verification_on_time", late, 0, 1},
		{"file_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"file_accuracy", append(usual("a", "roads"), filed("b", "04 09:00", "04 09:15"), event("b", "04 10:00", &gridcasev1.CaseVoided{})), 1, 2},
		{"dispatch_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"sign_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"handle_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00")), 1, 2},
		{"handle_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"overdue_open_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00")), 1, 2},
		{"extension_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00"), event("b", "04 10:00", &gridcasev1.ExtensionGranted{Clocks: clocks{runs(handle, "04 15:00")}}), handled("b", "04 14:00", "")), 1, 2},
		{"suspension_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00"), event("b", "04 10:00", &gridcasev1.CaseSuspended{Clocks: clocks{{Stage: handle, Due: timestamppb.New(on("04 12:00")), Paused: true}}})), 1, 1},
		{"rework_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00"), handled("b", "04 11:00", "04 11:30"), reworked("b", "04 11:20", "04 13:00"), handled("b", "04 12:30", "04 13:00"), reworked("b", "04 12:40", "05 12:00")), 1, 2},
		{"bounce_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00"), event("b", "04 09:20", &gridcasev1.ReturnApproved{Clocks: clocks{runs(sign, ""), runs(handle, ""), runs(dispatch, "04 09:35")}})), 1, 2},
		{"send_inspection_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"inspect_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"close_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00")), 1, 2},
		{"close_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"close_desk_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"first_time_right", append(usual("a", "roads"), append(usual("b", "roads")[:5], reworked("b", "02 15:10", "02 17:00"), handled("b", "02 15:20", ""), closed("b", "02 15:30"))...), 1, 2},
		{"satisfaction", append(usual("a", "roads"), event("a", "05 09:00", &gridcasev1.VisitRecorded{Outcome: gridcasev1.VisitOutcome_VISIT_OUTCOME_REACHED, Satisfaction: gridcasev1.Satisfaction_SATISFACTION_SATISFIED}),
			event("a", "05 09:00", &gridcasev1.FeedbackRecorded{Satisfaction: gridcasev1.Satisfaction_SATISFACTION_NEUTRAL}), event("a", "05 09:10", &gridcasev1.VisitRecorded{Outcome: gridcasev1.VisitOutcome_VISIT_OUTCOME_NOT_REACHED})), 1, 2},
		{"redo_rate", append(append(usual("a", "roads"), usual("b", "roads")...), event("b", "05 09:00", &gridcasev1.CaseReopened{Condition: "C1"})), 1, 2},
		{"repeat_rate", append(usual("a", "roads"), reported("b", "29 09:00", "29 09:15", byWorker, "wang", "grid-1", "parking"), filed("b", "29 09:10", "29 09:25")), 1, 2},
		{"worker_coverage", append(usual("a", "roads"), reported("b", "04 09:00", "", byWorker, "li", "grid-2", "parking")), 2, 2},
		{"self_fix_rate", append(usual("a", "roads"), fixed("b")...), 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			is(t, compute(month(kpi.Whole), tt.events...)[""], tt.name, tt.numerator, tt.denominator)
		})
	}
}

// fixed is a case that wang fixed on the spot, and the desk audited and closed.
func fixed(id string) []kpi.Event {
	return []kpi.Event{reported(id, "04 09:00", "", byWorker, "wang", "grid-1", "parking"),
		{Case: id, At: on("04 09:00"), Actor: "wang", Grid: "grid-1", Message: &gridcasev1.HandlingReported{Self: true, Condition: "C1"}},
		event(id, "04 09:30", &gridcasev1.AuditPassed{Clocks: clocks{runs(closing, "04 10:00")}}), closed(id, "04 09:40")}
}

func TestEveryDefinitionIsTested(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range kpi.Definitions {
		if d.Numerator == "" || d.Denominator == "" || d.Source == "" || len(d.By) == 0 || seen[d.Name] {
			t.Errorf("definition %q says too little, or stands twice", d.Name)
		}
		seen[d.Name] = true
	}
	if len(kpi.Definitions) < 24 {
		t.Errorf("%d definitions", len(kpi.Definitions))
	}
}

func TestADispatchIsAccurateByTwoDefinitions(t *testing.T) {
	t.Parallel()
	events := append(usual("a", "roads"), dispatched("b", "04 09:00", "water", "", "04 12:00"), event("b", "04 09:10", &gridcasev1.DispatchRecalled{Clocks: clocks{runs(handle, "")}}),
		dispatched("b", "04 09:20", "roads", "", "04 12:00"), handled("b", "04 10:00", ""), closed("b", "04 11:00"))
	for version, want := range map[uint32][2]float64{1: {1, 2}, 2: {3, 3}} { // a recall is no return
		o := month(kpi.Whole)
		o.Version = version
		is(t, compute(o, events...)[""], "dispatch_accuracy", want[0], want[1])
	}
}

func TestAFixOnTheSpotIsInNoDepartmentsFigures(t *testing.T) {
	t.Parallel()
	whole := compute(month(kpi.Whole), fixed("b")...)[""]
	is(t, whole, "report_valid_rate", 1, 1)
	is(t, whole, "handle_rate", 0, 0)
	is(t, whole, "close_rate", 0, 0)
	if groups := compute(month(kpi.Department), fixed("b")...); len(groups) != 0 {
		t.Errorf("departments have figures of it: %v", groups)
	}
}

func TestTheVerdictIsTheTimeOfTheWorkNotARecordedBreach(t *testing.T) {
	t.Parallel()
	way := usual("a", "roads")
	breach := event("a", "02 14:00", &gridcasev1.StageBreached{Stage: handle, Due: timestamppb.New(on("02 13:00"))})
	is(t, compute(month(kpi.Whole), slices.Insert(slices.Clone(way), 4, breach)...)[""], "handle_on_time", 1, 1)
	way[4] = handled("a", "02 16:01", "")
	is(t, compute(month(kpi.Whole), way...)[""], "handle_on_time", 0, 1)
	way[4] = handled("a", "02 16:00", "")
	is(t, compute(month(kpi.Whole), way...)[""], "handle_on_time", 1, 1)
}

func TestAnApprovedAppealExemptsAlsoAfterThePeriod(t *testing.T) {
	t.Parallel()
	late := slices.Clone(usual("a", "roads"))
	late[4] = handled("a", "02 16:01", "")
	appeal := func(at string, d gridcasev1.Decision) kpi.Event {
		return event("a", at, &gridcasev1.AppealDecided{Decision: d})
	}
	for _, at := range []string{"20 09:00", "12-05 09:00"} {
		is(t, compute(month(kpi.Whole), append(late, appeal(at, gridcasev1.Decision_DECISION_APPROVE))...)[""], "handle_on_time", 1, 1)
		is(t, compute(month(kpi.Whole), append(late, appeal(at, gridcasev1.Decision_DECISION_REFUSE))...)[""], "handle_on_time", 0, 1)
	}
	reopened := event("a", "12-01 09:00", &gridcasev1.CaseReopened{Condition: "C1"})
	is(t, compute(month(kpi.Whole), append(late, reopened, appeal("12-05 09:00", gridcasev1.Decision_DECISION_APPROVE))...)[""], "handle_on_time", 0, 1)
}

func TestWhatWasGoneOnArrivalIsNotHeldAgainstTheDepartment(t *testing.T) {
	t.Parallel()
	way := usual("a", "roads")
	way[4] = event("a", "02 17:00", &gridcasev1.HandlingReported{Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_GONE_ON_ARRIVAL, Clocks: clocks{runs(handle, "")}})
	is(t, compute(month(kpi.Whole), way...)[""], "handle_on_time", 1, 1)
}

func TestAHandlingWhoseClockWaitsIsNotDue(t *testing.T) {
	t.Parallel()
	paused := clocks{{Stage: handle, Due: timestamppb.New(on("04 12:00")), Paused: true}}
	events := []kpi.Event{dispatched("b", "04 09:00", "roads", "", "04 12:00"), event("b", "04 10:00", &gridcasev1.CaseSuspended{Clocks: paused})}
	is(t, compute(month(kpi.Whole), events...)[""], "handle_rate", 0, 0)
	resumed := event("b", "20 09:00", &gridcasev1.CaseResumed{Clocks: clocks{runs(handle, "20 11:00")}})
	is(t, compute(month(kpi.Whole), append(events, resumed)...)[""], "handle_rate", 0, 1)
}

func TestWorkIsTakenFromADepartmentBeforeItIsDueCountsForNobody(t *testing.T) {
	t.Parallel()
	back := func(at string) kpi.Event {
		return event("b", at, &gridcasev1.ReturnApproved{Clocks: clocks{runs(handle, "")}})
	}
	given := dispatched("b", "04 09:00", "roads", "", "04 12:00")
	if g := compute(month(kpi.Department), given, back("04 11:00"))["roads"]; g != nil {
		is(t, g, "handle_rate", 0, 0)
	}
	is(t, compute(month(kpi.Department), given, back("04 13:00"))["roads"], "handle_rate", 0, 1)
}

func TestTimesAreRanksOfWhatWasReallyTaken(t *testing.T) {
	t.Parallel()
	var events []kpi.Event
	for i := range 10 {
		id := fmt.Sprint(i)
		events = append(events, dispatched(id, "02 11:00", "roads", "", "10 12:00"), handled(id, fmt.Sprintf("02 %d:30", 11+i), "")) // 30, 90, … 570 minutes; noon is from 12 to 14
	}
	g := compute(month(kpi.Department), events...)["roads"]
	want := []*gridcasev1.KpiTime{{Name: "dispatch_to_handled", Cases: 10, WallP50: 270, WallP90: 510, WorkingP50: 150, WorkingP90: 300}}
	if diff := cmp.Diff(want, g.GetTimes(), protocmp.Transform()); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}

func TestGroupsAreOfIDs(t *testing.T) {
	t.Parallel()
	events := append(usual("a", "roads"), usual("b", "water")...)
	departments := compute(month(kpi.Department), events...)
	if len(departments) != 2 {
		t.Fatalf("departments %v", departments)
	}
	is(t, departments["roads"], "handle_on_time", 1, 1)
	workers := compute(month(kpi.Worker), events...)
	is(t, workers["wang"], "report_valid_rate", 2, 2)
	is(t, workers["wang"], "worker_coverage", 1, 2)
	is(t, workers["li"], "inspect_on_time", 2, 2)
	is(t, workers["li"], "worker_coverage", 0, 1)
	positions := compute(month(kpi.Position), events...)
	is(t, positions["acceptor"], "send_inspection_on_time", 2, 2)
	is(t, positions["dispatcher"], "dispatch_on_time", 2, 2)
	is(t, positions["shift_leader"], "file_accuracy", 2, 2)
	grids := compute(month(kpi.Grid), events...)
	is(t, grids["grid-1"], "close_rate", 2, 2)
}

// TestPartsAddUpAndOrderSaysNothing: over random cases, the departments' handlings are the district's, and cases may come in any order.
func TestPartsAddUpAndOrderSaysNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cases := drawCases(t)
		straight := slices.Concat(cases...)
		whole := compute(month(kpi.Whole), straight...)[""]
		shuffled := slices.Clone(cases)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
		if diff := cmp.Diff(whole, compute(month(kpi.Whole), slices.Concat(shuffled...)...)[""], protocmp.Transform()); diff != "" {
			t.Fatalf("in another order of cases:\n%s", diff)
		}
		byTime := slices.Clone(straight)
		slices.SortStableFunc(byTime, func(a, b kpi.Event) int { return a.At.Compare(b.At) })
		if diff := cmp.Diff(whole, compute(month(kpi.Whole), byTime...)[""], protocmp.Transform()); diff != "" {
			t.Fatalf("in the order of time:\n%s", diff)
		}
		for _, name := range []string{"handle_rate", "handle_on_time", "overdue_open_rate", "close_rate", "close_on_time", "rework_rate", "sign_on_time"} {
			var numerator, denominator float64
			for _, g := range compute(month(kpi.Department), straight...) {
				n, d := figure(g, name)
				numerator, denominator = numerator+n, denominator+d
			}
			if n, d := figure(whole, name); n != numerator || d != denominator {
				t.Fatalf("%s: the departments add up to %g of %g, the district has %g of %g", name, numerator, denominator, n, d)
			}
		}
		for _, k := range whole.GetKpis() {
			if k.GetNumerator() < 0 || k.GetDenominator() < 0 || k.Value != nil && k.GetName() != "rework_rate" && k.GetName() != "redo_rate" && k.GetName() != "close_rate" && k.GetName() != "close_on_time" &&
				k.GetName() != "sign_on_time" && k.GetName() != "report_valid_rate" && k.GetName() != "extension_rate" && k.GetName() != "bounce_rate" && (k.GetValue() < 0 || k.GetValue() > 1) {
				t.Fatalf("%s is %g of %g", k.GetName(), k.GetNumerator(), k.GetDenominator())
			}
		}
	})
}

// TestWhatHappensAfterThePeriodChangesNothingButItsFindings: cut at the period's end, the events give the same figures.
func TestWhatHappensAfterThePeriodChangesNothingButItsFindings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := slices.Concat(drawCases(t)...)
		o := month(kpi.Whole)
		o.To = on("02 09:00").Add(time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "end")) * time.Minute)
		cut := slices.DeleteFunc(slices.Clone(events), func(e kpi.Event) bool { return !e.At.Before(o.To) })
		if diff := cmp.Diff(compute(o, cut...)[""], compute(o, events...)[""], protocmp.Transform()); diff != "" {
			t.Fatalf("figures until %s (-cut +all):\n%s", o.To, diff)
		}
	})
}

func figure(g *gridcasev1.KpiGroup, name string) (numerator, denominator float64) {
	for _, k := range g.GetKpis() {
		if k.GetName() == name {
			return k.GetNumerator(), k.GetDenominator()
		}
	}
	return 0, 0
}

// drawCases are some cases that go some of the usual way, each step by a random time later.
func drawCases(t *rapid.T) [][]kpi.Event {
	var cases [][]kpi.Event
	for i := range rapid.IntRange(1, 6).Draw(t, "cases") {
		way := usual(fmt.Sprint("case-", i), rapid.SampledFrom([]string{"roads", "water"}).Draw(t, "department"))
		way = way[:rapid.IntRange(1, len(way)).Draw(t, "steps")]
		late := time.Duration(0)
		for k := range way {
			late += time.Duration(rapid.SampledFrom([]int{0, 0, 5, 60, 3000}).Draw(t, "late")) * time.Minute
			way[k].At = way[k].At.Add(late)
		}
		cases = append(cases, way)
	}
	return cases
}
