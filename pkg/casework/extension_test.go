package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

func asksForMore(at string) step {
	return step{by: "manager", at: at, cmd: &gridcasev1.RequestExtension{Reason: "a text"}}
}

func decidesMore(at string, d gridcasev1.Decision) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.DecideExtension{Decision: d, Reason: "a text"}}
}

// toAskedForMore has an extension requested at 10:00, of two working hours that are used up at 11:10; toExtended has it granted.
var (
	toAskedForMore = then(toHandling, asksForMore("02 10:00"))
	toExtended     = then(toAskedForMore, decidesMore("02 10:05", approve))
)

// noExtensions is a city that grants none.
func noExtensions(f *casework.Facts) {
	f.Catalogue = under(&gridcasev1.Policy{MaxExtensions: new(uint32)})
}

var extensionRows = []row{
	{rule: "a department asks for an extension before the due time: handling runs on, the dispatcher has 15 minutes", given: toHandling, when: asksForMore("02 10:00"),
		event: &gridcasev1.ExtensionRequested{Reason: sealed("reason"), Clocks: clocks{runs(decide, "02 10:12", "02 10:15", quarter)}}, state: handling,
		holds: func(c casework.Case) bool { return c.Pending == extending && ticks(c, handle) }},
	{rule: "the assigned handler asks for an extension", given: toWithHandler, when: step{by: "handler", at: "02 10:00", cmd: asksForMore("").cmd},
		event: &gridcasev1.ExtensionRequested{Reason: sealed("reason"), Clocks: clocks{runs(decide, "02 10:12", "02 10:15", quarter)}}, state: handling},
	{rule: "at the due time itself an extension is still requested", given: toHandling, when: asksForMore("02 11:10"),
		event: &gridcasev1.ExtensionRequested{Reason: sealed("reason"), Clocks: clocks{runs(decide, "02 11:22", "02 11:25", quarter)}}, state: handling},
	{rule: "an extension can't be requested after the due time", given: toHandling, when: asksForMore("02 11:11"), kind: fault.Conflict, code: "case.overdue"},
	{rule: "an extension can't be requested without a reason", given: toHandling, when: step{by: "manager", at: "02 10:00", cmd: &gridcasev1.RequestExtension{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "an extension can't be requested before the case is signed", given: toDispatched, when: asksForMore("02 09:15"), kind: fault.Conflict, code: "case.not_handling"},
	{rule: "an extension can't be requested once the handling is reported", given: toHandled, when: asksForMore("02 10:05"), kind: fault.Conflict, code: "case.not_handling"},
	{rule: "an extension can't be requested of a condition without a limit", given: underC5, when: asksForMore("02 10:00"), kind: fault.Conflict, code: "case.no_limit"},
	{rule: "another department can't ask for an extension", given: toHandling, when: step{by: "water-manager", at: "02 10:00", cmd: asksForMore("").cmd}, kind: fault.Denied, code: "case.other_department"},
	{rule: "a handler who isn't assigned can't ask for an extension", given: toHandling, when: step{by: "handler", at: "02 10:00", cmd: asksForMore("").cmd}, kind: fault.Denied, code: "case.other_handler"},
	{rule: "an extension can't be requested while one is pending", given: toAskedForMore, when: asksForMore("02 10:01"), kind: fault.Conflict, code: "case.extension_pending"},
	{rule: "an extension can't be requested while a return is pending", given: toAskedReturn, when: asksForMore("02 09:35"), kind: fault.Conflict, code: "case.return_pending"},
	{rule: "an extension can't be requested while a suspension is pending", given: toAskedAside, when: asksForMore("02 10:05"), kind: fault.Conflict, code: "case.suspension_pending"},
	{rule: "a return can't be requested while an extension is pending", given: toAskedForMore, when: step{by: "manager", at: "02 10:02", cmd: asksForReturn.cmd}, kind: fault.Conflict, code: "case.extension_pending"},
	{rule: "a third extension is not requested", given: then(toExtended, asksForMore("02 10:10"), decidesMore("02 10:15", approve)), when: asksForMore("02 10:20"), kind: fault.Conflict, code: "case.extensions_used"},
	{rule: "a city may grant no extension at all", given: toHandling, when: step{by: "manager", at: "02 10:00", cmd: asksForMore("").cmd, with: noExtensions}, kind: fault.Conflict, code: "case.extensions_used"},
	{rule: "a refused extension is not counted: the next may be asked for", given: then(toAskedForMore, decidesMore("02 10:05", refuse), asksForMore("02 10:10"), decidesMore("02 10:15", refuse)), when: asksForMore("02 10:20"),
		event: &gridcasev1.ExtensionRequested{Reason: sealed("reason"), Clocks: clocks{runs(decide, "02 10:32", "02 10:35", quarter)}}, state: handling},

	{rule: "a granted extension adds one original limit to the due time: 11:10 and two working hours are 15:10, over noon", given: toAskedForMore, when: decidesMore("02 10:05", approve),
		event: &gridcasev1.ExtensionGranted{Reason: sealed("reason"), Clocks: clocks{stops(decide), runs(handle, "02 14:22", "02 15:10", twoWorking)}}, state: handling,
		holds: func(c casework.Case) bool { return c.Pending == 0 && len(c.Clocks.Of(handle).Extensions) == 1 }},
	{rule: "a second extension adds the original limit, not the extended one", given: then(toExtended, asksForMore("02 10:10")), when: decidesMore("02 10:15", approve),
		event: &gridcasev1.ExtensionGranted{Reason: sealed("reason"), Clocks: clocks{stops(decide), runs(handle, "02 15:58", "02 17:10", twoWorking)}}, state: handling,
		holds: func(c casework.Case) bool { return len(c.Clocks.Of(handle).Extensions) == 2 }},
	{rule: "granted after the due time, the extension lifts the breach that waited for the decision", late: stages{decide}, given: toAskedForMore, when: decidesMore("02 11:30", approve),
		event: &gridcasev1.ExtensionGranted{Reason: sealed("reason"), Clocks: clocks{stops(decide), runs(handle, "02 14:22", "02 15:10", twoWorking)}}, state: handling,
		holds: func(c casework.Case) bool { return !c.Clocks.Of(handle).Breached }},
	{rule: "refused, the due time stays", given: toAskedForMore, when: decidesMore("02 10:05", refuse), event: &gridcasev1.ExtensionRefused{Reason: sealed("reason"), Clocks: clocks{stops(decide)}}, state: handling,
		holds: func(c casework.Case) bool { return c.Pending == 0 && c.Clocks.Of(handle).Due.Equal(on("02 11:10")) }},
	{rule: "refused after the due time, the breach stands at the original due time", late: stages{handle, decide}, given: toAskedForMore, when: decidesMore("02 11:30", refuse),
		event: &gridcasev1.ExtensionRefused{Reason: sealed("reason"), Clocks: clocks{stops(decide)}}, state: handling, holds: func(c casework.Case) bool { return c.Clocks.Of(handle).Breached }},
	{rule: "an extension can't be decided that nobody asked for", given: toHandling, when: decidesMore("02 10:05", approve), kind: fault.Conflict, code: "case.no_extension_pending"},
	{rule: "a requested return is not decided as an extension", given: toAskedReturn, when: decidesMore("02 09:35", approve), kind: fault.Conflict, code: "case.no_extension_pending"},
	{rule: "handling that is reported cancels the requested extension", given: toAskedForMore, when: step{by: "manager", at: "02 10:10", cmd: handles.cmd},
		event: &gridcasev1.HandlingReported{Outcome: resolved, Photos: show("after"), Clocks: clocks{stops(handle), stops(decide), runs(sendInspection, "02 10:34", "02 10:40", half)}}, state: handled,
		holds: func(c casework.Case) bool { return c.Pending == 0 }},
	{rule: "a recall cancels the requested extension", given: toAskedForMore, when: recalls("02 10:05"),
		event: &gridcasev1.DispatchRecalled{Reason: sealed("reason"), Clocks: clocks{stops(decide), stops(handle), runs(dispatch, "02 10:17", "02 10:20", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return c.Pending == 0 }},
	{rule: "after a reclassification the new limit is counted from the start, with the extension that was granted", given: toExtended, when: turns("02 10:30", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", runs(handle, "02 15:58", "02 17:10", fourWorking)), state: handling},
}
