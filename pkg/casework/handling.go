package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// reportHandling says that the department is done (处置反馈), by the handler or the department's manager, with a photo of after and the
// fields that the condition's closing asks for. It cancels a requested extension or suspension.
func reportHandling(c *Case, cmd *gridcasev1.ReportHandling, f *Facts) (proto.Message, error) {
	if err := c.must("report the handling", gridcasev1.State_STATE_HANDLING); err != nil {
		return nil, err
	}
	if err := c.mustBeHandling(f); err != nil {
		return nil, err
	}
	if err := c.mustNotBeReturning("report the handling"); err != nil {
		return nil, err
	}
	if err := mustShow(f, cmd.GetPhotos(), "after", `the handling is shown by at least one photo of kind "after"`); err != nil {
		return nil, err
	}
	if err := c.closeFields(cmd, f); err != nil {
		return nil, err
	}
	return &gridcasev1.HandlingReported{Outcome: cmd.GetOutcome(), Fields: f.record(cmd.GetFields()), Photos: cmd.GetPhotos(), Note: f.Sealed["note"],
		Clocks: c.handleClocks(f)}, nil
}

func (c *Case) handleClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_HANDLE, gridcasev1.Stage_STAGE_DECIDE), c.startDesk(f, gridcasev1.Stage_STAGE_SEND_INSPECTION))
}

func (c *Case) handlingReported(e *gridcasev1.HandlingReported, env *gridcasev1.Envelope) {
	c.State, c.Inspection = gridcasev1.State_STATE_HANDLED, gridcasev1.InspectionResult_INSPECTION_RESULT_UNSPECIFIED
	c.Pending = gridcasev1.Pending_PENDING_UNSPECIFIED
	if e.GetSelf() {
		c.SelfFixed, c.Condition = true, e.GetCondition()
	}
	c.handling(Clock.leave, env.Time)
	c.setFields(e.GetFields())
	c.Hands = slices.Clone(c.Hands)
	for _, user := range []string{env.Actor, c.Handler} {
		if user != "" && !slices.Contains(c.Hands, user) {
			c.Hands = append(c.Hands, user)
		}
	}
}

// closeFields checks the given fields, and that those which the condition needs for closing are there, unless nothing was left to handle.
func (c *Case) closeFields(cmd *gridcasev1.ReportHandling, f *Facts) error {
	t, ok := f.Catalogue.Type(c.Type)
	if !ok {
		return nil
	}
	if err := catalog.CheckFields(t, cmd.GetFields(), false); err != nil {
		return err
	}
	condition, ok := f.Catalogue.Condition(c.Type, c.Condition)
	if !ok || f.importing() || cmd.GetOutcome() == gridcasev1.HandlingOutcome_HANDLING_OUTCOME_GONE_ON_ARRIVAL {
		return nil
	}
	for _, name := range condition.GetCloseFields() {
		if !c.has(name, cmd.GetFields()) {
			return fault.BadField("fields."+name, "field.required", "condition %s is closed with the field %q", c.Condition, name)
		}
	}
	return nil
}
