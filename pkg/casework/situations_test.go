package casework_test

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// situation is a case that stands somewhere under some circumstances, and the time at which it is looked at.
type situation struct {
	name  string
	steps []step
	at    string // see on
}

// facts are what the rules may know when the situation is looked at. That day has turned out to be a holiday, and the city takes overdue
// cases up, so that no timer lacks a reason.
func (s situation) facts() *casework.Facts {
	f := usually(s.at)
	f.Catalogue, f.Calendar = pressing, holiday
	return f
}

// usually is what the rules may know at a time in the district.
func usually(at string) *casework.Facts {
	return &casework.Facts{Now: on(at), Catalogue: caseTypes, Calendar: workingHours}
}

// fit adds to steps, at a time, commands that fit the case where it stands then.
func fit(steps []step, at string, commands ...string) []step {
	steps = slices.Clone(steps)
	for _, command := range commands {
		var s story
		for _, next := range steps {
			s, _, _ = s.take(next) // a step that is refused fails whoever plays the steps
		}
		steps = append(steps, fits(command, &s.Case, usually(at)))
	}
	return steps
}

// situations are cases at every place, under every circumstance that the table of moves knows.
var situations = slices.Concat(onTheWay, asked, related, ended, timed)

var onTheWay = []situation{
	{"REPORTED", toReported, "02 10:45"},
	{"VERIFYING", toVerifying, "02 10:45"},
	{"FILED", toFiled, "02 10:45"},
	{"DISPATCHED", toDispatched, "02 10:45"},
	{"DISPATCHED, a handler", toAssigned, "02 10:45"},
	{"HANDLING", toHandling, "02 10:45"},
	{"HANDLING, a handler", toWithHandler, "02 10:45"},
	{"HANDLING, without a limit", then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C5"}}, dispatches, signs), "02 10:45"},
	{"HANDLING, late", toHandling, "02 12:00"},
	{"HANDLING, extended", toExtended, "02 10:45"},
	{"HANDLING, extended twice", then(toExtended, asksForMore("02 10:10"), decidesMore("02 10:15", approve)), "02 10:45"},
	{"HANDLING, suspended before", fit(toSuspended, "02 10:30", "ResumeCase"), "02 10:45"},
	{"SUSPENDED", toSuspended, "02 10:45"},
	{"HANDLED", toHandled, "02 10:45"},
	{"HANDLED, failed", toFailed, "02 10:45"},
	{"HANDLED, passed", toPassed, "02 10:45"},
	{"HANDLED by its reporter", toSelfFixed, "02 10:45"},
	{"HANDLED by its reporter, passed", toAudited, "02 10:45"},
	{"INSPECTING", toInspecting, "02 10:45"},
	{"INSPECTING, fixed by its reporter", fit(toFixedAfar, "02 09:10", "RequestInspection"), "02 10:45"},
}

// toFixedAfar is a spill that was cleared where nobody is on duty.
var toFixedAfar = []step{fixes(&gridcasev1.ReportAndFix{CaseType: "road.spill", Condition: "R1", Point: spot(3), Photos: show("before", "after")})}

// asked are cases where something waits for somebody's answer.
var asked = []situation{
	{"DISPATCHED, a return asked", toReturning, "02 10:45"},
	{"HANDLING, a return asked", toAskedReturn, "02 10:45"},
	{"HANDLING, an extension asked", toAskedForMore, "02 10:45"},
	{"HANDLING, an extension asked and a handler", fit(toWithHandler, "02 10:00", "RequestExtension"), "02 10:45"},
	{"HANDLING, an extension asked, late", toAskedForMore, "02 12:00"},
	{"HANDLING, a suspension asked", toAskedAside, "02 10:45"},
	{"REPORTED, a void asked", fit(toReported, "02 09:01", "RequestVoid"), "02 10:45"},
	{"FILED, a void asked", fit(toFiled, "02 09:06", "RequestVoid"), "02 10:45"},
	{"HANDLED, a void asked", fit(toPassed, "02 10:25", "RequestVoid"), "02 10:45"},
	{"REPORTED, a force close asked", fit(toReported, "02 09:01", "RequestForceClose"), "02 10:45"},
	{"FILED, a force close asked", fit(toFiled, "02 09:06", "RequestForceClose"), "02 10:45"},
	{"HANDLED, a force close asked", fit(toPassed, "02 10:25", "RequestForceClose"), "02 10:45"},
	{"REPORTED, urged", fit(toReported, "02 09:01", "UrgeCase"), "02 10:45"},
	{"HANDLING, urged", fit(toHandling, "02 09:30", "UrgeCase"), "02 10:45"},
}

// related are cases that have to do with other ones, or with files.
var related = []situation{
	{"REPORTED, a duplicate", fit(toReported, "02 09:01", "LinkDuplicate"), "02 10:45"},
	{"REPORTED, a child", toChild, "02 10:45"},
	{"FILED, a child", fit(toChild, "02 09:10", "FileCase"), "02 10:45"},
	{"FILED, open children", toSplit, "02 10:45"},
	{"FILED, settled children", toSettled, "02 10:45"},
	{"FILED, ten children", then(toFiled, splits("02 09:08", some(10)...)), "02 10:45"},
	{"HANDLED, passed, open children", wholeWay(toSplit), "02 10:45"},
	{"REPORTED, a file", fit(toReported, "02 09:01", "AddAttachment"), "02 10:45"},
	{"REPORTED, a hidden file", fit(toReported, "02 09:01", "AddAttachment", "RedactAttachment"), "02 10:45"},
}

// toClosedLate is a case that the department handled too late.
var toClosedLate = then(toHandling, step{by: "manager", at: "02 11:30", cmd: handles.cmd}, step{by: "acceptor", at: "02 11:40", cmd: sendsToInspect.cmd},
	step{by: "worker", at: "02 11:50", cmd: passes.cmd}, step{by: "acceptor", at: "02 11:55", cmd: closes.cmd})

var ended = []situation{
	{"CLOSED", toClosed, "02 10:45"},
	{"CLOSED by force", then(fit(toReported, "02 09:01", "RequestForceClose"), decidesForce("second-leader", "02 09:10", approve)), "02 10:45"},
	{"CLOSED by force, taken from a department that was late", then(fit(toDispatched, "02 09:45", "RecallDispatch", "RequestForceClose"), decidesForce("second-leader", "02 09:50", approve)), "02 10:45"},
	{"CLOSED, long ago", toClosed, "12-24 09:00"},
	{"CLOSED, late", toClosedLate, "02 12:00"},
	{"CLOSED, appealed", fit(toClosedLate, "02 11:56", "AppealOverdue"), "02 12:00"},
	{"CLOSED, the appeal forwarded", fit(toClosedLate, "02 11:56", "AppealOverdue", "ForwardAppeal"), "02 12:00"},
	{"CLOSED, the appeal decided", fit(toClosedLate, "02 11:56", "AppealOverdue", "ForwardAppeal", "DecideAppeal"), "02 12:00"},
	{"CLOSED, visited", fit(toClosed, "02 10:35", "RecordVisit"), "02 10:45"},
	{"CLOSED, fed back", fit(toClosed, "02 10:35", "RecordFeedback"), "02 10:45"},
	{"NOT_FILED", toNotFiled, "02 10:45"},
	{"NOT_FILED, long ago", toNotFiled, "12-24 09:00"},
	{"VOIDED", then(fit(toReported, "02 09:01", "RequestVoid"), decidesVoid("02 09:10", approve)), "02 10:45"},
	{"MERGED", fit(toReported, "02 09:01", "MergeCase"), "02 10:45"},
}

// timed are cases whose time is running out, or has.
var timed = []situation{
	{"REPORTED, little time left", toReported, "02 09:13"},
	{"HANDLING, little time left", toHandling, "02 10:50"},
	{"REPORTED, warned", fit(toReported, "02 09:13", "WarnStage"), "02 09:14"},
	{"REPORTED, overdue", fit(toReported, "02 09:20", "BreachStage"), "02 10:45"},
	{"HANDLING, overdue", toBreached, "02 14:30"},
	{"HANDLING, overdue for long", toBreached, "02 18:30"},
}
