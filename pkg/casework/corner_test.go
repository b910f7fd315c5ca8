package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// underC1 is a case in handling for three hours by the wall's clock from 09:10 on.
var underC1 = then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C1"}}, dispatches, signs)

// recount has the due times counted again by the calendar that they were counted by.
func recount(at string) step { return bySystem(at, &gridcasev1.CorrectDeadline{}) }

// cornerRows are what several rules together come to.
var cornerRows = []row{
	{rule: "another worker's time to verify starts anew, and does not go back when due times are counted again",
		given: then(toVerifying, step{by: "acceptor", at: "02 09:13", cmd: &gridcasev1.RequestVerification{Worker: "second-worker"}}), when: recount("02 09:20"), kind: fault.Conflict, code: "deadline.same"},
	{rule: "another worker's time to inspect starts anew, and does not go back when due times are counted again",
		given: then(toInspecting, step{by: "acceptor", at: "02 10:20", cmd: &gridcasev1.RequestInspection{Worker: "second-worker"}}), when: recount("02 10:25"), kind: fault.Conflict, code: "deadline.same"},
	{rule: "an extension can't be granted any more when the case has come under a condition without a limit", given: then(toAskedForMore, turns("02 10:02", "parking.motor", "C5", "a text")),
		when: decidesMore("02 10:05", approve), kind: fault.Conflict, code: "case.no_limit"},
	{rule: "an extension of a limit that was over before a pause counts the pause", given: then(toDayLimit, step{by: "manager", at: "02 11:20", cmd: asksForReturn.cmd}, answers("02 11:50", refuse, ""),
		asksForMore("02 12:00"), turns("02 12:05", "parking.motor", "C2", "a text")), when: decidesMore("02 12:10", approve),
		event: &gridcasev1.ExtensionGranted{Reason: sealed("reason"), Clocks: clocks{stops(decide), runs(handle, "02 14:52", "02 15:40", twoWorking)}}, state: handling},
	{rule: "extensions of two kinds are counted each by its own", given: then(underC1, asksForMore("02 10:00"), decidesMore("02 10:05", approve), turns("02 10:10", "drain.pipe", "B2", "a text"), asksForMore("02 10:15")),
		when:  decidesMore("02 10:20", approve),
		event: &gridcasev1.ExtensionGranted{Reason: sealed("reason"), Clocks: clocks{stops(decide), runs(handle, "03 15:58", "04 12:00", aWorkingDay)}}, state: handling},
	{rule: "a department doesn't close its case", given: toPassed, when: step{by: "manager", at: "02 10:30", cmd: closes.cmd}, kind: fault.Denied, code: "case.department_closes"},
	{rule: "a department doesn't decide that its case is closed by force", given: fit(toHandling, "02 09:30", "RequestForceClose"), when: decidesForce("manager", "02 09:40", approve),
		kind: fault.Denied, code: "case.department_closes"},
	{rule: "nobody replies to an urging for a department where none has the case", given: fit(toReported, "02 09:01", "UrgeCase"), when: replies("importer"), kind: fault.Denied, code: "case.other_department"},
}
