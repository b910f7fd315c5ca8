package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

const engineering = gridcasev1.SuspensionKind_SUSPENSION_KIND_ENGINEERING

// asksAside asks at a time to lay the case aside until another.
func asksAside(at, until string) step {
	return step{by: "manager", at: at, cmd: &gridcasev1.RequestSuspension{Kind: engineering, Until: stamp(on(until)), Reason: "a text"}}
}

func decidesAside(at string, d gridcasev1.Decision) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.DecideSuspension{Decision: d, Reason: "a text"}}
}

func resumes(by, at string) step { return step{by: by, at: at, cmd: &gridcasev1.ResumeCase{}} }

// toAskedAside has a suspension until Thursday requested at 10:00; toSuspended has it granted at 10:10, an hour before handling is due.
var (
	toAskedAside = then(toHandling, asksAside("02 10:00", "05 09:00"))
	toSuspended  = then(toAskedAside, decidesAside("02 10:10", approve))
)

// noSuspensions is a city that grants none.
func noSuspensions(f *casework.Facts) {
	f.Catalogue = under(&gridcasev1.Policy{MaxSuspensions: new(uint32)})
}

var suspensionRows = []row{
	{rule: "a department asks to lay the case aside until a day: handling runs on, the dispatcher has 15 minutes", given: toHandling, when: asksAside("02 10:00", "05 09:00"),
		event: &gridcasev1.SuspensionRequested{Kind: engineering, Until: stamp(on("05 09:00")), Reason: sealed("reason"), Clocks: clocks{runs(decide, "02 10:12", "02 10:15", quarter)}}, state: handling,
		holds: func(c casework.Case) bool { return c.Pending == suspending && ticks(c, handle) }},
	{rule: "a suspension can't be requested until a time that is over", given: toHandling, when: asksAside("02 10:00", "02 09:59"), kind: fault.Invalid, code: "suspension.until", field: "until"},
	{rule: "a suspension can't be requested for more than a year", given: toHandling,
		when: step{by: "manager", at: "02 10:00", cmd: &gridcasev1.RequestSuspension{Kind: engineering, Until: stamp(on("02 10:00").AddDate(1, 0, 0).Add(1)), Reason: "a text"}}, kind: fault.Invalid, code: "suspension.until", field: "until"},
	{rule: "a suspension of a whole year can be requested", given: toHandling,
		when:  step{by: "manager", at: "02 10:00", cmd: &gridcasev1.RequestSuspension{Kind: engineering, Until: stamp(on("02 10:00").AddDate(1, 0, 0)), Reason: "a text"}},
		event: &gridcasev1.SuspensionRequested{Kind: engineering, Until: stamp(on("02 10:00").AddDate(1, 0, 0)), Reason: sealed("reason"), Clocks: clocks{runs(decide, "02 10:12", "02 10:15", quarter)}}, state: handling},
	{rule: "a suspension can't be requested without a reason", given: toHandling, when: step{by: "manager", at: "02 10:00", cmd: &gridcasev1.RequestSuspension{Kind: engineering, Until: stamp(on("05 09:00"))}},
		kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a suspension can't be requested before the case is signed", given: toDispatched, when: asksAside("02 09:15", "05 09:00"), kind: fault.Conflict, code: "case.not_handling"},
	{rule: "another department can't ask for a suspension", given: toHandling, when: step{by: "water-manager", at: "02 10:00", cmd: asksAside("", "05 09:00").cmd}, kind: fault.Denied, code: "case.other_department"},
	{rule: "a suspension can't be requested while an extension is pending", given: toAskedForMore, when: asksAside("02 10:02", "05 09:00"), kind: fault.Conflict, code: "case.extension_pending"},
	{rule: "a case is suspended once", given: then(toSuspended, resumes("dispatcher", "03 09:00")), when: asksAside("03 09:10", "05 09:00"), kind: fault.Conflict, code: "case.suspensions_used"},
	{rule: "a city may suspend no case at all", given: toHandling, when: step{by: "manager", at: "02 10:00", cmd: asksAside("", "05 09:00").cmd, with: noSuspensions}, kind: fault.Conflict, code: "case.suspensions_used"},

	{rule: "a suspended case waits: its clock of handling is paused", given: toAskedAside, when: decidesAside("02 10:10", approve),
		event: &gridcasev1.CaseSuspended{Kind: engineering, Until: stamp(on("05 09:00")), Reason: sealed("reason"), Clocks: clocks{stops(decide), pauses(handle, "02 10:46", "02 11:10", twoWorking)}}, state: suspended,
		holds: func(c casework.Case) bool { return c.Pending == 0 && c.Suspensions == 1 && c.Department == "roads" }},
	{rule: "a refused suspension changes nothing and is not counted", given: toAskedAside, when: decidesAside("02 10:10", refuse),
		event: &gridcasev1.SuspensionRefused{Reason: sealed("reason"), Clocks: clocks{stops(decide)}}, state: handling, holds: func(c casework.Case) bool { return c.Pending == 0 && c.Suspensions == 0 && ticks(c, handle) }},
	{rule: "a suspension can't be approved when its day is over", given: then(toHandling, asksAside("02 10:00", "02 10:05")), when: decidesAside("02 10:05", approve), kind: fault.Conflict, code: "suspension.over"},
	{rule: "a suspension can't be decided that nobody asked for", given: toHandling, when: decidesAside("02 10:10", approve), kind: fault.Conflict, code: "case.no_suspension_pending"},
	{rule: "nothing is handled while the case is suspended", given: toSuspended, when: step{by: "manager", at: "03 09:00", cmd: handles.cmd}, kind: fault.Conflict, code: "case.not_handling"},
	{rule: "a suspended case is not recalled", given: toSuspended, when: recalls("03 09:00"), kind: fault.Conflict, code: "case.not_dispatched_or_handling"},

	{rule: "resumed on Tuesday at 9, the hour that was left is used up at 10", given: toSuspended, when: resumes("dispatcher", "03 09:00"),
		event: &gridcasev1.CaseResumed{Clocks: clocks{runs(handle, "03 09:36", "03 10:00", twoWorking)}}, state: handling, holds: func(c casework.Case) bool { return ticks(c, handle) }},
	{rule: "when its day has come the case is resumed by itself", given: toSuspended, when: resumes("system", "05 09:00"),
		event: &gridcasev1.CaseResumed{Clocks: clocks{runs(handle, "05 09:36", "05 10:00", twoWorking)}}, state: handling},
	{rule: "before its day only a person resumes the case", given: toSuspended, when: resumes("system", "05 08:59"), kind: fault.Conflict, code: "timer.early"},
	{rule: "a case can't be resumed that is not suspended", given: toHandling, when: resumes("dispatcher", "02 10:00"), kind: fault.Conflict, code: "case.not_suspended"},
	{rule: "a case can't be resumed twice", given: then(toSuspended, resumes("dispatcher", "03 09:00")), when: resumes("system", "05 09:00"), kind: fault.Conflict, code: "case.not_suspended"},
}
