package casework

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// reclassifyCase gives the case another type, and where it is filed another condition: the handle clock then counts the new limit from its
// start, with the pauses that it had.
func reclassifyCase(c *Case, cmd *gridcasev1.ReclassifyCase, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("reclassify"); err != nil {
		return nil, err
	}
	reason, err := f.text("reason", "a reclassification needs a reason")
	if err != nil {
		return nil, err
	}
	if _, err := f.activeType(cmd.GetCaseType()); err != nil {
		return nil, err
	}
	if cmd.GetCaseType() == c.Type && cmd.GetCondition() == c.Condition {
		return nil, fault.New(fault.Invalid, "case.same_type", "the case has this type and condition already")
	}
	if c.Condition == "" {
		if cmd.GetCondition() != "" {
			return nil, fault.BadField("condition", "condition.too_early", "a case gets its condition when it is filed")
		}
		return &gridcasev1.CaseReclassified{CaseType: cmd.GetCaseType(), Reason: reason}, nil
	}
	if err := f.activeCondition(cmd.GetCaseType(), cmd.GetCondition()); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseReclassified{CaseType: cmd.GetCaseType(), Condition: cmd.GetCondition(), Reason: reason,
		Clocks: c.reclassifyClocks(cmd.GetCaseType(), cmd.GetCondition(), f)}, nil
}

func (c *Case) reclassifyClocks(caseType, condition string, f *Facts) []*gridcasev1.Clocks {
	rule, _ := f.Catalogue.Condition(caseType, condition)
	return c.relimit(f, rule.GetLimit())
}

func (c *Case) caseReclassified(e *gridcasev1.CaseReclassified) {
	c.Type, c.Condition = e.GetCaseType(), e.GetCondition()
}

// inHand tells whether the department has the case to handle, laid aside or not.
func (c *Case) inHand() bool {
	return c.State == gridcasev1.State_STATE_DISPATCHED || c.State == gridcasev1.State_STATE_HANDLING || c.State == gridcasev1.State_STATE_SUSPENDED
}

// relimit is the reading of the handle clock under another limit, while a department has or had the case. One that is stopped takes the limit
// along for a rework.
func (c *Case) relimit(f *Facts, limit *gridcasev1.Limit) []*gridcasev1.Clocks {
	k := c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE)
	if c.Department == "" || limit.GetValue() == 0 && k.Limit.GetValue() == 0 {
		return nil
	}
	if limit == nil {
		limit = &gridcasev1.Limit{}
	}
	reading := &gridcasev1.Clocks{Stage: gridcasev1.Stage_STAGE_HANDLE, Limit: limit}
	if limit.GetValue() > 0 && c.inHand() {
		due, warnAt := k.due(f, limit)
		reading.Due, reading.WarnAt, reading.Paused = timestamppb.New(due), timestamppb.New(warnAt), !k.Paused().IsZero()
	}
	return []*gridcasev1.Clocks{reading}
}
