package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

func asksToVoid(at string) step {
	return step{by: "acceptor", at: at, cmd: &gridcasev1.RequestVoid{Reason: "a text"}}
}

func decidesVoid(at string, d gridcasev1.Decision) step {
	return step{by: "leader", at: at, cmd: &gridcasev1.DecideVoid{Decision: d, Reason: "a text"}}
}

func asksToForce(at string) step {
	return step{by: "leader", at: at, cmd: &gridcasev1.RequestForceClose{Reason: "a text"}}
}

func decidesForce(by, at string, d gridcasev1.Decision) step {
	return step{by: by, at: at, cmd: &gridcasev1.DecideForceClose{Decision: d, Reason: "a text"}}
}

func urgent(at string, p gridcasev1.Priority) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.SetPriority{Priority: p, Reason: "a text"}}
}

var (
	toVoiding = then(toHandling, asksToVoid("02 09:30"))
	toForcing = then(toHandling, asksToForce("02 09:30"))
	ten       = limit(10, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)
)

// endRows are the ends of a case beside the usual one, and what makes its desks hurry.
var endRows = []row{
	{rule: "any desk asks for a void, and the case goes on", given: toHandling, when: asksToVoid("02 09:30"), event: &gridcasev1.VoidRequested{Reason: sealed("reason")}, state: handling,
		holds: func(c casework.Case) bool { return c.VoidPending && ticks(c, handle) }},
	{rule: "a void can't be requested without a reason", given: toHandling, when: step{by: "acceptor", at: "02 09:30", cmd: &gridcasev1.RequestVoid{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a void can't be requested twice", given: toVoiding, when: asksToVoid("02 09:31"), kind: fault.Conflict, code: "case.void_pending"},
	{rule: "a closed case can't be voided", given: toClosed, when: asksToVoid("03 09:00"), kind: fault.Conflict, code: "case.not_open"},
	{rule: "a shift leader voids the case: nothing runs, nobody has it, nothing waits", given: then(toVoiding, asksForMore("02 09:40")), when: decidesVoid("02 09:45", approve),
		event: &gridcasev1.CaseVoided{Reason: sealed("reason"), Clocks: clocks{stops(handle), stops(decide)}}, state: voided,
		holds: func(c casework.Case) bool {
			return atNobody(c) && !c.VoidPending && c.Pending == 0 && len(running(c)) == 0
		}},
	{rule: "a refused void leaves the case as it was", given: toVoiding, when: decidesVoid("02 09:45", refuse), event: &gridcasev1.VoidRefused{Reason: sealed("reason")}, state: handling,
		holds: func(c casework.Case) bool { return !c.VoidPending && ticks(c, handle) }},
	{rule: "a void can't be decided that nobody asked for", given: toHandling, when: decidesVoid("02 09:45", approve), kind: fault.Conflict, code: "case.no_void_pending"},
	{rule: "a closed case's void is not decided", given: toClosed, when: decidesVoid("03 09:00", approve), kind: fault.Conflict, code: "case.not_open"},
	{rule: "a pending void blocks dispatching", given: then(toFiled, asksToVoid("02 09:06")), when: dispatches, kind: fault.Conflict, code: "case.void_pending"},
	{rule: "a pending void blocks closing", given: then(toPassed, asksToVoid("02 10:25")), when: closes, kind: fault.Conflict, code: "case.void_pending"},
	{rule: "a voided case is not reopened", given: then(toVoiding, decidesVoid("02 09:45", approve)), when: reopensAt("03 09:00"), kind: fault.Conflict, code: "case.not_closed_or_not_filed"},

	{rule: "a shift leader asks to force the closing", given: toHandling, when: asksToForce("02 09:30"), event: &gridcasev1.ForceCloseRequested{Reason: sealed("reason")}, state: handling,
		holds: func(c casework.Case) bool { return c.ForceCloseBy == "leader" }},
	{rule: "a force close can't be requested without a reason", given: toHandling, when: step{by: "leader", at: "02 09:30", cmd: &gridcasev1.RequestForceClose{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a force close can't be requested twice", given: toForcing, when: step{by: "second-leader", at: "02 09:31", cmd: asksToForce("").cmd}, kind: fault.Conflict, code: "case.force_close_pending"},
	{rule: "a closed case can't be forced", given: toClosed, when: asksToForce("03 09:00"), kind: fault.Conflict, code: "case.not_open"},
	{rule: "another shift leader forces the closing: nothing runs, the department stays on record", given: toForcing, when: decidesForce("second-leader", "02 09:45", approve),
		event: &gridcasev1.CaseForceClosed{Reason: sealed("reason"), Clocks: clocks{stops(handle)}}, state: closed,
		holds: func(c casework.Case) bool {
			return c.Department == "roads" && c.ForceCloseBy == "" && len(running(c)) == 0 && c.EndedAt.Equal(on("02 09:45"))
		}},
	{rule: "who asked for a force close does not decide it", given: toForcing, when: decidesForce("leader", "02 09:45", approve), kind: fault.Denied, code: "case.same_person"},
	{rule: "who asked for a force close does not refuse it either", given: toForcing, when: decidesForce("leader", "02 09:45", refuse), kind: fault.Denied, code: "case.same_person"},
	{rule: "a refused force close leaves the case as it was", given: toForcing, when: decidesForce("second-leader", "02 09:45", refuse), event: &gridcasev1.ForceCloseRefused{Reason: sealed("reason")}, state: handling,
		holds: func(c casework.Case) bool { return c.ForceCloseBy == "" }},
	{rule: "a force close can't be decided that nobody asked for", given: toHandling, when: decidesForce("leader", "02 09:45", approve), kind: fault.Conflict, code: "case.no_force_close_pending"},
	{rule: "a pending force close blocks dispatching", given: then(toFiled, asksToForce("02 09:06")), when: dispatches, kind: fault.Conflict, code: "case.force_close_pending"},
	{rule: "a forced case is reopened as a closed one is", given: then(toForcing, decidesForce("second-leader", "02 09:45", approve)), when: reopensAt("02 11:00"),
		event: &gridcasev1.CaseReopened{Condition: "C2", Reason: sealed("reason"), Clocks: clocks{runs(dispatch, "02 11:12", "02 11:15", quarter)}}, state: filed},

	{rule: "an urgent case's desks have ten minutes from then on", given: toFiled, when: urgent("02 09:06", gridcasev1.Priority_PRIORITY_URGENT),
		event: &gridcasev1.PrioritySet{Priority: gridcasev1.Priority_PRIORITY_URGENT, Reason: sealed("reason")}, state: filed},
	{rule: "an urgent case is to be signed within ten minutes", given: then(toFiled, urgent("02 09:06", gridcasev1.Priority_PRIORITY_URGENT)), when: dispatches,
		event: &gridcasev1.CaseDispatched{Department: "roads", Clocks: clocks{stops(dispatch), runs(sign, "02 09:18", "02 09:20", ten), runs(handle, "02 10:46", "02 11:10", twoWorking)}}, state: dispatched},
	{rule: "a priority is changed with a reason only", given: toFiled, when: step{by: "dispatcher", at: "02 09:06", cmd: &gridcasev1.SetPriority{Priority: gridcasev1.Priority_PRIORITY_HIGH}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a case that was never given a priority has the normal one", given: toFiled, when: urgent("02 09:06", gridcasev1.Priority_PRIORITY_NORMAL), kind: fault.Conflict, code: "case.same_priority"},
	{rule: "a closed case has no priority to change", given: toClosed, when: urgent("03 09:00", gridcasev1.Priority_PRIORITY_HIGH), kind: fault.Conflict, code: "case.not_open"},
}
