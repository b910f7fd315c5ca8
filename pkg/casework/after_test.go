package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	content    = gridcasev1.Satisfaction_SATISFACTION_SATISFIED
	discontent = gridcasev1.Satisfaction_SATISFACTION_DISSATISFIED
	reached    = gridcasev1.VisitOutcome_VISIT_OUTCOME_REACHED
	notReached = gridcasev1.VisitOutcome_VISIT_OUTCOME_NOT_REACHED
)

func visits(outcome gridcasev1.VisitOutcome, s gridcasev1.Satisfaction) step {
	return step{by: "acceptor", at: "03 09:00", cmd: &gridcasev1.RecordVisit{Outcome: outcome, Satisfaction: s, Note: "a text"}}
}

func feedsBack(by string) step {
	return step{by: by, at: "03 09:00", cmd: &gridcasev1.RecordFeedback{Satisfaction: discontent, Note: "a text"}}
}

func appeals(by string) step {
	return step{by: by, at: "03 09:00", cmd: &gridcasev1.AppealOverdue{Reason: "a text", Photos: show("after")}}
}

func forwards(at string) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.ForwardAppeal{Note: "a text"}}
}

func decidesAppeal(d gridcasev1.Decision) step {
	return step{by: "acceptor", at: "03 09:20", cmd: &gridcasev1.DecideAppeal{Decision: d, Reason: "a text"}}
}

func urges(at string) step {
	return step{by: "supervisor", at: at, cmd: &gridcasev1.UrgeCase{Kind: gridcasev1.UrgeKind_URGE_KIND_LEADER, Note: "a text"}}
}

func replies(by string) step {
	return step{by: by, at: "02 09:40", cmd: &gridcasev1.ReplyUrge{Note: "a text"}}
}

// toLateClosed is a case of a citizen that its department handled after the due time.
var (
	toCalledClosed = then(toVerified, step{by: "acceptor", at: "02 09:14", cmd: files.cmd}, step{by: "dispatcher", at: "02 09:15", cmd: dispatches.cmd}, signs, handles, sendsToInspect, passes, closes)
	toLateClosed   = then(toHandling, step{by: "manager", at: "02 14:00", cmd: handles.cmd}, step{by: "acceptor", at: "02 14:10", cmd: sendsToInspect.cmd}, step{by: "worker", at: "02 14:20", cmd: passes.cmd},
		step{by: "acceptor", at: "02 14:30", cmd: closes.cmd})
	toAppealed  = then(toLateClosed, appeals("manager"))
	toForwarded = then(toAppealed, forwards("03 09:10"))
	toUrged     = then(toHandling, urges("02 09:30"))
)

// afterRows are what is said of a case's progress and of its end.
var afterRows = []row{
	{rule: "a supervisor urges", given: toHandling, when: urges("02 09:30"), event: &gridcasev1.CaseUrged{Kind: gridcasev1.UrgeKind_URGE_KIND_LEADER, Note: sealed("note")}, state: handling,
		holds: func(c casework.Case) bool { return c.Urged }},
	{rule: "a closed case is not urged", given: toClosed, when: urges("03 09:00"), kind: fault.Conflict, code: "case.not_open"},
	{rule: "the department replies to the urging", given: toUrged, when: replies("manager"), event: &gridcasev1.UrgeReplied{Note: sealed("note")}, state: handling, holds: func(c casework.Case) bool { return !c.Urged }},
	{rule: "another department does not reply", given: toUrged, when: replies("water-manager"), kind: fault.Denied, code: "case.other_department"},
	{rule: "a reply holds a text", given: toUrged, when: step{by: "manager", at: "02 09:40", cmd: &gridcasev1.ReplyUrge{}}, kind: fault.Invalid, code: "reason.required", field: "note"},
	{rule: "nobody replies to what nobody urged", given: toHandling, when: replies("manager"), kind: fault.Conflict, code: "case.not_urged"},

	{rule: "the desk records how it reached the reporter after closing", given: toClosed, when: visits(reached, content), event: &gridcasev1.VisitRecorded{Outcome: reached, Satisfaction: content, Note: sealed("note")}, state: closed},
	{rule: "a visit that reached nobody says nothing of satisfaction", given: toClosed, when: visits(notReached, content), kind: fault.Invalid, code: "visit.not_reached", field: "satisfaction"},
	{rule: "a visit is recorded once a closing", given: then(toClosed, visits(reached, content)), when: visits(notReached, 0), kind: fault.Conflict, code: "case.visited"},
	{rule: "after another closing a visit is recorded again", given: then(then(toClosed, visits(reached, discontent), reopensAt("03 10:00")), later(toClosed[2:])...), when: step{by: "acceptor", at: "05 09:00", cmd: visits(notReached, 0).cmd},
		event: &gridcasev1.VisitRecorded{Outcome: notReached, Note: sealed("note")}, state: closed},
	{rule: "an open case is not visited", given: toHandling, when: visits(reached, content), kind: fault.Conflict, code: "case.not_closed"},
	{rule: "the citizen who reported says what the result is worth", given: toCalledClosed, when: feedsBack("citizen"), event: &gridcasev1.FeedbackRecorded{Satisfaction: discontent, Note: sealed("note")}, state: closed},
	{rule: "an acceptor records the feedback for the reporter", given: toCalledClosed, when: feedsBack("acceptor"), event: &gridcasev1.FeedbackRecorded{Satisfaction: discontent, Note: sealed("note")}, state: closed},
	{rule: "nobody else gives feedback", given: toClosed, when: feedsBack("citizen"), kind: fault.Denied, code: "case.other_reporter"},
	{rule: "feedback is given once a closing", given: then(toCalledClosed, feedsBack("acceptor")), when: feedsBack("citizen"), kind: fault.Conflict, code: "case.fed_back"},
	{rule: "an open case gets no feedback", given: toHandling, when: feedsBack("acceptor"), kind: fault.Conflict, code: "case.not_closed"},

	{rule: "a department appeals against being overdue, after closing", given: toLateClosed, when: appeals("manager"), event: &gridcasev1.AppealFiled{Reason: sealed("reason"), Photos: show("after")}, state: closed,
		holds: func(c casework.Case) bool { return c.Appeal == casework.AppealFiled && !c.TimeoutExempt }},
	{rule: "a department that was in time has nothing to appeal against", given: toClosed, when: appeals("manager"), kind: fault.Conflict, code: "case.not_overdue"},
	{rule: "another department does not appeal", given: toLateClosed, when: appeals("water-manager"), kind: fault.Denied, code: "case.other_department"},
	{rule: "an appeal needs a reason", given: toLateClosed, when: step{by: "manager", at: "03 09:00", cmd: &gridcasev1.AppealOverdue{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "an appeal is filed once a closing", given: toAppealed, when: appeals("manager"), kind: fault.Conflict, code: "case.appealed"},
	{rule: "an open case is not appealed against", given: toHandling, when: appeals("manager"), kind: fault.Conflict, code: "case.not_closed"},
	{rule: "the dispatcher forwards the appeal", given: toAppealed, when: forwards("03 09:10"), event: &gridcasev1.AppealForwarded{Note: sealed("note")}, state: closed},
	{rule: "no appeal is forwarded that nobody filed", given: toLateClosed, when: forwards("03 09:10"), kind: fault.Conflict, code: "case.no_appeal"},
	{rule: "an open case has no appeal to forward", given: toHandling, when: forwards("02 09:30"), kind: fault.Conflict, code: "case.not_closed"},
	{rule: "an approved appeal exempts the department, and the fact stays visible", given: toForwarded, when: decidesAppeal(approve), event: &gridcasev1.AppealDecided{Decision: approve, Reason: sealed("reason")}, state: closed,
		holds: func(c casework.Case) bool { return c.TimeoutExempt && c.Clocks.Of(handle).Breached }},
	{rule: "a refused appeal exempts nobody", given: toForwarded, when: decidesAppeal(refuse), event: &gridcasev1.AppealDecided{Decision: refuse, Reason: sealed("reason")}, state: closed,
		holds: func(c casework.Case) bool { return !c.TimeoutExempt && c.Appeal == casework.AppealDecided }},
	{rule: "an appeal is not decided before the dispatcher forwards it", given: toAppealed, when: decidesAppeal(approve), kind: fault.Conflict, code: "case.no_appeal"},
	{rule: "an appeal is decided once", given: then(toForwarded, decidesAppeal(refuse)), when: decidesAppeal(approve), kind: fault.Conflict, code: "case.no_appeal"},
	{rule: "an open case has no appeal to decide", given: toHandling, when: decidesAppeal(approve), kind: fault.Conflict, code: "case.not_closed"},
}

// later are steps two days later.
func later(steps []step) []step {
	moved := make([]step, len(steps))
	for i, s := range steps {
		s.at = "04" + s.at[2:]
		moved[i] = s
	}
	return moved
}

var fileRows = []row{
	{rule: "a file is put to a case that is closed too", given: toClosed, when: attaches, event: &gridcasev1.AttachmentAdded{Attachment: report, Note: sealed("note")}, state: closed,
		holds: func(c casework.Case) bool { return len(c.Attachments) == 1 && !c.Attachments[0].Redacted }},
	{rule: "a file is put to a case once", given: then(toClosed, attaches), when: attaches, kind: fault.Conflict, code: "attachment.there"},
	{rule: "a hidden file stays on record", given: then(toClosed, attaches), when: hides("aa", "a text"), event: &gridcasev1.AttachmentRedacted{Sha256: "aa", Reason: sealed("reason")}, state: closed,
		holds: func(c casework.Case) bool { return c.Attachments[0].Redacted }},
	{rule: "a file that the case doesn't have is not hidden", given: toClosed, when: hides("aa", "a text"), kind: fault.Invalid, code: "attachment.unknown", field: "sha256"},
	{rule: "a file is hidden with a reason only", given: then(toClosed, attaches), when: hides("aa", ""), kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a hidden file is not hidden again", given: then(toClosed, attaches, hides("aa", "a text")), when: hides("aa", "a text"), kind: fault.Conflict, code: "attachment.redacted"},
}

var (
	report   = &gridcasev1.Attachment{Sha256: "aa", MediaType: "application/pdf", Size: 7}
	attaches = step{by: "acceptor", at: "03 09:00", cmd: &gridcasev1.AddAttachment{Attachment: report, Note: "a text"}}
)

func hides(sha, reason string) step {
	return step{by: "acceptor", at: "03 09:10", cmd: &gridcasev1.RedactAttachment{Sha256: sha, Reason: reason}}
}
