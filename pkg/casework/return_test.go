package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

func answers(at string, d gridcasev1.Decision, reason string) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.DecideReturn{Decision: d, Reason: reason}}
}

func withdraws(by, at string) step {
	return step{by: by, at: at, cmd: &gridcasev1.WithdrawReturn{}}
}

const (
	approve = gridcasev1.Decision_DECISION_APPROVE
	refuse  = gridcasev1.Decision_DECISION_REFUSE
)

// toAskedBeforeNoon has a return requested at 11:00, ten minutes before handling is due.
var toAskedBeforeNoon = then(toHandling, step{by: "manager", at: "02 11:00", cmd: asksForReturn.cmd})

// toUrgentAsked has a return of an urgent case requested at 10:00: three wall hours from 09:10 on.
var toUrgentAsked = then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C1"}}, dispatches, signs,
	step{by: "manager", at: "02 10:00", cmd: asksForReturn.cmd})

var returnRows = []row{
	{rule: "a department that isn't competent asks for a return before signing: signing and handling pause, the dispatcher has 15 minutes", given: toDispatched, when: asksForReturn,
		event: &gridcasev1.ReturnRequested{Reason: sealed("reason"), Clocks: clocks{pauses(sign, "02 09:34", "02 09:40", half), pauses(handle, "02 10:46", "02 11:10", twoWorking), runs(decide, "02 09:30", "02 09:33", quarter)}},
		state: dispatched, holds: func(c casework.Case) bool { return c.Pending == returning && c.Department == "roads" }},
	{rule: "a department asks for a return while handling", given: toHandling, when: asksLater,
		event: &gridcasev1.ReturnRequested{Reason: sealed("reason"), Clocks: clocks{pauses(handle, "02 10:46", "02 11:10", twoWorking), runs(decide, "02 09:42", "02 09:45", quarter)}},
		state: handling, holds: func(c casework.Case) bool { return c.Pending == returning }},
	{rule: "a department asks for a return again after a refused one", given: then(toAskedReturn, answers("02 09:40", refuse, "")), when: step{by: "manager", at: "02 09:45", cmd: asksForReturn.cmd},
		event: &gridcasev1.ReturnRequested{Reason: sealed("reason"), Clocks: clocks{pauses(handle, "02 10:56", "02 11:20", twoWorking), runs(decide, "02 09:57", "02 10:00", quarter)}}, state: handling},
	{rule: "a return can't be requested without a reason", given: toHandling, when: step{by: "manager", at: "02 09:30", cmd: &gridcasev1.RequestReturn{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a return can't be requested while a handler is assigned", given: toWithHandler, when: asksLater, kind: fault.Conflict, code: "case.handler_assigned"},
	{rule: "a return can't be requested twice", given: toAskedReturn, when: step{by: "manager", at: "02 09:32", cmd: asksForReturn.cmd}, kind: fault.Conflict, code: "case.return_pending"},
	{rule: "another department can't ask for the return", given: toHandling, when: step{by: "water-manager", at: "02 09:30", cmd: asksForReturn.cmd}, kind: fault.Denied, code: "case.other_department"},
	{rule: "a return can't be requested once the handling is reported", given: toHandled, when: step{by: "manager", at: "02 10:05", cmd: asksForReturn.cmd}, kind: fault.Conflict, code: "case.not_dispatched_or_handling"},

	{rule: "an approved return takes the case from the department and counts a bounce", given: toAskedReturn, when: answers("02 09:40", approve, "a text"),
		event: &gridcasev1.ReturnApproved{Reason: sealed("reason"), Clocks: clocks{stops(decide), stops(handle), runs(dispatch, "02 09:52", "02 09:55", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return atNobody(c) && c.Bounces == 1 && c.Condition == "C2" }},
	{rule: "an approved return before signing stops signing too", given: toReturning, when: answers("02 09:28", approve, ""),
		event: &gridcasev1.ReturnApproved{Clocks: clocks{stops(decide), stops(sign), stops(handle), runs(dispatch, "02 09:40", "02 09:43", quarter)}}, state: filed},
	{rule: "a second bounce is counted with the first", given: then(toAskedReturn, answers("02 09:40", approve, ""), step{by: "dispatcher", at: "02 09:50", cmd: dispatches.cmd}, step{by: "manager", at: "02 09:55", cmd: asksForReturn.cmd}),
		when:  answers("02 10:00", approve, ""),
		event: &gridcasev1.ReturnApproved{Clocks: clocks{stops(decide), stops(sign), stops(handle), runs(dispatch, "02 10:12", "02 10:15", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return c.Bounces == 2 }},
	{rule: "after an approved return another department has the whole limit", late: stages{dispatch}, given: then(toAskedReturn, answers("02 09:40", approve, "")), when: step{by: "dispatcher", at: "02 10:00", cmd: &gridcasev1.DispatchCase{Department: "water"}},
		event: &gridcasev1.CaseDispatched{Department: "water", Clocks: clocks{stops(dispatch), runs(sign, "02 10:24", "02 10:30", half), runs(handle, "02 11:36", "02 12:00", twoWorking)}}, state: dispatched},
	{rule: "a refused return leaves the case with the department, and its clock goes on by the ten minutes it waited", given: toAskedReturn, when: answers("02 09:40", refuse, "a text"),
		event: &gridcasev1.ReturnRefused{Reason: sealed("reason"), Clocks: clocks{stops(decide), runs(handle, "02 10:56", "02 11:20", twoWorking)}}, state: handling,
		holds: func(c casework.Case) bool { return atDepartment(c) && c.Bounces == 0 }},
	{rule: "a refused return before signing lets signing go on too", given: toReturning, when: answers("02 09:28", refuse, ""),
		event: &gridcasev1.ReturnRefused{Clocks: clocks{stops(decide), runs(sign, "02 09:44", "02 09:50", half), runs(handle, "02 10:56", "02 11:20", twoWorking)}}, state: dispatched, holds: atDepartment},
	{rule: "a working limit moves by the working time inside the pause, not by noon; the warning that had passed stays", late: stages{decide}, given: toAskedBeforeNoon, when: answers("02 14:30", refuse, ""),
		event: &gridcasev1.ReturnRefused{Clocks: clocks{stops(decide), runs(handle, "02 10:46", "02 14:40", twoWorking)}}, state: handling},
	{rule: "an urgent limit moves by every hour of the pause", late: stages{decide}, given: toUrgentAsked, when: answers("02 14:30", refuse, ""),
		event: &gridcasev1.ReturnRefused{Clocks: clocks{stops(decide), runs(handle, "02 16:04", "02 16:40", threeUrgent)}}, state: handling},
	{rule: "a return can't be decided that nobody asked for", given: toHandling, when: answers("02 09:40", approve, ""), kind: fault.Conflict, code: "case.no_return_pending"},
	{rule: "a return can't be decided twice", given: then(toAskedReturn, answers("02 09:40", refuse, "")), when: answers("02 09:41", approve, ""), kind: fault.Conflict, code: "case.no_return_pending"},

	{rule: "the department withdraws its request, and its clock goes on", given: toAskedReturn, when: withdraws("manager", "02 09:40"),
		event: &gridcasev1.ReturnWithdrawn{Clocks: clocks{stops(decide), runs(handle, "02 10:56", "02 11:20", twoWorking)}}, state: handling, holds: atDepartment},
	{rule: "another department can't withdraw the request", given: toAskedReturn, when: withdraws("water-manager", "02 09:40"), kind: fault.Denied, code: "case.other_department"},
	{rule: "a request can't be withdrawn that nobody made", given: toHandling, when: withdraws("manager", "02 09:40"), kind: fault.Conflict, code: "case.no_return_pending"},
	{rule: "a recalled request can't be withdrawn", given: then(toAskedReturn, recalls("02 09:35")), when: withdraws("manager", "02 09:40"), kind: fault.Conflict, code: "case.no_return_pending"},
}
