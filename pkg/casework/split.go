package casework

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// mostChildren is how many children a case may have.
const mostChildren = 10

// splitCase divides a case into children, one level deep (拆分): each becomes a case of its own, and the parent closes after them.
func splitCase(c *Case, cmd *gridcasev1.SplitCase, f *Facts) (proto.Message, error) {
	if err := c.must("split", gridcasev1.State_STATE_FILED, gridcasev1.State_STATE_DISPATCHED, gridcasev1.State_STATE_HANDLING); err != nil {
		return nil, err
	}
	if c.Parent != "" {
		return nil, fault.New(fault.Conflict, "case.child", "a child is not split again; split its parent")
	}
	if n := len(c.Children) + len(cmd.GetChildren()); n > mostChildren {
		return nil, fault.BadField("children", "split.too_many", "a case has at most %d children; this would make %d", mostChildren, n)
	}
	reason, err := f.text("reason", "a split needs a reason")
	if err != nil {
		return nil, err
	}
	e := &gridcasev1.CaseSplit{Reason: reason}
	for i, in := range cmd.GetChildren() {
		child, err := c.child(in, cmd, i, f)
		if err != nil {
			return nil, err
		}
		e.Children = append(e.Children, child)
	}
	return e, nil
}

// child is one child as it is to be opened.
func (c *Case) child(in *gridcasev1.ChildInput, cmd *gridcasev1.SplitCase, i int, f *Facts) (*gridcasev1.Child, error) {
	at := fmt.Sprintf("children[%d]", i)
	twice := slices.ContainsFunc(cmd.GetChildren()[:i], func(other *gridcasev1.ChildInput) bool { return other.GetCaseId() == in.GetCaseId() })
	if twice || c.hasChild(in.GetCaseId()) || in.GetCaseId() == cmd.GetTarget().GetCaseId() {
		return nil, fault.BadField(at+".case_id", "split.same_id", "each child has an id of its own")
	}
	t, err := f.activeType(in.GetCaseType())
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(in.GetFields(), func(v *gridcasev1.FieldInput) bool { return v.GetText() != "" }) {
		return nil, fault.BadField(at+".fields", "split.text", "a child has no text of its own: amend its report once it is there")
	}
	if err := catalog.CheckFields(t, in.GetFields(), false); err != nil {
		return nil, err
	}
	place := c.Place
	if in.GetPoint() != nil {
		if place, err = f.locate(in.GetPoint(), ""); err != nil {
			return nil, err
		}
	}
	return &gridcasev1.Child{CaseId: in.GetCaseId(), Number: f.Numbers[i], CaseType: in.GetCaseType(), Place: place, Fields: f.record(in.GetFields()), Photos: in.GetPhotos()}, nil
}

func (c *Case) caseSplit(e *gridcasev1.CaseSplit) {
	c.Children = slices.Clone(c.Children)
	for _, child := range e.GetChildren() {
		c.Children = append(c.Children, ChildCase{ID: child.GetCaseId()})
	}
}

// openChild opens a child: what its parent's report was verified to be needs no further verification.
func openChild(c *Case, cmd *gridcasev1.OpenChild, f *Facts) (proto.Message, error) {
	if c.Version > 0 {
		return nil, fault.BadField("children", "case.exists", "there is a case with the child's id already; each child has a new id")
	}
	child := cmd.GetChild()
	return &gridcasev1.CaseReported{Number: child.GetNumber(), CaseType: child.GetCaseType(), Source: cmd.GetSource(), Place: child.GetPlace(), Fields: child.GetFields(),
		Photos: child.GetPhotos(), Parent: cmd.GetParent(), Clocks: f.reportClocks(child.GetCaseType())}, nil
}

// settleChild records on the parent that a child has ended.
func settleChild(c *Case, cmd *gridcasev1.SettleChild, _ *Facts) (proto.Message, error) {
	if !c.childIs(cmd.GetChild(), func(k ChildCase) bool { return !k.Settled() }) {
		return nil, fault.New(fault.Conflict, "child.settled", "the case has no such open child")
	}
	return &gridcasev1.ChildSettled{Child: cmd.GetChild(), State: cmd.GetState()}, nil
}

// reopenChild records on the parent that a child is open again.
func reopenChild(c *Case, cmd *gridcasev1.ReopenChild, _ *Facts) (proto.Message, error) {
	if !c.childIs(cmd.GetChild(), ChildCase.Settled) {
		return nil, fault.New(fault.Conflict, "child.open", "the case has no such settled child")
	}
	return &gridcasev1.ChildReopened{Child: cmd.GetChild()}, nil
}

// setChild notes how a child ended; unspecified: it is open.
func (c *Case) setChild(id string, state gridcasev1.State) {
	c.Children = slices.Clone(c.Children)
	for i := range c.Children {
		if c.Children[i].ID == id {
			c.Children[i].State = state
		}
	}
}

func (c *Case) hasChild(id string) bool {
	return c.childIs(id, func(ChildCase) bool { return true })
}

func (c *Case) childIs(id string, so func(ChildCase) bool) bool {
	return slices.ContainsFunc(c.Children, func(k ChildCase) bool { return k.ID == id && so(k) })
}

// settled tells whether every child has ended.
func (c *Case) settled() bool {
	return !slices.ContainsFunc(c.Children, func(k ChildCase) bool { return !k.Settled() })
}
