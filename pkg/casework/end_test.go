package casework_test

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	remote   = gridcasev1.InspectionWaiver_INSPECTION_WAIVER_REMOTE_CHECK
	imported = gridcasev1.InspectionWaiver_INSPECTION_WAIVER_IMPORT
)

var checklist = []string{"cleared", "advised"}

func ends(by string, cmd *gridcasev1.CloseCase, with func(*casework.Facts)) step {
	return step{by: by, at: "02 10:30", cmd: cmd, with: with}
}

// nobodyLeft has no grid worker in the district.
func nobodyLeft(f *casework.Facts) { f.People = staff[3:] }

// remotely is a city that lets its acceptors close on a photo.
func remotely(f *casework.Facts) { f.Catalogue = under(&gridcasev1.Policy{RemoteCheck: true}) }

// onlyHandler has one grid worker in the district: who handled the case.
func onlyHandler(f *casework.Facts) {
	f.People = people{{Id: "handler", Role: gridcasev1.Role_ROLE_GRID_WORKER, DutyGrids: []string{cell(1)}}}
}

var closedC2 = &gridcasev1.CaseClosed{Checklist: checklist, Clocks: clocks{stops(closing)}}

var closeRows = []row{
	{rule: "a case is closed after a passed inspection, and no clock runs on", given: toPassed, when: closes, event: closedC2, state: closed,
		holds: func(c casework.Case) bool {
			return !c.Open() && c.EndedAt.Equal(on("02 10:30")) && len(running(c)) == 0 && c.Department == "roads"
		}},
	{rule: "a shift leader closes with a reason and photos", given: toPassed, when: ends("leader", &gridcasev1.CloseCase{Checklist: checklist, Photos: show("after"), Reason: "a text"}, nil),
		event: &gridcasev1.CaseClosed{Checklist: checklist, Photos: show("after"), Reason: sealed("reason"), Clocks: clocks{stops(closing)}}, state: closed},
	{rule: "a condition without a checklist is closed without one", given: then(underC3, done("manager", resolved, []*gridcasev1.FieldInput{ticket("T-3")}, "after"), sendsToInspect, passes), when: ends("acceptor", &gridcasev1.CloseCase{}, nil),
		event: &gridcasev1.CaseClosed{Clocks: clocks{stops(closing)}}, state: closed},
	{rule: "a case is closed on a photo where no worker is left", given: toHandled, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist, Waiver: remote, Photos: show("after")}, nobodyLeft),
		event: &gridcasev1.CaseClosed{Checklist: checklist, Waiver: remote, Photos: show("after"), Clocks: clocks{stops(sendInspection)}}, state: closed},
	{rule: "a case is closed on a photo where only its handler could inspect", given: then(toWithHandler, done("handler", resolved, nil, "after")), when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist, Waiver: remote, Photos: show("after")}, onlyHandler),
		event: &gridcasev1.CaseClosed{Checklist: checklist, Waiver: remote, Photos: show("after"), Clocks: clocks{stops(sendInspection)}}, state: closed},
	{rule: "a case is closed on a photo where the city allows it", given: toHandled, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist, Waiver: remote, Photos: show("after")}, remotely),
		event: &gridcasev1.CaseClosed{Checklist: checklist, Waiver: remote, Photos: show("after"), Clocks: clocks{stops(sendInspection)}}, state: closed},
	{rule: "an importer closes a record of another system without inspection or checklist", given: toHandled, when: ends("importer", &gridcasev1.CloseCase{Waiver: imported}, nil),
		event: &gridcasev1.CaseClosed{Waiver: imported, Clocks: clocks{stops(sendInspection)}}, state: closed},
	{rule: "a case can't be closed before it is inspected", given: toHandled, when: closes, kind: fault.Conflict, code: "case.not_inspected"},
	{rule: "a case can't be closed after a failed inspection", given: toFailed, when: closes, kind: fault.Conflict, code: "case.not_inspected"},
	{rule: "a case can't be closed when the worker couldn't see the result", given: then(toInspecting, saw(unseen, "far")), when: closes, kind: fault.Conflict, code: "case.not_inspected"},
	{rule: "a passed inspection doesn't count any more after rework", given: then(toPassed, reworks("a text"), step{by: "manager", at: "02 11:00", cmd: handles.cmd}), when: step{by: "acceptor", at: "02 11:10", cmd: closes.cmd}, kind: fault.Conflict, code: "case.not_inspected"},
	{rule: "a case can't be closed on a photo while a worker could inspect", given: toHandled, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist, Waiver: remote, Photos: show("after")}, nil), kind: fault.Invalid, code: "waiver.worker_left", field: "waiver"},
	{rule: "a case can't be closed by a remote check without a photo", given: toHandled, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist, Waiver: remote}, remotely), kind: fault.Invalid, code: "photo.required", field: "photos"},
	{rule: "an acceptor can't waive inspection as an importer does", given: toHandled, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist, Waiver: imported}, nil), kind: fault.Invalid, code: "waiver.import_only", field: "waiver"},
	{rule: "a case can't be closed with a point of the checklist left out", given: toPassed, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: checklist[:1]}, nil), kind: fault.Invalid, code: "checklist.incomplete", field: "checklist"},
	{rule: "a case can't be closed with a point that isn't on the checklist", given: toPassed, when: ends("acceptor", &gridcasev1.CloseCase{Checklist: append([]string{"painted"}, checklist...)}, nil), kind: fault.Invalid, code: "checklist.unknown", field: "checklist"},
	{rule: "a case can't be closed while it is handled", given: toHandling, when: closes, kind: fault.Conflict, code: "case.not_handled"},
	{rule: "a case can't be closed while it is inspected", given: toInspecting, when: closes, kind: fault.Conflict, code: "case.not_handled"},
	{rule: "a case can't be closed twice", given: toClosed, when: closes, kind: fault.Conflict, code: "case.not_handled"},
}

func reopensAt(at string) step {
	return step{by: "acceptor", at: at, cmd: &gridcasev1.ReopenCase{Reason: "a text"}}
}

// reopened tells that nothing of the earlier round is left but the counters.
func reopened(c casework.Case) bool {
	return atNobody(c) && c.Worker == "" && c.Inspection == 0 && c.Verification == 0 && c.Reopenings == 1 && len(running(c)) == 1 && c.Clocks.Of(handle).Started.IsZero()
}

// toReworkedClosed is a case that bounced once and was reworked once before it was closed.
var toReworkedClosed = then(toAskedReturn, answers("02 09:32", approve, ""), step{by: "dispatcher", at: "02 09:34", cmd: dispatches.cmd}, step{by: "manager", at: "02 09:36", cmd: signs.cmd}, handles, sendsToInspect, fails,
	step{by: "dispatcher", at: "02 10:22", cmd: &gridcasev1.OrderRework{}}, step{by: "manager", at: "02 10:24", cmd: handles.cmd}, step{by: "acceptor", at: "02 10:26", cmd: sendsToInspect.cmd}, step{by: "worker", at: "02 10:28", cmd: passes.cmd}, closes)

var reopenRows = []row{
	{rule: "a closed case is reopened as filed, under its condition, and the dispatcher has 15 minutes", given: toClosed, when: reopensAt("03 09:00"),
		event: &gridcasev1.CaseReopened{Condition: "C2", Reason: sealed("reason"), Clocks: clocks{runs(dispatch, "03 09:12", "03 09:15", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return reopened(c) && c.Condition == "C2" && c.Open() }},
	{rule: "the counters of the earlier round stay", given: toReworkedClosed, when: reopensAt("03 09:00"),
		event: &gridcasev1.CaseReopened{Condition: "C2", Reason: sealed("reason"), Clocks: clocks{runs(dispatch, "03 09:12", "03 09:15", quarter)}}, state: filed,
		holds: func(c casework.Case) bool { return reopened(c) && c.Bounces == 1 && c.Reworks == 1 }},
	{rule: "a case whose condition is out of use is reopened as reported", given: toClosed, when: step{by: "acceptor", at: "03 09:00", cmd: &gridcasev1.ReopenCase{Reason: "a text"}, with: func(f *casework.Facts) { f.Catalogue = laterTypes }},
		event: &gridcasev1.CaseReopened{Reason: sealed("reason"), Clocks: clocks{runs(accept, "03 09:12", "03 09:15", quarter)}}, state: reported,
		holds: func(c casework.Case) bool { return reopened(c) && c.Condition == "" }},
	{rule: "a declined report is reopened as reported, and the acceptor has 15 minutes", given: toNotFiled, when: reopensAt("03 09:00"),
		event: &gridcasev1.CaseReopened{Reason: sealed("reason"), Clocks: clocks{runs(accept, "03 09:12", "03 09:15", quarter)}}, state: reported, holds: reopened},
	{rule: "a case is reopened in the last minute of the 30 days", given: []step{reports, declines}, when: step{by: "acceptor", at: "30 09:00", cmd: &gridcasev1.ReopenCase{Reason: "a text"}, with: daysLater(2, 5*time.Minute)},
		event: &gridcasev1.CaseReopened{Reason: sealed("reason"), Clocks: []*gridcasev1.Clocks{
			{Stage: accept, WarnAt: stamp(on("30 09:00").Add(2*24*time.Hour + 17*time.Minute)), Due: stamp(on("30 09:00").Add(2*24*time.Hour + 20*time.Minute)), Limit: quarter}}}, state: reported},
	{rule: "a city reopens for longer where it decided so", given: toNotFiled, when: step{by: "acceptor", at: "30 09:00", cmd: &gridcasev1.ReopenCase{Reason: "a text"}, with: func(f *casework.Facts) {
		daysLater(30, 0)(f)
		f.Catalogue = under(&gridcasev1.Policy{ReopenDays: 90})
	}}, event: &gridcasev1.CaseReopened{Reason: sealed("reason"), Clocks: []*gridcasev1.Clocks{
		{Stage: accept, WarnAt: stamp(on("30 09:00").Add(30*24*time.Hour + 12*time.Minute)), Due: stamp(on("30 09:00").Add(30*24*time.Hour + 15*time.Minute)), Limit: quarter}}}, state: reported},
	{rule: "a case can't be reopened after 30 days", given: toNotFiled, when: step{by: "acceptor", at: "30 09:00", cmd: &gridcasev1.ReopenCase{Reason: "a text"}, with: daysLater(2, 6*time.Minute)}, kind: fault.Conflict, code: "case.reopen_late"},
	{rule: "a case can't be reopened without a reason", given: toClosed, when: step{by: "acceptor", at: "03 09:00", cmd: &gridcasev1.ReopenCase{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "an open case can't be reopened", given: toHandled, when: reopensAt("03 09:00"), kind: fault.Conflict, code: "case.not_closed_or_not_filed"},
}

// daysLater puts a step off, for times beyond November.
func daysLater(days int, more time.Duration) func(*casework.Facts) {
	return func(f *casework.Facts) { f.Now = f.Now.Add(time.Duration(days)*24*time.Hour + more) }
}
