package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

func to(department string, assisting ...string) step {
	return step{by: "dispatcher", at: "02 09:10", cmd: &gridcasev1.DispatchCase{Department: department, Assisting: assisting}}
}

func recalls(at string) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.RecallDispatch{Reason: "a text"}}
}

// atDepartment tells whether the case is with roads and nobody's.
func atDepartment(c casework.Case) bool {
	return c.Department == "roads" && c.Handler == "" && c.Pending != returning
}

func atNobody(c casework.Case) bool {
	return c.Department == "" && c.Handler == "" && c.Pending != returning
}

var dispatchRows = []row{
	{rule: "a dispatcher dispatches to one lead department: it has 30 minutes to sign and the condition's working hours to handle", given: toFiled, when: dispatches,
		event: &gridcasev1.CaseDispatched{Department: "roads", Clocks: clocks{stops(dispatch), runs(sign, "02 09:34", "02 09:40", half), runs(handle, "02 10:46", "02 11:10", twoWorking)}}, state: dispatched,
		holds: atDepartment},
	{rule: "a department assists the lead department", given: toFiled, when: to("roads", "water"),
		event: &gridcasev1.CaseDispatched{Department: "roads", Assisting: []string{"water"}, Clocks: clocks{stops(dispatch), runs(sign, "02 09:34", "02 09:40", half), runs(handle, "02 10:46", "02 11:10", twoWorking)}}, state: dispatched,
		holds: atDepartment},
	{rule: "working hours don't run at noon", late: stages{dispatch}, given: toFiled, when: step{by: "dispatcher", at: "02 11:00", cmd: dispatches.cmd},
		event: &gridcasev1.CaseDispatched{Department: "roads", Clocks: clocks{stops(dispatch), runs(sign, "02 11:24", "02 11:30", half), runs(handle, "02 14:36", "02 15:00", twoWorking)}}, state: dispatched},
	{rule: "working hours don't run over the weekend", late: stages{dispatch}, given: toFiled, when: step{by: "dispatcher", at: "06 17:00", cmd: dispatches.cmd},
		event: &gridcasev1.CaseDispatched{Department: "roads", Clocks: clocks{stops(dispatch), runs(sign, "06 17:24", "06 17:30", half), runs(handle, "09 08:36", "09 09:00", twoWorking)}}, state: dispatched},
	{rule: "urgent hours run at night", late: stages{dispatch}, given: then(toReported, step{by: "acceptor", at: "02 21:55", cmd: &gridcasev1.FileCase{Condition: "C1"}}), when: step{by: "dispatcher", at: "02 22:36", cmd: dispatches.cmd},
		event: &gridcasev1.CaseDispatched{Department: "roads", Clocks: clocks{stops(dispatch), runs(sign, "02 23:00", "02 23:06", half), runs(handle, "03 01:00", "03 01:36", threeUrgent)}}, state: dispatched},
	{rule: "a condition without a limit has no handle clock", given: then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C5"}}), when: dispatches,
		event: &gridcasev1.CaseDispatched{Department: "roads", Clocks: clocks{stops(dispatch), runs(sign, "02 09:34", "02 09:40", half)}}, state: dispatched},
	{rule: "a case can't be dispatched to nobody", given: toFiled, when: to(""), kind: fault.Invalid, code: "department.unknown", field: "department"},
	{rule: "a case can't be dispatched to a department that isn't the district's", given: toFiled, when: to("harbour"), kind: fault.Invalid, code: "department.unknown", field: "department"},
	{rule: "a department that isn't the district's can't assist", given: toFiled, when: to("roads", "harbour"), kind: fault.Invalid, code: "department.unknown", field: "assisting"},
	{rule: "the lead department can't assist itself", given: toFiled, when: to("roads", "water", "roads"), kind: fault.Invalid, code: "department.leads", field: "assisting"},
	{rule: "a case can't be dispatched before it is filed", given: toReported, when: dispatches, kind: fault.Conflict, code: "case.not_filed"},
	{rule: "a case can't be dispatched to a second department", given: toDispatched, when: to("water"), kind: fault.Conflict, code: "case.not_filed"},

	{rule: "a dispatcher recalls the dispatch before it is signed: no bounce, 15 minutes to dispatch again", given: toAssigned, when: recalls("02 09:18"),
		event: &gridcasev1.DispatchRecalled{Reason: sealed("reason"), Clocks: clocks{stops(sign), stops(handle), runs(dispatch, "02 09:30", "02 09:33", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return atNobody(c) && c.Bounces == 0 && c.Condition == "C2" }},
	{rule: "a dispatcher recalls the dispatch while it is handled", given: toWithHandler, when: recalls("02 09:30"),
		event: &gridcasev1.DispatchRecalled{Reason: sealed("reason"), Clocks: clocks{stops(handle), runs(dispatch, "02 09:42", "02 09:45", quarter)}}, state: filed, holds: atNobody},
	{rule: "a recall cancels the requested return and its clock", given: toReturning, when: recalls("02 09:20"),
		event: &gridcasev1.DispatchRecalled{Reason: sealed("reason"), Clocks: clocks{stops(decide), stops(sign), stops(handle), runs(dispatch, "02 09:32", "02 09:35", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return atNobody(c) && c.Bounces == 0 }},
	{rule: "after a recall the next department has the whole limit", late: stages{dispatch}, given: then(toDispatched, recalls("02 09:30")), when: step{by: "dispatcher", at: "02 10:00", cmd: &gridcasev1.DispatchCase{Department: "water"}},
		event: &gridcasev1.CaseDispatched{Department: "water", Clocks: clocks{stops(dispatch), runs(sign, "02 10:24", "02 10:30", half), runs(handle, "02 11:36", "02 12:00", twoWorking)}}, state: dispatched},
	{rule: "a dispatch can't be recalled without a reason", given: toDispatched, when: step{by: "dispatcher", at: "02 09:18", cmd: &gridcasev1.RecallDispatch{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a handled case can't be recalled", given: toHandled, when: recalls("02 10:05"), kind: fault.Conflict, code: "case.not_dispatched_or_handling"},
}

func assignsTo(by, handler string) step {
	return step{by: by, at: "02 09:22", cmd: &gridcasev1.AssignHandler{Handler: handler}}
}

func revokes(by string) step { return step{by: by, at: "02 09:28", cmd: &gridcasev1.RevokeHandler{}} }

// roadsWithout is the district's people after a handler left.
func roadsWithout(id string) func(*casework.Facts) {
	return func(f *casework.Facts) {
		var left people
		for _, u := range staff {
			if u.GetId() != id {
				left = append(left, u)
			}
		}
		f.People = left
	}
}

var departmentRows = []row{
	{rule: "the department's manager signs: signing stops, handling runs on", given: toDispatched, when: signs, event: &gridcasev1.TaskSigned{Clocks: clocks{stops(sign)}}, state: handling,
		holds: func(c casework.Case) bool { return atDepartment(c) && c.Clocks.Of(handle).Due.Equal(on("02 11:10")) }},
	{rule: "an importer signs for a department", given: toDispatched, when: step{by: "importer", at: "02 09:20", cmd: signs.cmd}, event: &gridcasev1.TaskSigned{Clocks: clocks{stops(sign)}}, state: handling},
	{rule: "another department's manager can't sign", given: toDispatched, when: step{by: "water-manager", at: "02 09:20", cmd: signs.cmd}, kind: fault.Denied, code: "case.other_department"},
	{rule: "somebody without a department can't sign", given: toDispatched, when: step{by: "acceptor", at: "02 09:20", cmd: signs.cmd}, kind: fault.Denied, code: "case.other_department"},
	{rule: "a department can't sign while its return is pending", given: toReturning, when: signs, kind: fault.Conflict, code: "case.return_pending"},
	{rule: "a case can't be signed before it is dispatched", given: toFiled, when: signs, kind: fault.Conflict, code: "case.not_dispatched"},
	{rule: "a case can't be signed twice", given: toHandling, when: signs, kind: fault.Conflict, code: "case.not_dispatched"},

	{rule: "the manager assigns a handler before signing", given: toDispatched, when: assigns, event: &gridcasev1.HandlerAssigned{Handler: "handler"}, state: dispatched,
		holds: func(c casework.Case) bool { return c.Handler == "handler" && c.Department == "roads" }},
	{rule: "the manager assigns a handler while handling", given: toHandling, when: assignsTo("manager", "handler"), event: &gridcasev1.HandlerAssigned{Handler: "handler"}, state: handling},
	{rule: "the manager assigns another handler instead", given: toWithHandler, when: step{by: "manager", at: "02 09:28", cmd: &gridcasev1.AssignHandler{Handler: "second-handler"}},
		event: &gridcasev1.HandlerAssigned{Handler: "second-handler"}, state: handling, holds: func(c casework.Case) bool { return c.Handler == "second-handler" }},
	{rule: "a handler of another department can't be assigned", given: toHandling, when: assignsTo("manager", "water-handler"), kind: fault.Invalid, code: "handler.not_of_department", field: "handler"},
	{rule: "a manager can't be assigned as handler", given: toHandling, when: assignsTo("manager", "manager"), kind: fault.Invalid, code: "handler.not_of_department", field: "handler"},
	{rule: "a handler who left can't be assigned", given: toHandling, when: step{by: "manager", at: "02 09:22", cmd: assigns.cmd, with: roadsWithout("handler")}, kind: fault.Invalid, code: "handler.not_of_department", field: "handler"},
	{rule: "a handler can't be assigned twice", given: toWithHandler, when: assignsTo("manager", "handler"), kind: fault.Conflict, code: "case.handler_assigned"},
	{rule: "another department can't assign a handler", given: toHandling, when: assignsTo("water-manager", "water-handler"), kind: fault.Denied, code: "case.other_department"},
	{rule: "a handler can't be assigned while a return is pending", given: toReturning, when: assignsTo("manager", "handler"), kind: fault.Conflict, code: "case.return_pending"},
	{rule: "a handler can't be assigned before the case is dispatched", given: toFiled, when: assignsTo("manager", "handler"), kind: fault.Conflict, code: "case.not_dispatched_or_handling"},

	{rule: "the manager revokes the handler", given: toWithHandler, when: revokes("manager"), event: &gridcasev1.HandlerRevoked{Handler: "handler"}, state: handling, holds: atDepartment},
	{rule: "the manager revokes the handler before signing", given: toAssigned, when: revokes("manager"), event: &gridcasev1.HandlerRevoked{Handler: "handler"}, state: dispatched, holds: atDepartment},
	{rule: "a handler who wasn't assigned can't be revoked", given: toHandling, when: revokes("manager"), kind: fault.Conflict, code: "case.no_handler"},
	{rule: "another department can't revoke the handler", given: toWithHandler, when: revokes("water-manager"), kind: fault.Denied, code: "case.other_department"},
	{rule: "a handler can't be revoked while a return is pending", given: toAskedReturn, when: step{by: "manager", at: "02 09:32", cmd: &gridcasev1.RevokeHandler{}}, kind: fault.Conflict, code: "case.return_pending"},
	{rule: "a handler can't be revoked once the handling is reported", given: toHandled, when: step{by: "manager", at: "02 10:05", cmd: &gridcasev1.RevokeHandler{}}, kind: fault.Conflict, code: "case.not_dispatched_or_handling"},
}
