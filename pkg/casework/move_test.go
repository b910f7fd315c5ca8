package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

func moves(at string, p *gridcasev1.GeoPoint, reason string) step {
	return step{by: "acceptor", at: at, cmd: &gridcasev1.RelocateCase{Point: p, Reason: reason}}
}

func turns(at, caseType, condition, reason string) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.ReclassifyCase{CaseType: caseType, Condition: condition, Reason: reason}}
}

func notes(at string) step {
	return step{by: "supervisor", at: at, cmd: &gridcasev1.AddNote{Text: "a text"}}
}

func turned(caseType, condition string, k ...*gridcasev1.Clocks) *gridcasev1.CaseReclassified {
	return &gridcasev1.CaseReclassified{CaseType: caseType, Condition: condition, Reason: sealed("reason"), Clocks: k}
}

// toRefused is a case whose return was requested at 09:30 and refused at 09:40.
var toRefused = then(toAskedReturn, answers("02 09:40", refuse, ""))

// underC5 is a case in handling under the condition without a limit, since 09:10.
var underC5 = then(toReported, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C5"}}, dispatches, signs)

var moveRows = []row{
	{rule: "an acceptor moves a report to where it really is", given: toReported, when: moves("02 09:02", spot(3), "a text"), event: &gridcasev1.CaseRelocated{Place: place(3), Reason: sealed("reason")}, state: reported,
		holds: func(c casework.Case) bool { return c.Place.GetGrid() == cell(3) && c.Department == "" }},
	{rule: "a case that is handled is moved, and its clock runs on", given: toHandling, when: moves("02 09:30", spot(2), "a text"), event: &gridcasev1.CaseRelocated{Place: place(2), Reason: sealed("reason")}, state: handling,
		holds: func(c casework.Case) bool {
			return c.Place.GetGrid() == cell(2) && c.Clocks.Of(handle).Due.Equal(on("02 11:10"))
		}},
	{rule: "a worker of the new place is asked to inspect", given: then(toHandled, moves("02 10:05", spot(4), "a text")), when: sends("distant-worker"),
		event: &gridcasev1.InspectionRequested{Worker: "distant-worker", Clocks: clocks{stops(sendInspection), runs(inspect, "02 10:34", "02 10:40", half)}}, state: inspecting},
	{rule: "a case can't leave its district", given: toReported, when: moves("02 09:02", abroad, "a text"), kind: fault.Invalid, code: "case.other_district", field: "point"},
	{rule: "a case can't be moved without a reason", given: toReported, when: moves("02 09:02", spot(3), ""), kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a closed case can't be moved", given: toClosed, when: moves("03 09:00", spot(3), "a text"), kind: fault.Conflict, code: "case.not_open"},
	{rule: "a declined report can't be moved", given: toNotFiled, when: moves("03 09:00", spot(3), "a text"), kind: fault.Conflict, code: "case.not_open"},

	{rule: "a report gets another type before it is filed, without a condition", given: toReported, when: turns("02 09:02", "drain.pipe", "", "a text"), event: turned("drain.pipe", ""), state: reported,
		holds: func(c casework.Case) bool { return c.Type == "drain.pipe" && c.Condition == "" }},
	{rule: "a filed case gets another type and condition before a clock of handling runs", given: toFiled, when: turns("02 09:08", "drain.pipe", "B2", "a text"), event: turned("drain.pipe", "B2"), state: filed,
		holds: func(c casework.Case) bool { return c.Type == "drain.pipe" && c.Condition == "B2" }},
	{rule: "under another condition handling counts the new limit from its start", given: toHandling, when: turns("02 09:30", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", runs(handle, "02 14:22", "02 15:10", fourWorking)), state: handling},
	{rule: "a limit that was over counts from its start under another condition too", late: stages{handle}, given: toHandling, when: turns("02 11:30", "parking.motor", "C1", "a text"),
		event: turned("parking.motor", "C1", runs(handle, "02 11:34", "02 12:10", threeUrgent)), state: handling,
		holds: func(c casework.Case) bool { return c.Clocks.Of(handle).Started.Equal(on("02 09:10")) }},
	{rule: "a shorter limit may be over at once", given: underC3, when: turns("02 15:00", "parking.motor", "C2", "a text"),
		event: turned("parking.motor", "C2", runs(handle, "02 10:46", "02 11:10", twoWorking)), state: handling},
	{rule: "the new limit keeps the ten working minutes of a pause", given: toRefused, when: turns("02 09:50", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", runs(handle, "02 14:32", "02 15:20", fourWorking)), state: handling},
	{rule: "while a return is pending the new limit waits too", given: toAskedReturn, when: turns("02 09:35", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", pauses(handle, "02 14:22", "02 15:10", fourWorking)), state: handling, holds: func(c casework.Case) bool { return c.Pending == returning }},
	{rule: "a condition without a limit stops the clock of handling", given: toHandling, when: turns("02 09:30", "parking.motor", "C5", "a text"), event: turned("parking.motor", "C5", keeps(handle, nil)), state: handling},
	{rule: "a case that was handled takes the new limit along with its stopped clock", given: toHandled, when: turns("02 10:05", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", keeps(handle, fourWorking)), state: handled},
	{rule: "a time without limit counts when a limit comes back", given: then(toHandling, turns("02 09:30", "parking.motor", "C5", "a text"), turns("02 10:00", "parking.motor", "C2", "a text")),
		when: turns("02 10:10", "parking.motor", "C3", "a text"), event: turned("parking.motor", "C3", runs(handle, "02 14:22", "02 15:10", fourWorking)), state: handling},
	{rule: "a pause under no limit counts as one when a limit comes", given: then(underC5, step{by: "manager", at: "02 09:30", cmd: asksForReturn.cmd}, answers("02 09:40", refuse, "")),
		when: turns("02 09:50", "parking.motor", "C2", "a text"), event: turned("parking.motor", "C2", runs(handle, "02 10:56", "02 11:20", twoWorking)), state: handling},
	{rule: "a pause after the due time of the new limit does not move it", given: then(underC3, step{by: "manager", at: "02 14:00", cmd: asksForReturn.cmd}, answers("02 14:30", refuse, "")),
		when: turns("02 14:40", "parking.motor", "C2", "a text"), event: turned("parking.motor", "C2", runs(handle, "02 10:46", "02 11:10", twoWorking)), state: handling},
	{rule: "a pause of an urgent limit counts its working time under a working limit", given: then(toUrgentAsked, answers("02 14:30", refuse, "")), when: turns("02 14:40", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", runs(handle, "02 16:52", "02 17:40", fourWorking)), state: handling},
	{rule: "a case that had no limit gets the new one from its dispatch on", given: underC5, when: turns("02 09:30", "parking.motor", "C2", "a text"),
		event: turned("parking.motor", "C2", runs(handle, "02 10:46", "02 11:10", twoWorking)), state: handling},
	{rule: "rework has what is left of the limit of the condition that the case has now", given: then(toHandled, turns("02 10:05", "parking.motor", "C3", "a text")), when: reworks("a text"),
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(sendInspection), runs(handle, "02 15:02", "02 15:40", fourWorking)}}, state: handling},
	{rule: "reclassified in rework, the new limit counts from the dispatch, not from the rework", given: then(toHandled, reworks("a text")), when: turns("02 10:45", "parking.motor", "C3", "a text"),
		event: turned("parking.motor", "C3", runs(handle, "02 14:52", "02 15:40", fourWorking)), state: handling},
	{rule: "a case can't be reclassified without a reason", given: toFiled, when: turns("02 09:08", "drain.pipe", "B2", ""), kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a case can't get a type that the catalogue doesn't have", given: toFiled, when: turns("02 09:08", "moon.crater", "B2", "a text"), kind: fault.Invalid, code: "case_type.unknown", field: "case_type"},
	{rule: "a case can't get a type out of use", given: toReported, when: turns("02 09:02", "old.stall", "", "a text"), kind: fault.Invalid, code: "case_type.inactive", field: "case_type"},
	{rule: "a case can't get the type and condition that it has", given: toFiled, when: turns("02 09:08", "parking.motor", "C2", "a text"), kind: fault.Invalid, code: "case.same_type"},
	{rule: "a report can't get a condition before it is filed", given: toReported, when: turns("02 09:02", "drain.pipe", "B2", "a text"), kind: fault.Invalid, code: "condition.too_early", field: "condition"},
	{rule: "a filed case can't get another type without a condition of it", given: toFiled, when: turns("02 09:08", "drain.pipe", "", "a text"), kind: fault.Invalid, code: "condition.unknown", field: "condition"},
	{rule: "a filed case can't get a condition out of use", given: toFiled, when: turns("02 09:08", "parking.motor", "C9", "a text"), kind: fault.Invalid, code: "condition.inactive", field: "condition"},
	{rule: "a closed case can't be reclassified", given: toClosed, when: turns("03 09:00", "drain.pipe", "B2", "a text"), kind: fault.Conflict, code: "case.not_open"},

	{rule: "a note is added to an open case", given: toHandling, when: notes("02 09:30"), event: &gridcasev1.NoteAdded{Text: sealed("text")}, state: handling, holds: atDepartment},
	{rule: "a note is added to a closed case, which stays closed", given: toClosed, when: notes("03 09:00"), event: &gridcasev1.NoteAdded{Text: sealed("text")}, state: closed,
		holds: func(c casework.Case) bool { return c.EndedAt.Equal(on("02 10:30")) }},
	{rule: "a note can't be empty", given: toHandling, when: step{by: "supervisor", at: "02 09:30", cmd: &gridcasev1.AddNote{}}, kind: fault.Invalid, code: "reason.required", field: "text"},
	{rule: "a note can't be added to a case that isn't there", when: notes("02 09:00"), kind: fault.NotFound, code: "case.not_found"},
}
