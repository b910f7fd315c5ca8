package kpi_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
)

func TestACaseInTimeIsRightInEveryFigure(t *testing.T) {
	t.Parallel()
	g := compute(month(kpi.Whole), usual("a", "roads")...)[""]
	for _, name := range []string{"report_valid_rate", "file_on_time", "file_accuracy", "dispatch_on_time", "dispatch_accuracy", "sign_on_time", "handle_rate", "handle_on_time",
		"send_inspection_on_time", "inspect_on_time", "close_rate", "close_on_time", "close_desk_on_time", "first_time_right"} {
		is(t, g, name, 1, 1)
	}
	for _, name := range []string{"missed_report_rate", "exempt_rate", "overdue_open_rate", "extension_rate", "suspension_rate", "rework_rate", "bounce_rate", "redo_rate", "repeat_rate", "self_fix_rate"} {
		is(t, g, name, 0, 1)
	}
	is(t, g, "verify_on_time", 0, 0)
	is(t, g, "satisfaction", 0, 0)
	is(t, g, "worker_coverage", 1, 2)
}

// lateStory is a public report that is verified, and every step of which is late.
func lateStory(id string) []kpi.Event {
	return []kpi.Event{reported(id, "03 09:00", "03 09:15", byCitizen, "citizen", "grid-1", "parking"),
		event(id, "03 09:20", &gridcasev1.VerificationRequested{Worker: "wang", Clocks: clocks{{Stage: accept, Due: timestamppb.New(on("03 09:15")), Paused: true}, runs(verify, "03 09:50")}}),
		event(id, "03 10:00", &gridcasev1.VerificationSubmitted{Clocks: clocks{runs(verify, ""), runs(accept, "03 10:05")}}),
		filed(id, "03 10:10", "03 10:25"), dispatched(id, "03 10:30", "roads", "03 11:00", "03 17:00"), signed(id, "03 11:05"), handled(id, "03 18:00", "03 18:30"),
		sent(id, "03 18:40", "wang", "03 19:10"), inspected(id, "03 19:20", "03 19:50"), closed(id, "03 20:00")}
}

// answer is what a figure is of some events.
type answer struct {
	name                   string
	events                 []kpi.Event
	numerator, denominator float64
}

// answers has one for each definition.
func answers() []answer {
	late := lateStory("late")
	return []answer{
		{"report_valid_rate", append(usual("a", "roads"), reported("b", "04 09:00", "", byWorker, "li", "grid-2", "parking")), 1, 2},
		{"missed_report_rate", append(usual("a", "roads"), late...), 1, 2},
		{"verify_on_time", late, 0, 1},
		{"send_verification_on_time", late, 0, 1},
		{"file_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"file_accuracy", append(usual("a", "roads"), filed("b", "04 09:00", "04 09:15"), event("b", "04 10:00", &gridcasev1.CaseVoided{})), 1, 2},
		{"dispatch_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"dispatch_accuracy", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00"), event("b", "04 09:20", &gridcasev1.ReturnApproved{Clocks: clocks{runs(sign, ""), runs(handle, ""), runs(dispatch, "04 09:35")}})), 1, 2},
		{"sign_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"handle_rate", append(usual("a", "roads"), dispatched("b", "04 09:00", "roads", "04 09:30", "04 12:00")), 1, 2},
		{"handle_on_time", append(usual("a", "roads"), late...), 1, 2},
		{"exempt_rate", slices.Concat(usual("a", "roads"), late, []kpi.Event{event("late", "05 09:00", &gridcasev1.AppealDecided{Decision: gridcasev1.Decision_DECISION_APPROVE})}), 1, 2},
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
	}
}

func TestEachFigureHasAKnownAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range answers() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			is(t, compute(month(kpi.Whole), tt.events...)[""], tt.name, tt.numerator, tt.denominator)
		})
	}
}

func TestEveryDefinitionIsWholeAndHasItsAnswer(t *testing.T) {
	t.Parallel()
	var defined, answered []string
	for _, d := range kpi.Definitions {
		if d.Numerator == "" || d.Denominator == "" || d.Source == "" || len(d.By) == 0 {
			t.Errorf("definition %q says too little", d.Name)
		}
		defined = append(defined, d.Name)
	}
	for _, a := range answers() {
		answered = append(answered, a.name)
	}
	slices.Sort(defined)
	slices.Sort(answered)
	if !slices.Equal(defined, answered) || len(slices.Compact(defined)) != len(kpi.Definitions) {
		t.Errorf("defined are %v, answers are known of %v", defined, answered)
	}
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

func TestAStreetHasTheFiguresOfItsUnitGrids(t *testing.T) {
	t.Parallel()
	o := month(kpi.Grid)
	o.Area = func(string) string { return "street" }
	events := append(usual("a", "roads"), reported("b", "04 09:00", "", byWorker, "li", "grid-2", "parking"))
	groups := compute(o, events...)
	is(t, groups["street"], "report_valid_rate", 1, 2)
	is(t, groups["street"], "worker_coverage", 2, 2)
	if len(groups) != 1 || len(groups["street"].GetTimes()) != 4 {
		t.Errorf("the street has %d times, in the groups %v", len(groups["street"].GetTimes()), groups)
	}
}

func TestACaseDoesNotRepeatItself(t *testing.T) {
	t.Parallel()
	is(t, compute(month(kpi.Whole), append(usual("a", "roads"), filed("a", "05 09:00", "05 09:15"))...)[""], "repeat_rate", 0, 2)
	other := []kpi.Event{reported("b", "05 09:00", "", byWorker, "wang", "grid-1", "dust"), filed("b", "05 09:10", "")}
	is(t, compute(month(kpi.Whole), append(usual("a", "roads"), other...)...)[""], "repeat_rate", 0, 2)
}
