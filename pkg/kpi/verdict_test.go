package kpi_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
)

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

// waits is the reading of a handling's clock that waits.
func waits(due string) *gridcasev1.Clocks {
	k := runs(handle, due)
	k.Paused = true
	return k
}

// TestAReturnAskedForTooLateLiftsNothing: the clock waits for the decision, but the handling had run out by then.
func TestAReturnAskedForTooLateLiftsNothing(t *testing.T) {
	t.Parallel()
	given := dispatched("b", "04 09:00", "roads", "", "04 12:00")
	ask := func(at string) kpi.Event {
		return event("b", at, &gridcasev1.ReturnRequested{Clocks: clocks{waits("04 12:00")}})
	}
	approved := event("b", "04 15:00", &gridcasev1.ReturnApproved{Clocks: clocks{runs(handle, ""), runs(dispatch, "04 15:15")}})
	is(t, compute(month(kpi.Whole), given, ask("04 13:00"), approved)[""], "handle_rate", 0, 1)
	is(t, compute(month(kpi.Whole), given, ask("04 12:00"), approved)[""], "handle_rate", 0, 0)
}

func TestAHandlingThatIsLaidAsideAfterItRanOutIsOverdueAndOpen(t *testing.T) {
	t.Parallel()
	events := []kpi.Event{dispatched("b", "04 09:00", "roads", "", "04 12:00"), event("b", "04 13:00", &gridcasev1.CaseSuspended{Clocks: clocks{waits("04 12:00")}})}
	is(t, compute(month(kpi.Whole), events...)[""], "overdue_open_rate", 1, 1)
}

func TestAnExtensionThatIsGrantedMovesTheDueTimeOnlyUntilThen(t *testing.T) {
	t.Parallel()
	events := []kpi.Event{dispatched("b", "04 09:00", "roads", "", "04 12:00"), event("b", "04 13:00", &gridcasev1.ExtensionGranted{Clocks: clocks{runs(handle, "04 16:00")}})}
	is(t, compute(month(kpi.Whole), append(events, handled("b", "04 16:00", ""))...)[""], "handle_on_time", 1, 1)
	is(t, compute(month(kpi.Whole), append(events, handled("b", "04 16:01", ""))...)[""], "handle_on_time", 0, 1)
}

// TestTheAuditOfAFixOnTheSpotIsTheDesksWork: it stands for the inspection, in time or not.
func TestTheAuditOfAFixOnTheSpotIsTheDesksWork(t *testing.T) {
	t.Parallel()
	for at, onTime := range map[string]float64{"04 09:30": 1, "04 09:31": 0} {
		audited := []kpi.Event{{Case: "b", At: on("04 09:00"), Actor: "wang", Grid: "grid-1", Message: &gridcasev1.HandlingReported{Self: true, Clocks: clocks{runs(sendInspection, "04 09:30")}}},
			event("b", at, &gridcasev1.AuditPassed{Clocks: clocks{runs(sendInspection, ""), runs(closing, "04 10:00")}})}
		is(t, compute(month(kpi.Position), audited...)["acceptor"], "send_inspection_on_time", onTime, 1)
	}
}

func TestACaseThatIsClosedTwiceWasToBeClosedTwice(t *testing.T) {
	t.Parallel()
	way := usual("a", "roads")
	again := append(way, event("a", "05 08:00", &gridcasev1.CaseReopened{Condition: "C1", Clocks: clocks{runs(dispatch, "05 08:15")}}), dispatched("a", "05 08:10", "roads", "05 08:40", "05 12:00"),
		handled("a", "05 11:00", "05 11:30"), reworked("a", "05 11:10", "05 12:00"), handled("a", "05 11:50", "05 12:20"), closed("a", "05 12:10"))
	g := compute(month(kpi.Department), again...)["roads"]
	is(t, g, "close_rate", 2, 2)
	is(t, g, "rework_rate", 1, 2)
	is(t, g, "first_time_right", 1, 2)
}

// TestAnAppealIsTheLastDepartmentsAlone: who let the case run out before it was returned is not exempt by it. That it was late stays to be seen.
func TestAnAppealIsTheLastDepartmentsAlone(t *testing.T) {
	t.Parallel()
	groups := compute(month(kpi.Department), dispatched("b", "04 09:00", "roads", "", "04 10:00"), event("b", "04 11:00", &gridcasev1.ReturnApproved{Clocks: clocks{runs(handle, "")}}),
		dispatched("b", "04 11:10", "water", "", "04 12:00"), handled("b", "04 12:01", ""), closed("b", "04 13:00"), event("b", "05 09:00", &gridcasev1.AppealDecided{Decision: gridcasev1.Decision_DECISION_APPROVE}))
	is(t, groups["roads"], "handle_on_time", 0, 1)
	is(t, groups["roads"], "exempt_rate", 0, 1)
	is(t, groups["water"], "handle_on_time", 1, 1)
	is(t, groups["water"], "exempt_rate", 1, 1)
	is(t, groups["water"], "close_on_time", 1, 1)
}

func TestWhereNobodyIsOnDutyNothingIsMissed(t *testing.T) {
	t.Parallel()
	events := []kpi.Event{reported("b", "03 09:00", "03 09:15", byCitizen, "citizen", "grid-9", "parking"),
		{Case: "b", At: on("03 09:10"), Actor: "desk", Grid: "grid-9", Message: &gridcasev1.CaseFiled{Condition: "C1"}}}
	g := compute(month(kpi.Whole), events...)[""]
	is(t, g, "missed_report_rate", 0, 0)
	is(t, g, "file_accuracy", 1, 1)
}
