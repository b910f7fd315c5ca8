package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	exists    = gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS
	notExists = gridcasev1.VerificationResult_VERIFICATION_RESULT_NOT_EXISTS
	unable    = gridcasev1.VerificationResult_VERIFICATION_RESULT_UNABLE
)

// found is a verification at 09:13 by the named worker.
func found(result gridcasev1.VerificationResult, photos ...string) step {
	return step{by: "worker", at: "02 09:13", cmd: &gridcasev1.SubmitVerification{Result: result, Photos: show(photos...)}}
}

// acceptGoesOn is what a verification at 09:13 does to the clocks: it had been asked for at 09:03, so accepting has 10 minutes more.
var acceptGoesOn = clocks{stops(verify), runs(accept, "02 09:22", "02 09:25", quarter)}

var verificationRows = []row{
	{rule: "an acceptor sends a worker of the duty grid to verify: accepting pauses, the worker has 30 minutes", given: toCalled, when: sendsToVerify,
		event: &gridcasev1.VerificationRequested{Worker: "worker", Clocks: clocks{pauses(accept, "02 09:12", "02 09:15", quarter), runs(verify, "02 09:27", "02 09:33", half)}}, state: verifying,
		holds: func(c casework.Case) bool { return c.Worker == "worker" }},
	{rule: "a verification is not given to the same worker again: the time would start anew", given: toCallVerifying, when: step{by: "acceptor", at: "02 09:10", cmd: sendsToVerify.cmd},
		kind: fault.Conflict, code: "case.worker_named"},
	{rule: "a verification is given to another worker of the grid, with 30 minutes anew", given: toCallVerifying, when: step{by: "acceptor", at: "02 09:10", cmd: &gridcasev1.RequestVerification{Worker: "second-worker"}},
		event: &gridcasev1.VerificationRequested{Worker: "second-worker", Clocks: clocks{runs(verify, "02 09:34", "02 09:40", half)}}, state: verifying,
		holds: func(c casework.Case) bool { return c.Worker == "second-worker" }},
	{rule: "a worker of the rest of the district verifies where nobody is on duty", given: []step{{by: "citizen", at: "02 09:00", cmd: reporting(func(c *gridcasev1.ReportCase) { c.Point = spot(3) })}},
		when:  step{by: "acceptor", at: "02 09:03", cmd: &gridcasev1.RequestVerification{Worker: "distant-worker"}},
		event: &gridcasev1.VerificationRequested{Worker: "distant-worker", Clocks: clocks{pauses(accept, "02 09:12", "02 09:15", quarter), runs(verify, "02 09:27", "02 09:33", half)}}, state: verifying},
	{rule: "a verification can't be asked of a worker of another grid while one is on duty", given: toCalled, when: step{by: "acceptor", at: "02 09:03", cmd: &gridcasev1.RequestVerification{Worker: "distant-worker"}},
		kind: fault.Invalid, code: "worker.not_of_grid", field: "worker"},
	{rule: "a verification can't be asked of a handler", given: toCalled, when: step{by: "acceptor", at: "02 09:03", cmd: &gridcasev1.RequestVerification{Worker: "handler"}},
		kind: fault.Invalid, code: "worker.not_of_grid", field: "worker"},
	{rule: "a verification can't be asked for of a filed case", given: toFiled, when: step{by: "acceptor", at: "02 09:06", cmd: sendsToVerify.cmd}, kind: fault.Conflict, code: "case.not_reported_or_verifying"},

	{rule: "the named worker finds that it is there, and accepting goes on with the time that it had", given: toCallVerifying, when: found(exists, "near"),
		event: &gridcasev1.VerificationSubmitted{Result: exists, Photos: show("near"), Clocks: acceptGoesOn}, state: reported,
		holds: func(c casework.Case) bool { return c.Verification == exists && c.Worker == "" }},
	{rule: "the named worker finds nothing", given: toCallVerifying, when: found(notExists, "near"),
		event: &gridcasev1.VerificationSubmitted{Result: notExists, Photos: show("near"), Clocks: acceptGoesOn}, state: reported,
		holds: func(c casework.Case) bool { return c.Verification == notExists }},
	{rule: "a worker who can't get to the place says so without a photo", given: toCallVerifying,
		when:  step{by: "worker", at: "02 09:13", cmd: &gridcasev1.SubmitVerification{Result: unable, Note: "a text"}},
		event: &gridcasev1.VerificationSubmitted{Result: unable, Note: sealed("note"), Clocks: acceptGoesOn}, state: reported},
	{rule: "a late verification finds accepting paused still", late: stages{verify}, given: toCallVerifying, when: step{by: "worker", at: "02 10:03", cmd: finds.cmd},
		event: &gridcasev1.VerificationSubmitted{Result: exists, Photos: show("near"), Clocks: clocks{stops(verify), runs(accept, "02 10:12", "02 10:15", quarter)}}, state: reported},
	{rule: "an importer submits a verification for whoever did it, without a photo", given: toCallVerifying,
		when:  step{by: "importer", at: "02 09:13", cmd: &gridcasev1.SubmitVerification{Result: exists}},
		event: &gridcasev1.VerificationSubmitted{Result: exists, Clocks: acceptGoesOn}, state: reported},
	{rule: "what exists is shown by a photo", given: toCallVerifying, when: found(exists), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "that nothing is there is shown by a photo", given: toCallVerifying, when: found(notExists), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "a worker who wasn't named can't submit the verification", given: toCallVerifying, when: step{by: "second-worker", at: "02 09:13", cmd: finds.cmd}, kind: fault.Denied, code: "case.other_worker"},
	{rule: "the worker from whom a verification was taken can't submit it", given: then(toCallVerifying, step{by: "acceptor", at: "02 09:10", cmd: &gridcasev1.RequestVerification{Worker: "second-worker"}}),
		when: finds, kind: fault.Denied, code: "case.other_worker"},
	{rule: "a verification that nobody asked for can't be submitted", given: toReported, when: finds, kind: fault.Conflict, code: "case.not_verifying"},
}

// filing is the command to file under C2 at 09:15, waived or not.
func filing(by string, waiver gridcasev1.VerificationWaiver, reason string) step {
	return step{by: by, at: "02 09:15", cmd: &gridcasev1.FileCase{Condition: "C2", Waiver: waiver, Reason: reason}}
}

// filedAt0915 are the clocks of a filing at 09:15.
var filedAt0915 = clocks{stops(accept), runs(dispatch, "02 09:27", "02 09:30", quarter)}

var filingRows = []row{
	{rule: "a grid worker's own report is filed directly: accepting stops, the dispatcher has 15 minutes", given: toReported, when: files,
		event: &gridcasev1.CaseFiled{Condition: "C2", Clocks: clocks{stops(accept), runs(dispatch, "02 09:17", "02 09:20", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return c.Condition == "C2" }},
	{rule: "a superior's order is filed directly", given: []step{{by: "acceptor", at: "02 09:00", cmd: saying(gridcasev1.Source_SOURCE_ORDER)}}, when: filing("leader", 0, ""),
		event: &gridcasev1.CaseFiled{Condition: "C2", Clocks: filedAt0915}, state: filed},
	{rule: "a public report is filed after it was verified", given: toVerified, when: filing("acceptor", 0, ""), event: &gridcasev1.CaseFiled{Condition: "C2", Clocks: filedAt0915}, state: filed},
	{rule: "an urgent public report is filed unverified, with a reason", given: toCalled, when: filing("acceptor", gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_URGENT, "a text"),
		event: &gridcasev1.CaseFiled{Condition: "C2", Waiver: gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_URGENT, Reason: sealed("reason"), Clocks: filedAt0915}, state: filed},
	{rule: "an importer files a record of another system unverified", given: toCalled, when: filing("importer", gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_IMPORT, ""),
		event: &gridcasev1.CaseFiled{Condition: "C2", Waiver: gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_IMPORT, Clocks: filedAt0915}, state: filed},
	{rule: "a public report can't be filed before it is verified", given: toCalled, when: filing("acceptor", 0, ""), kind: fault.Conflict, code: "case.not_verified"},
	{rule: "a hotline's report can't be filed before it is verified", given: []step{{by: "acceptor", at: "02 09:00", cmd: parking()}}, when: filing("acceptor", 0, ""), kind: fault.Conflict, code: "case.not_verified"},
	{rule: "a public report can't be filed when nothing was found", given: then(toCallVerifying, found(notExists, "near")), when: filing("acceptor", 0, ""), kind: fault.Conflict, code: "case.not_verified"},
	{rule: "a public report can't be filed when the worker couldn't tell", given: then(toCallVerifying, found(unable)), when: filing("acceptor", 0, ""), kind: fault.Conflict, code: "case.not_verified"},
	{rule: "verification can't be waived without a reason", given: toCalled, when: filing("acceptor", gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_EVIDENCE, ""),
		kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "an acceptor can't waive verification as an importer does", given: toCalled, when: filing("acceptor", gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_IMPORT, "a text"),
		kind: fault.Invalid, code: "waiver.import_only", field: "waiver"},
	{rule: "a case can't be filed under a condition that its type doesn't have", given: toReported, when: step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "B2"}},
		kind: fault.Invalid, code: "condition.unknown", field: "condition"},
	{rule: "a case can't be filed under a condition out of use", given: toReported, when: step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C9"}},
		kind: fault.Invalid, code: "condition.inactive", field: "condition"},
	{rule: "a case can't be filed while it is verified", given: toVerifying, when: files, kind: fault.Conflict, code: "case.not_reported"},
	{rule: "a case can't be filed twice", given: toFiled, when: files, kind: fault.Conflict, code: "case.not_reported"},

	{rule: "an acceptor declines a report, and no clock runs on", given: toReported,
		when:  step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.DeclineCase{ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_DUPLICATE, Note: "a text"}},
		event: &gridcasev1.CaseDeclined{ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_DUPLICATE, Note: sealed("note"), Clocks: clocks{stops(accept)}}, state: notFiled,
		holds: func(c casework.Case) bool {
			return !c.Open() && c.EndedAt.Equal(on("02 09:05")) && len(running(c)) == 0
		}},
	{rule: "a report can't be declined while it is verified", given: toVerifying, when: declines, kind: fault.Conflict, code: "case.not_reported"},
	{rule: "a filed case can't be declined", given: toFiled, when: declines, kind: fault.Conflict, code: "case.not_reported"},

	{rule: "a dispatcher sends a case back that isn't the centre's: the acceptor has 15 minutes, and it is filed no more", given: toFiled,
		when:  step{by: "dispatcher", at: "02 09:10", cmd: &gridcasev1.SendBack{Reason: "a text"}},
		event: &gridcasev1.CaseSentBack{Reason: sealed("reason"), Clocks: clocks{stops(dispatch), runs(accept, "02 09:22", "02 09:25", quarter)}}, state: reported,
		holds: func(c casework.Case) bool { return c.Condition == "" }},
	{rule: "a case can't be sent back without a reason", given: toFiled, when: step{by: "dispatcher", at: "02 09:10", cmd: &gridcasev1.SendBack{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a case that is with a department can't be sent back", given: toDispatched, when: step{by: "dispatcher", at: "02 09:11", cmd: &gridcasev1.SendBack{Reason: "a text"}}, kind: fault.Conflict, code: "case.not_filed"},
}
