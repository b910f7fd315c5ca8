package casework_test

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// fixed is a spill that the worker cleared on the spot.
func fixed(photos ...string) *gridcasev1.ReportAndFix {
	return &gridcasev1.ReportAndFix{CaseType: "road.spill", Condition: "R1", Point: spot(1), Photos: show(photos...), Note: "a text"}
}

func fixes(cmd *gridcasev1.ReportAndFix) step { return step{by: "worker", at: "02 09:00", cmd: cmd} }

var (
	passesAudit = step{by: "acceptor", at: "02 09:30", cmd: &gridcasev1.PassAudit{Note: "a text"}}
	toSelfFixed = []step{fixes(fixed("before", "after"))}
	toAudited   = then(toSelfFixed, passesAudit)
	bareClose   = &gridcasev1.CloseCase{}
)

var selfFixRows = []row{
	{rule: "a worker who fixes what he reports opens a handled case: no stage has a limit", given: nil, when: fixes(fixed("before", "after")),
		event: &gridcasev1.CaseReported{Number: "6103992026110200001", CaseType: "road.spill", Source: gridcasev1.Source_SOURCE_GRID_WORKER, Place: place(1), Photos: show("before", "after")},
		next:  &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("before", "after"), Note: sealed("note"), Self: true, Condition: "R1"}, state: handled,
		holds: func(c casework.Case) bool {
			return c.SelfFixed && c.Condition == "R1" && c.Department == "" && len(running(c)) == 0 && slices.Equal(c.Hands, []string{"worker"})
		}},
	{rule: "a type that is not fixed by who reports it is only reported", when: fixes(&gridcasev1.ReportAndFix{CaseType: "parking.motor", Condition: "C2", Point: spot(1), Fields: []*gridcasev1.FieldInput{onFootway}, Photos: show("far", "before", "after")}),
		kind: fault.Invalid, code: "case_type.no_self_fix", field: "case_type"},
	{rule: "a fix names the condition that it would be filed under", when: fixes(&gridcasev1.ReportAndFix{CaseType: "road.spill", Point: spot(1), Photos: show("before", "after")}), kind: fault.Invalid, code: "condition.unknown", field: "condition"},
	{rule: "a fix is shown by a photo of before", when: fixes(fixed("after")), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "a fix is shown by a photo of after", when: fixes(fixed("before")), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "a fix is no second report of a case", given: toReported, when: fixes(fixed("before", "after")), kind: fault.Conflict, code: "case.exists"},

	{rule: "the desk's audit of a fix stands for the inspection", given: toSelfFixed, when: passesAudit,
		event: &gridcasev1.AuditPassed{Note: sealed("note"), Clocks: clocks{runs(closing, "02 09:54", "02 10:00", half)}}, state: handled, holds: func(c casework.Case) bool { return c.Inspection == pass }},
	{rule: "an audited fix is closed", given: toAudited, when: step{by: "acceptor", at: "02 09:40", cmd: bareClose}, event: &gridcasev1.CaseClosed{Clocks: clocks{stops(closing)}}, state: closed},
	{rule: "a fix can't be closed before it is audited or inspected", given: toSelfFixed, when: step{by: "acceptor", at: "02 09:40", cmd: bareClose}, kind: fault.Conflict, code: "case.not_inspected"},
	{rule: "a fix that does not pass is filed under a condition, and a department handles it", given: toSelfFixed, when: step{by: "acceptor", at: "02 09:30", cmd: &gridcasev1.FileCase{Condition: "R1"}},
		event: &gridcasev1.CaseFiled{Condition: "R1", Clocks: clocks{runs(dispatch, "02 09:42", "02 09:45", quarter)}}, state: filed, holds: func(c casework.Case) bool { return !c.SelfFixed }},
	{rule: "a fix that passed its audit is not filed", given: toAudited, when: step{by: "acceptor", at: "02 09:40", cmd: &gridcasev1.FileCase{Condition: "R1"}}, kind: fault.Conflict, code: "case.audited"},
	{rule: "who fixed a problem does not inspect it", given: toSelfFixed, when: step{by: "acceptor", at: "02 09:30", cmd: &gridcasev1.RequestInspection{Worker: "worker"}}, kind: fault.Invalid, code: "worker.own_handling", field: "worker"},
	{rule: "another worker inspects a fix", given: toSelfFixed, when: step{by: "acceptor", at: "02 09:30", cmd: &gridcasev1.RequestInspection{Worker: "second-worker"}},
		event: &gridcasev1.InspectionRequested{Worker: "second-worker", Clocks: clocks{runs(inspect, "02 09:54", "02 10:00", half)}}, state: inspecting},
	{rule: "there is no department to order rework from", given: toSelfFixed, when: step{by: "acceptor", at: "02 09:30", cmd: &gridcasev1.OrderRework{Reason: "a text"}}, kind: fault.Conflict, code: "case.no_department"},
	{rule: "what a department handled is inspected, not audited", given: toHandled, when: step{by: "acceptor", at: "02 10:05", cmd: passesAudit.cmd}, kind: fault.Conflict, code: "case.not_self_fixed"},
	{rule: "an audit is passed once", given: toAudited, when: step{by: "acceptor", at: "02 09:40", cmd: passesAudit.cmd}, kind: fault.Conflict, code: "case.audited"},
	{rule: "a report is not audited", given: toReported, when: step{by: "acceptor", at: "02 09:05", cmd: passesAudit.cmd}, kind: fault.Conflict, code: "case.not_handled"},
}
