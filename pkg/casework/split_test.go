package casework_test

import (
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// splits divides the case into children with these ids.
func splits(at string, children ...*gridcasev1.ChildInput) step {
	return step{by: "dispatcher", at: at, cmd: &gridcasev1.SplitCase{Target: &gridcasev1.Target{CaseId: own}, Children: children, Reason: "a text"}}
}

func childInput(id string) *gridcasev1.ChildInput {
	return &gridcasev1.ChildInput{CaseId: id, CaseType: "drain.pipe"}
}

func child(id, number string, at *gridcasev1.Place) *gridcasev1.Child {
	return &gridcasev1.Child{CaseId: id, Number: number, CaseType: "drain.pipe", Place: at}
}

// some are n children.
func some(n int) []*gridcasev1.ChildInput {
	children := make([]*gridcasev1.ChildInput, n)
	for i := range children {
		children[i] = childInput(fmt.Sprintf("child-%d", i+1))
	}
	return children
}

var (
	toSplit    = then(toFiled, splits("02 09:08", some(2)...))
	toSettled  = then(toSplit, settles("child-1", closed), settles("child-2", notFiled))
	opensChild = bySystem("02 09:08", &gridcasev1.OpenChild{Parent: "parent", Child: child("child-1", "6103992026110200001", place(1)), Source: gridcasev1.Source_SOURCE_CITIZEN})
	toChild    = []step{opensChild}
)

func settles(id string, as gridcasev1.State) step {
	return bySystem("02 09:09", &gridcasev1.SettleChild{Child: id, State: as})
}

// wholeWay takes a filed case to a passed inspection.
func wholeWay(given []step) []step {
	return then(given, dispatches, signs, handles, sendsToInspect, passes)
}

var splitRows = []row{
	{rule: "a filed case is divided into children, each with a number of its own, and stays filed", given: toFiled, when: splits("02 09:08", childInput("child-1"), &gridcasev1.ChildInput{CaseId: "child-2", CaseType: "drain.pipe", Point: spot(3)}),
		event: &gridcasev1.CaseSplit{Reason: sealed("reason"), Children: []*gridcasev1.Child{child("child-1", "6103992026110200001", place(1)), child("child-2", "6103992026110200002", place(3))}}, state: filed,
		holds: func(c casework.Case) bool { return len(c.Children) == 2 && !c.Children[0].Settled() }},
	{rule: "a case that is handled is divided", given: toHandling, when: splits("02 09:30", some(1)...),
		event: &gridcasev1.CaseSplit{Reason: sealed("reason"), Children: []*gridcasev1.Child{child("child-1", "6103992026110200001", place(1))}}, state: handling},
	{rule: "a case is divided again, into ten children in all", given: toSplit, when: splits("02 09:09", some(10)[2:]...), event: &gridcasev1.CaseSplit{Reason: sealed("reason"), Children: eightMore()}, state: filed,
		holds: func(c casework.Case) bool { return len(c.Children) == 10 }},
	{rule: "a case has ten children at most", given: toFiled, when: splits("02 09:08", some(11)...), kind: fault.Invalid, code: "split.too_many", field: "children"},
	{rule: "a child is not divided again", given: then(toChild, step{by: "acceptor", at: "02 09:10", cmd: &gridcasev1.FileCase{Condition: "B2"}}), when: splits("02 09:12", childInput("grandchild")), kind: fault.Conflict, code: "case.child"},
	{rule: "two children don't have one id", given: toFiled, when: splits("02 09:08", childInput("child-1"), childInput("child-1")), kind: fault.Invalid, code: "split.same_id", field: "children[1].case_id"},
	{rule: "a child doesn't have the parent's id", given: toFiled, when: splits("02 09:08", childInput(own)), kind: fault.Invalid, code: "split.same_id", field: "children[0].case_id"},
	{rule: "a child lies in the district", given: toFiled, when: splits("02 09:08", &gridcasev1.ChildInput{CaseId: "child-1", CaseType: "drain.pipe", Point: abroad}), kind: fault.Invalid, code: "point.outside", field: "point"},
	{rule: "a child has a type that is in use", given: toFiled, when: splits("02 09:08", &gridcasev1.ChildInput{CaseId: "child-1", CaseType: "old.stall"}), kind: fault.Invalid, code: "case_type.inactive", field: "case_type"},
	{rule: "a child has no text of its own", given: toFiled,
		when: splits("02 09:08", &gridcasev1.ChildInput{CaseId: "child-1", CaseType: "parking.motor", Fields: []*gridcasev1.FieldInput{{Name: "plate", Value: &gridcasev1.FieldInput_Text{Text: "a plate"}}}}), kind: fault.Invalid, code: "split.text", field: "children[0].fields"},
	{rule: "a split needs a reason", given: toFiled, when: step{by: "dispatcher", at: "02 09:08", cmd: &gridcasev1.SplitCase{Children: some(1)}}, kind: fault.Invalid, code: "reason.required", field: "reason"},
	{rule: "a report is not divided before it is filed", given: toReported, when: splits("02 09:02", some(1)...), kind: fault.Conflict, code: "case.not_filed_or_dispatched_or_handling"},

	{rule: "a child is a case of its own, which knows its parent", when: opensChild,
		event: &gridcasev1.CaseReported{Number: "6103992026110200001", CaseType: "drain.pipe", Source: gridcasev1.Source_SOURCE_CITIZEN, Place: place(1), Parent: "parent", Clocks: clocks{runs(accept, "02 09:20", "02 09:23", quarter)}}, state: reported,
		holds: func(c casework.Case) bool { return c.Parent == "parent" }},
	{rule: "a child of a public report is filed without another verification", given: toChild, when: step{by: "acceptor", at: "02 09:10", cmd: &gridcasev1.FileCase{Condition: "B2"}},
		event: &gridcasev1.CaseFiled{Condition: "B2", Clocks: clocks{stops(accept), runs(dispatch, "02 09:22", "02 09:25", quarter)}}, state: filed},
	{rule: "a child's id names no other case", given: toReported, when: opensChild, kind: fault.Invalid, code: "case.exists", field: "children"},
	{rule: "the parent hears of a child's end", given: toSplit, when: settles("child-1", closed), event: &gridcasev1.ChildSettled{Child: "child-1", State: closed}, state: filed,
		holds: func(c casework.Case) bool { return c.Children[0].Settled() && !c.Children[1].Settled() }},
	{rule: "a child is settled once", given: toSettled, when: settles("child-1", closed), kind: fault.Conflict, code: "child.settled"},
	{rule: "a stranger is no child", given: toSplit, when: settles("stranger", closed), kind: fault.Conflict, code: "child.settled"},
	{rule: "the parent hears of a child that is open again", given: toSettled, when: bySystem("02 09:09", &gridcasev1.ReopenChild{Child: "child-1"}), event: &gridcasev1.ChildReopened{Child: "child-1"}, state: filed,
		holds: func(c casework.Case) bool { return !c.Children[0].Settled() }},
	{rule: "an open child is not opened again", given: toSplit, when: bySystem("02 09:09", &gridcasev1.ReopenChild{Child: "child-1"}), kind: fault.Conflict, code: "child.open"},
	{rule: "a parent can't be closed before its children", given: wholeWay(toSplit), when: closes, kind: fault.Conflict, code: "case.open_children"},
	{rule: "a parent is closed after its children", given: wholeWay(toSettled), when: closes, event: closedC2, state: closed},
}

// eightMore are the children 3 to 10 as the event has them.
func eightMore() []*gridcasev1.Child {
	var children []*gridcasev1.Child
	for n := range 8 {
		children = append(children, child(fmt.Sprintf("child-%d", n+3), fmt.Sprintf("61039920261102%05d", n+1), place(1)))
	}
	return children
}
