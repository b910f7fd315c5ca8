package casework_test

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// own is the id of the case that a merge or a split is about.
const own = "case-1"

func merges(at, primary string) step {
	return step{by: "acceptor", at: at, cmd: &gridcasev1.MergeCase{Target: &gridcasev1.Target{CaseId: own}, PrimaryId: primary}}
}

func unmerges(at string) step {
	return step{by: "acceptor", at: at, cmd: &gridcasev1.UnmergeCase{Reason: "a text"}}
}

func bySystem(at string, cmd casework.Command) step { return step{by: "system", at: at, cmd: cmd} }

// links tells the primary of a case that is merged into it.
func links(duplicate, caseType string, at *gridcasev1.GeoPoint, reasoned bool) *gridcasev1.LinkDuplicate {
	return &gridcasev1.LinkDuplicate{Duplicate: duplicate, CaseType: caseType, Point: at, Reasoned: reasoned}
}

var (
	toMerged  = then(toReported, merges("02 09:02", "primary"))
	toPrimary = then(toReported, bySystem("02 09:02", links("other", "parking.motor", spot(1), false)))
)

var mergeRows = []row{
	{rule: "a report that another case stands for ends, and no clock runs on", given: toReported, when: merges("02 09:02", "primary"),
		event: &gridcasev1.CaseMerged{Primary: "primary", Clocks: clocks{stops(accept)}}, state: merged,
		holds: func(c casework.Case) bool { return !c.Open() && c.Primary == "primary" && len(running(c)) == 0 }},
	{rule: "a filed case is merged with a reason", given: toFiled, when: step{by: "dispatcher", at: "02 09:08", cmd: &gridcasev1.MergeCase{PrimaryId: "primary", Reason: "a text"}},
		event: &gridcasev1.CaseMerged{Primary: "primary", Reason: sealed("reason"), Clocks: clocks{stops(dispatch)}}, state: merged},
	{rule: "a dispatched case is merged, and the department has it no more", given: toReturning, when: merges("02 09:20", "primary"),
		event: &gridcasev1.CaseMerged{Primary: "primary", Clocks: clocks{stops(sign), stops(handle), stops(decide)}}, state: merged, holds: func(c casework.Case) bool { return atNobody(c) && c.Pending == 0 }},
	{rule: "a fix is merged", given: toSelfFixed, when: merges("02 09:20", "primary"), event: &gridcasev1.CaseMerged{Primary: "primary"}, state: merged},
	{rule: "a case that is handled is not merged", given: toHandling, when: merges("02 09:30", "primary"), kind: fault.Conflict, code: "case.not_reported_or_filed_or_dispatched"},
	{rule: "a case that a department handled is not merged", given: toHandled, when: merges("02 10:05", "primary"), kind: fault.Conflict, code: "case.not_reported_or_filed_or_dispatched"},
	{rule: "a case is not merged into itself", given: toReported, when: merges("02 09:02", own), kind: fault.Invalid, code: "merge.itself", field: "primary_id"},
	{rule: "a child is not merged into its parent", given: toChild, when: merges("02 09:12", "parent"), kind: fault.Invalid, code: "merge.family", field: "primary_id"},
	{rule: "a parent is not merged into its child", given: toSplit, when: merges("02 09:12", "child-1"), kind: fault.Invalid, code: "merge.family", field: "primary_id"},
	{rule: "a case with open children is not merged", given: toSplit, when: merges("02 09:12", "primary"), kind: fault.Conflict, code: "case.open_children"},
	{rule: "a case that stands for others is not merged", given: toPrimary, when: merges("02 09:04", "primary"), kind: fault.Conflict, code: "case.primary"},

	{rule: "the primary knows which cases it stands for", given: toFiled, when: bySystem("02 09:06", links("other", "parking.motor", spot(1), false)),
		event: &gridcasev1.DuplicateLinked{Duplicate: "other"}, state: filed, holds: func(c casework.Case) bool { return slices.Equal(c.Duplicates, []string{"other"}) }},
	{rule: "a case that lies far off is merged with a reason only", given: toFiled, when: bySystem("02 09:06", links("other", "parking.motor", spot(2), false)), kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "with a reason a case that lies far off is merged", given: toFiled, when: bySystem("02 09:06", links("other", "parking.motor", spot(2), true)), event: &gridcasev1.DuplicateLinked{Duplicate: "other"}, state: filed},
	{rule: "a case of another problem is not merged", given: toFiled, when: bySystem("02 09:06", links("other", "drain.pipe", spot(1), true)), kind: fault.Invalid, code: "merge.other_group", field: "primary_id"},
	{rule: "a case that has ended stands for no other", given: toClosed, when: bySystem("02 10:40", links("other", "parking.motor", spot(1), false)), kind: fault.Invalid, code: "merge.primary_ended", field: "primary_id"},
	{rule: "a merge that is recorded is a fact, even for a primary that has ended", given: toClosed, when: bySystem("02 10:40", &gridcasev1.LinkDuplicate{Duplicate: "other", CaseType: "drain.pipe", Recorded: true}),
		event: &gridcasev1.DuplicateLinked{Duplicate: "other"}, state: closed},
	{rule: "a duplicate is linked once", given: toPrimary, when: bySystem("02 09:06", links("other", "parking.motor", spot(1), false)), kind: fault.Conflict, code: "merge.linked"},

	{rule: "an unmerged case is a report again, and accepting has 15 minutes anew", given: toMerged, when: unmerges("02 09:10"),
		event: &gridcasev1.CaseUnmerged{Primary: "primary", Reason: sealed("reason"), Clocks: clocks{runs(accept, "02 09:22", "02 09:25", quarter)}}, state: reported,
		holds: func(c casework.Case) bool { return c.Primary == "" && c.Condition == "" && atNobody(c) }},
	{rule: "an unmerge needs a reason", given: toMerged, when: step{by: "acceptor", at: "02 09:10", cmd: &gridcasev1.UnmergeCase{}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a case that is not merged is not unmerged", given: toReported, when: unmerges("02 09:10"), kind: fault.Conflict, code: "case.not_merged"},
	{rule: "the primary forgets a case that stands by itself again", given: toPrimary, when: bySystem("02 09:06", &gridcasev1.UnlinkDuplicate{Duplicate: "other"}),
		event: &gridcasev1.DuplicateUnlinked{Duplicate: "other"}, state: reported, holds: func(c casework.Case) bool { return len(c.Duplicates) == 0 }},
	{rule: "a case that is not linked is not unlinked", given: toReported, when: bySystem("02 09:06", &gridcasev1.UnlinkDuplicate{Duplicate: "other"}), kind: fault.Conflict, code: "merge.not_linked"},
	{rule: "a case whose primary was not filed is offered to be unmerged", given: toMerged, when: bySystem("02 09:10", &gridcasev1.OfferUnmerge{Primary: "primary", State: notFiled}),
		event: &gridcasev1.UnmergeOffered{Primary: "primary", State: notFiled}, state: merged},
	{rule: "a case is not offered to be unmerged from what it is not merged into", given: toMerged, when: bySystem("02 09:10", &gridcasev1.OfferUnmerge{Primary: "other", State: notFiled}), kind: fault.Conflict, code: "merge.other_primary"},
}
