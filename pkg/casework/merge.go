package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// mergeCase ends a case that another one, the primary, stands for (并案). What the primary must be is decided on the primary: see linkDuplicate.
func mergeCase(c *Case, cmd *gridcasev1.MergeCase, f *Facts) (proto.Message, error) {
	states := []gridcasev1.State{gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_FILED, gridcasev1.State_STATE_DISPATCHED}
	if c.SelfFixed {
		states = append(states, gridcasev1.State_STATE_HANDLED)
	}
	if err := c.must("merge", states...); err != nil {
		return nil, err
	}
	if err := c.mayMerge(cmd); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseMerged{Primary: cmd.GetPrimaryId(), Reason: f.Sealed["reason"], Clocks: c.stopAll()}, nil
}

func (c *Case) mayMerge(cmd *gridcasev1.MergeCase) error {
	switch {
	case cmd.GetPrimaryId() == cmd.GetTarget().GetCaseId():
		return fault.BadField("primary_id", "merge.itself", "a case is not merged into itself")
	case cmd.GetPrimaryId() == c.Parent || c.hasChild(cmd.GetPrimaryId()):
		return fault.BadField("primary_id", "merge.family", "a case is not merged into its parent or its child")
	case !c.settled():
		return fault.New(fault.Conflict, "case.open_children", "children of the case are still open")
	case len(c.Duplicates) > 0:
		return fault.New(fault.Conflict, "case.primary", "other cases are merged into this one; unmerge them, or merge the other way")
	}
	return nil
}

func (c *Case) caseMerged(e *gridcasev1.CaseMerged, env *gridcasev1.Envelope) {
	c.leave(gridcasev1.State_STATE_MERGED)
	c.end(env)
	c.Primary = e.GetPrimary()
}

// linkDuplicate records on the primary that another case is merged into it: it is open, of the same type group, and near by unless a reason
// was given. A merge that is recorded already is a fact.
func linkDuplicate(c *Case, cmd *gridcasev1.LinkDuplicate, f *Facts) (proto.Message, error) {
	if slices.Contains(c.Duplicates, cmd.GetDuplicate()) {
		return nil, fault.New(fault.Conflict, "merge.linked", "the duplicate is linked already")
	}
	linked := &gridcasev1.DuplicateLinked{Duplicate: cmd.GetDuplicate()}
	if cmd.GetRecorded() {
		return linked, nil
	}
	rule := f.Catalogue.DuplicateRule(c.Type)
	switch {
	case !c.Open():
		return nil, fault.BadField("primary_id", "merge.primary_ended", "the primary must be open; it is %s", stateName(c.State))
	case f.Catalogue.Group(c.Type) != f.Catalogue.Group(cmd.GetCaseType()):
		return nil, fault.BadField("primary_id", "merge.other_group", "cases of types %q and %q are not the same problem", cmd.GetCaseType(), c.Type)
	case !cmd.GetReasoned() && grid.Distance(c.Place.GetPoint(), cmd.GetPoint()) > float64(rule.GetRadiusM()):
		return nil, fault.BadField("reason", "reason.required", "the two lie more than %d m apart: a merge needs a reason", rule.GetRadiusM())
	}
	return linked, nil
}

func (c *Case) duplicateLinked(e *gridcasev1.DuplicateLinked) {
	c.Duplicates = append(slices.Clip(c.Duplicates), e.GetDuplicate())
}

// unmergeCase takes a merged case up by itself again, as a report.
func unmergeCase(c *Case, _ *gridcasev1.UnmergeCase, f *Facts) (proto.Message, error) {
	if err := c.must("unmerge", gridcasev1.State_STATE_MERGED); err != nil {
		return nil, err
	}
	reason, err := f.text("reason", "an unmerged case needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.CaseUnmerged{Primary: c.Primary, Reason: reason, Clocks: c.unmergeClocks(f)}, nil
}

func (c *Case) unmergeClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(nil, c.startDesk(f, gridcasev1.Stage_STAGE_ACCEPT))
}

func (c *Case) caseUnmerged() {
	c.anew(gridcasev1.State_STATE_REPORTED)
	c.Condition, c.Primary = "", ""
}

// offerUnmerge records on a merged case that its primary ended without being handled.
func offerUnmerge(c *Case, cmd *gridcasev1.OfferUnmerge, _ *Facts) (proto.Message, error) {
	if err := c.must("offer to unmerge", gridcasev1.State_STATE_MERGED); err != nil {
		return nil, err
	}
	if c.Primary != cmd.GetPrimary() {
		return nil, fault.New(fault.Conflict, "merge.other_primary", "another case stands for this one now")
	}
	return &gridcasev1.UnmergeOffered{Primary: cmd.GetPrimary(), State: cmd.GetState()}, nil
}

// unlinkDuplicate records on the primary that a merged case stands by itself again.
func unlinkDuplicate(c *Case, cmd *gridcasev1.UnlinkDuplicate, _ *Facts) (proto.Message, error) {
	if !slices.Contains(c.Duplicates, cmd.GetDuplicate()) {
		return nil, fault.New(fault.Conflict, "merge.not_linked", "the case is not linked as a duplicate")
	}
	return &gridcasev1.DuplicateUnlinked{Duplicate: cmd.GetDuplicate()}, nil
}

func (c *Case) duplicateUnlinked(e *gridcasev1.DuplicateUnlinked) {
	c.Duplicates = slices.DeleteFunc(slices.Clone(c.Duplicates), func(id string) bool { return id == e.GetDuplicate() })
}
