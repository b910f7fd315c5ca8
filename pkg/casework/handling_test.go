package casework_test

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	resolved = gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED
	gone     = gridcasev1.HandlingOutcome_HANDLING_OUTCOME_GONE_ON_ARRIVAL
	pass     = gridcasev1.InspectionResult_INSPECTION_RESULT_PASS
	fail     = gridcasev1.InspectionResult_INSPECTION_RESULT_FAIL
	unseen   = gridcasev1.InspectionResult_INSPECTION_RESULT_UNABLE
)

// underC3 is a case in handling under the condition that is closed with a ticket's number: four working hours from 09:10 on.
var underC3 = then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C3"}}, dispatches, signs)

// done is a handling report at 10:00.
func done(by string, outcome gridcasev1.HandlingOutcome, fields []*gridcasev1.FieldInput, photos ...string) step {
	return step{by: by, at: "02 10:00", cmd: &gridcasev1.ReportHandling{Outcome: outcome, Fields: fields, Photos: show(photos...)}}
}

// handledAt1000 are the clocks of a handling report at 10:00.
var handledAt1000 = clocks{stops(handle), runs(sendInspection, "02 10:24", "02 10:30", half)}

var handlingRows = []row{
	{rule: "the manager reports the handling: handling stops, the acceptor has 30 minutes to send an inspector", given: toHandling, when: handles,
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("after"), Clocks: handledAt1000}, state: handled,
		holds: func(c casework.Case) bool {
			return slices.Equal(c.Hands, []string{"manager"}) && c.Department == "roads"
		}},
	{rule: "the assigned handler reports the handling", given: toWithHandler, when: step{by: "handler", at: "02 10:00", cmd: &gridcasev1.ReportHandling{Outcome: resolved, Photos: show("before", "after"), Note: "a text"}},
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("before", "after"), Note: sealed("note"), Clocks: handledAt1000}, state: handled,
		holds: func(c casework.Case) bool {
			return slices.Equal(c.Hands, []string{"handler"}) && c.Handler == "handler"
		}},
	{rule: "when the manager reports for the assigned handler, both had a hand in it", given: toWithHandler, when: handles,
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("after"), Clocks: handledAt1000}, state: handled,
		holds: func(c casework.Case) bool { return slices.Equal(c.Hands, []string{"manager", "handler"}) }},
	{rule: "the handling is reported with the field that the condition is closed with", given: underC3, when: done("manager", resolved, []*gridcasev1.FieldInput{ticket("T-3")}, "after"),
		event: &gridcasev1.HandlingReported{Outcome: resolved, Fields: []*gridcasev1.Field{{Name: "ticket_no", Value: &gridcasev1.Field_Code{Code: "T-3"}}}, Photos: show("after"), Clocks: handledAt1000}, state: handled,
		holds: func(c casework.Case) bool { return len(c.Fields) == 2 && c.Fields[1].GetCode() == "T-3" }},
	{rule: "a field of the report counts for closing", given: then([]step{{by: "worker", at: "02 09:00", cmd: fullReport}}, underC3[1:]...), when: done("manager", resolved, nil, "after"),
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("after"), Clocks: handledAt1000}, state: handled},
	{rule: "what was gone on arrival needs no field to close with", given: underC3, when: done("manager", gone, nil, "after"),
		event: &gridcasev1.HandlingReported{Outcome: gone, Photos: show("after"), Clocks: handledAt1000}, state: handled},
	{rule: "an importer reports a handling of another system without photo or fields", given: underC3, when: done("importer", resolved, nil),
		event: &gridcasev1.HandlingReported{Outcome: resolved, Clocks: handledAt1000}, state: handled},
	{rule: "a handling reported after its due time stops the clock", late: stages{handle}, given: toHandling, when: step{by: "manager", at: "02 15:00", cmd: handles.cmd},
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("after"), Clocks: clocks{stops(handle), runs(sendInspection, "02 15:24", "02 15:30", half)}}, state: handled,
		holds: func(c casework.Case) bool {
			return c.Clocks.Of(handle).Due.IsZero() && c.Clocks.Of(handle).Paused().Equal(on("02 15:00"))
		}},
	{rule: "handling reported after rework forgets the failed inspection", given: then(toFailed, step{by: "dispatcher", at: "02 10:30", cmd: &gridcasev1.OrderRework{}}), when: step{by: "manager", at: "02 11:00", cmd: handles.cmd},
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("after"), Clocks: clocks{stops(handle), runs(sendInspection, "02 11:24", "02 11:30", half)}}, state: handled,
		holds: func(c casework.Case) bool { return c.Inspection == 0 && c.Reworks == 1 }},
	{rule: "handling is shown by a photo of after", given: toHandling, when: done("manager", resolved, nil, "before"), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "what was gone on arrival is shown by a photo too", given: toHandling, when: done("manager", gone, nil), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "handling can't be reported without the field that the condition is closed with", given: underC3, when: done("manager", resolved, nil, "after"), kind: fault.Invalid, code: "field.required", field: "fields.ticket_no"},
	{rule: "handling can't be reported with a field that the type doesn't have", given: toHandling, when: done("manager", resolved, []*gridcasev1.FieldInput{{Name: "depth", Value: &gridcasev1.FieldInput_Number{Number: 1}}}, "after"),
		kind: fault.Invalid, code: "field.unknown", field: "fields[0]"},
	{rule: "a handler who isn't assigned can't report the handling", given: toWithHandler, when: done("second-handler", resolved, nil, "after"), kind: fault.Denied, code: "case.other_handler"},
	{rule: "a handler can't report the handling while nobody is assigned", given: toHandling, when: done("handler", resolved, nil, "after"), kind: fault.Denied, code: "case.other_handler"},
	{rule: "another department can't report the handling", given: toHandling, when: done("water-manager", resolved, nil, "after"), kind: fault.Denied, code: "case.other_department"},
	{rule: "handling can't be reported while a return is pending", given: toAskedReturn, when: handles, kind: fault.Conflict, code: "case.return_pending"},
	{rule: "handling can't be reported before the case is signed", given: toDispatched, when: handles, kind: fault.Conflict, code: "case.not_handling"},
}

func sends(worker string) step {
	return step{by: "acceptor", at: "02 10:10", cmd: &gridcasev1.RequestInspection{Worker: worker}}
}

// saw is an inspection at 10:20 by the named worker.
func saw(result gridcasev1.InspectionResult, photos ...string) step {
	return step{by: "worker", at: "02 10:20", cmd: &gridcasev1.SubmitInspection{Result: result, Photos: show(photos...)}}
}

// handlerTurnedWorker has the handler on duty as a grid worker of unit grid 1, after having handled the case.
func handlerTurnedWorker(f *casework.Facts) {
	f.People = append(slices.Clone(staff[:1]), &gridcasev1.User{Id: "handler", Role: gridcasev1.Role_ROLE_GRID_WORKER, DutyGrids: []string{cell(1)}})
}

var inspectionRows = []row{
	{rule: "an acceptor sends a worker of the duty grid to inspect: sending stops, the worker has 30 minutes", given: toHandled, when: sendsToInspect,
		event: &gridcasev1.InspectionRequested{Worker: "worker", Clocks: clocks{stops(sendInspection), runs(inspect, "02 10:34", "02 10:40", half)}}, state: inspecting,
		holds: func(c casework.Case) bool { return c.Worker == "worker" && c.Department == "roads" }},
	{rule: "an inspection is given to another worker of the grid, with 30 minutes anew", given: toInspecting, when: step{by: "acceptor", at: "02 10:20", cmd: &gridcasev1.RequestInspection{Worker: "second-worker"}},
		event: &gridcasev1.InspectionRequested{Worker: "second-worker", Clocks: clocks{runs(inspect, "02 10:44", "02 10:50", half)}}, state: inspecting},
	{rule: "a second inspection after a passed one stops the clock of closing", given: toPassed, when: step{by: "acceptor", at: "02 10:25", cmd: &gridcasev1.RequestInspection{Worker: "second-worker"}},
		event: &gridcasev1.InspectionRequested{Worker: "second-worker", Clocks: clocks{stops(closing), runs(inspect, "02 10:49", "02 10:55", half)}}, state: inspecting},
	{rule: "nobody inspects own handling", given: then(toWithHandler, done("handler", resolved, nil, "after")), when: step{by: "acceptor", at: "02 10:10", cmd: &gridcasev1.RequestInspection{Worker: "handler"}, with: handlerTurnedWorker},
		kind: fault.Invalid, code: "worker.own_handling", field: "worker"},
	{rule: "nobody inspects the own handling of before the case was reopened",
		given: then(toWithHandler, done("handler", resolved, nil, "after"), sendsToInspect, passes, closes, reopensAt("02 11:00"), step{by: "dispatcher", at: "02 11:05", cmd: dispatches.cmd},
			step{by: "manager", at: "02 11:10", cmd: signs.cmd}, step{by: "manager", at: "02 11:20", cmd: handles.cmd}),
		when: step{by: "acceptor", at: "02 11:30", cmd: &gridcasev1.RequestInspection{Worker: "handler"}, with: handlerTurnedWorker}, kind: fault.Invalid, code: "worker.own_handling", field: "worker"},
	{rule: "an inspection can't be asked of a worker of another grid while one is on duty", given: toHandled, when: sends("distant-worker"), kind: fault.Invalid, code: "worker.not_of_grid", field: "worker"},
	{rule: "an inspection can't be asked of a user who is no grid worker", given: toHandled, when: sends("manager"), kind: fault.Invalid, code: "worker.own_handling", field: "worker"},
	{rule: "an inspection can't be asked for before the handling is reported", given: toHandling, when: sendsToInspect, kind: fault.Conflict, code: "case.not_handled_or_inspecting"},

	{rule: "the inspection passes, and the acceptor has 30 minutes to close", given: toInspecting, when: passes,
		event: &gridcasev1.InspectionSubmitted{Result: pass, Photos: show("near"), Clocks: clocks{stops(inspect), runs(closing, "02 10:44", "02 10:50", half)}}, state: handled,
		holds: func(c casework.Case) bool { return c.Inspection == pass && c.Worker == "" }},
	{rule: "the inspection fails, and something must be sent again within 30 minutes", given: toInspecting, when: fails,
		event: &gridcasev1.InspectionSubmitted{Result: fail, Photos: show("near"), Clocks: clocks{stops(inspect), runs(sendInspection, "02 10:44", "02 10:50", half)}}, state: handled,
		holds: func(c casework.Case) bool { return c.Inspection == fail }},
	{rule: "a worker who couldn't see the result says so, with a photo", given: toInspecting, when: step{by: "worker", at: "02 10:20", cmd: &gridcasev1.SubmitInspection{Result: unseen, Photos: show("far"), Note: "a text"}},
		event: &gridcasev1.InspectionSubmitted{Result: unseen, Photos: show("far"), Note: sealed("note"), Clocks: clocks{stops(inspect), runs(sendInspection, "02 10:44", "02 10:50", half)}}, state: handled},
	{rule: "an importer submits an inspection for whoever did it, without a photo", given: toInspecting, when: step{by: "importer", at: "02 10:20", cmd: &gridcasev1.SubmitInspection{Result: pass}},
		event: &gridcasev1.InspectionSubmitted{Result: pass, Clocks: clocks{stops(inspect), runs(closing, "02 10:44", "02 10:50", half)}}, state: handled},
	{rule: "a failed inspection after a passed one counts", given: then(toPassed, step{by: "acceptor", at: "02 10:25", cmd: sendsToInspect.cmd}), when: step{by: "worker", at: "02 10:35", cmd: fails.cmd},
		event: &gridcasev1.InspectionSubmitted{Result: fail, Photos: show("near"), Clocks: clocks{stops(inspect), runs(sendInspection, "02 10:59", "02 11:05", half)}}, state: handled,
		holds: func(c casework.Case) bool { return c.Inspection == fail }},
	{rule: "an inspection is shown by a photo", given: toInspecting, when: saw(pass), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "that the result couldn't be seen is shown by a photo", given: toInspecting, when: saw(unseen), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "a worker who wasn't named can't submit the inspection", given: toInspecting, when: step{by: "second-worker", at: "02 10:20", cmd: passes.cmd}, kind: fault.Denied, code: "case.other_worker"},
	{rule: "an inspection that nobody asked for can't be submitted", given: toHandled, when: passes, kind: fault.Conflict, code: "case.not_inspecting"},
}

// reworks is an order of rework at 10:30.
func reworks(reason string) step {
	return step{by: "dispatcher", at: "02 10:30", cmd: &gridcasev1.OrderRework{Reason: reason}}
}

// handledLate is a case whose handling was reported ten minutes before it was due, and failed.
var handledLate = then(toHandling, step{by: "manager", at: "02 11:00", cmd: handles.cmd}, step{by: "acceptor", at: "02 11:10", cmd: sendsToInspect.cmd}, step{by: "worker", at: "02 11:20", cmd: fails.cmd})

var reworkRows = []row{
	{rule: "after a failed inspection the same department handles again, with the 70 working minutes that were left", given: toFailed, when: reworks(""),
		event: &gridcasev1.ReworkOrdered{Clocks: clocks{stops(sendInspection), runs(handle, "02 11:26", "02 11:40", twoWorking)}}, state: handling,
		holds: func(c casework.Case) bool { return c.Department == "roads" && c.Reworks == 1 }},
	{rule: "rework is ordered with a reason where nothing was inspected", given: toHandled, when: reworks("a text"),
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(sendInspection), runs(handle, "02 11:26", "02 11:40", twoWorking)}}, state: handling},
	{rule: "rework is ordered with a reason after a passed inspection, and closing stops", given: toPassed, when: reworks("a text"),
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(closing), runs(handle, "02 11:26", "02 11:40", twoWorking)}}, state: handling},
	{rule: "rework has a quarter of the limit at least", given: handledLate, when: step{by: "acceptor", at: "02 11:25", cmd: &gridcasev1.OrderRework{}},
		event: &gridcasev1.ReworkOrdered{Clocks: clocks{stops(sendInspection), runs(handle, "02 11:49", "02 11:55", twoWorking)}}, state: handling},
	{rule: "rework that was handled after its due time has a quarter of the limit", late: stages{sendInspection}, given: then(toHandling, step{by: "manager", at: "02 15:00", cmd: handles.cmd}), when: step{by: "acceptor", at: "02 17:45", cmd: &gridcasev1.OrderRework{Reason: "a text"}},
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(sendInspection), runs(handle, "03 08:09", "03 08:15", twoWorking)}}, state: handling},
	{rule: "rework under a condition without a limit has no handle clock", given: then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C5"}}, dispatches, signs, handles), when: reworks("a text"),
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(sendInspection)}}, state: handling},
	{rule: "the handler who was assigned handles the rework", given: then(toWithHandler, handles), when: reworks("a text"),
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(sendInspection), runs(handle, "02 11:26", "02 11:40", twoWorking)}}, state: handling,
		holds: func(c casework.Case) bool { return c.Handler == "handler" }},
	{rule: "rework can't be ordered without a failed inspection or a reason", given: toHandled, when: reworks(""), kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "rework can't be ordered without a reason after a passed inspection", given: toPassed, when: reworks(""), kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "rework can't be ordered while the result is inspected", given: toInspecting, when: reworks("a text"), kind: fault.Conflict, code: "case.not_handled"},
	{rule: "rework can't be ordered of a closed case", given: toClosed, when: reworks("a text"), kind: fault.Conflict, code: "case.not_handled"},
}
