package casework_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// row is one rule of the trade: what happened before, what somebody then sends, and either the event with the state after it or the fault.
type row struct {
	rule  string
	given []step
	when  step

	late  stages        // the stages whose breach nobody has recorded yet: it is recorded first
	event proto.Message // the whole event; nil: refused
	next  proto.Message // what follows the event at once; nil: nothing
	state gridcasev1.State
	holds func(casework.Case) bool // what else is true of the case after it; nil: nothing else is asked

	kind  fault.Kind
	code  string
	field string
}

// stages are some of the contract's.
type stages = []gridcasev1.Stage

// allRows is every row, by what the command is about.
func allRows() []row {
	return slices.Concat(reportRows, reportRefusals, verificationRows, filingRows, dispatchRows, departmentRows, returnRows, handlingRows, inspectionRows,
		reworkRows, closeRows, reopenRows, moveRows, extensionRows, suspensionRows, selfFixRows, mergeRows, splitRows, endRows, afterRows, fileRows, timerRows, cornerRows)
}

func TestTheRulesOfTheTrade(t *testing.T) {
	t.Parallel()
	for _, r := range allRows() {
		t.Run(r.rule, func(t *testing.T) {
			before := play(t, r.given...)
			after, messages, err := before.take(r.when)
			if r.event == nil {
				r.refused(t, before, messages, err)
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			if diff := cmp.Diff(r.yields(before.Case), messages, protocmp.Transform()); diff != "" {
				t.Errorf("the events (-want +got):\n%s", diff)
			}
			if after.State != r.state {
				t.Errorf("the case is %s, want %s", after.State, r.state)
			}
			if r.holds != nil && !r.holds(after.Case) {
				t.Errorf("it does not hold of the case: %+v", after.Case)
			}
		})
	}
}

// yields is all that the command yields: the event, with what is recorded before it and what follows from it.
func (r row) yields(before casework.Case) []proto.Message {
	var all []proto.Message
	for _, stage := range r.late {
		all = append(all, &gridcasev1.StageBreached{Stage: stage, Due: timestamppb.New(before.Clocks.Of(stage).Due)})
	}
	all = append(all, r.event)
	if r.next != nil {
		all = append(all, r.next)
	}
	return all
}

func (r row) refused(t *testing.T, before story, messages []proto.Message, err error) {
	t.Helper()
	if err == nil {
		t.Fatalf("taken, as %v", messages)
	}
	if messages != nil {
		t.Errorf("refused, but it yields %v", messages)
	}
	if f := fault.Of(err); f.Kind != r.kind || f.Code != r.code || f.Field != r.field {
		t.Errorf("fault %s %s of field %q, want %s %s of %q (%s)", f.Kind, f.Code, f.Field, r.kind, r.code, r.field, f.Text)
	}
	if diff := cmp.Diff(play(t, r.given...).Case, before.Case, sameCase); diff != "" {
		t.Errorf("a refused command changed the case (-before +after):\n%s", diff)
	}
}

func TestEveryRuleHasASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range allRows() {
		if seen[r.rule] {
			t.Errorf("two rows say: %s", r.rule)
		}
		seen[r.rule] = true
	}
}

func TestEveryEventOfTheContractIsYieldedBySomeRule(t *testing.T) {
	t.Parallel()
	yielded := map[string]bool{}
	for _, r := range allRows() {
		if r.event != nil {
			yielded[gridcasev1.EventType(r.event)] = true
		}
	}
	for _, name := range gridcasev1.EventTypes() {
		if !yielded[name] {
			t.Errorf("no row yields %s", name)
		}
	}
}

func TestEveryCommandOfTheContractHasARuleAndARefusal(t *testing.T) {
	t.Parallel()
	taken, refused := map[protoreflect.Name]bool{}, map[protoreflect.Name]bool{}
	for _, r := range allRows() {
		name := r.when.cmd.ProtoReflect().Descriptor().Name()
		taken[name] = taken[name] || r.event != nil
		refused[name] = refused[name] || r.event == nil
	}
	for _, name := range commandsOfTheContract() {
		if !taken[name] || !refused[name] {
			t.Errorf("%s: a row that takes it: %t, a row that refuses it: %t", name, taken[name], refused[name])
		}
	}
}
