package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// declineCase ends a report that is no case (不予立案).
func declineCase(c *Case, cmd *gridcasev1.DeclineCase, f *Facts) (proto.Message, error) {
	if err := c.must("decline", gridcasev1.State_STATE_REPORTED); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseDeclined{ReasonCode: cmd.GetReasonCode(), Note: f.Sealed["note"], Clocks: c.declineClocks()}, nil
}

func (c *Case) declineClocks() []*gridcasev1.Clocks { return c.stop(gridcasev1.Stage_STAGE_ACCEPT) }

func (c *Case) caseDeclined(env *gridcasev1.Envelope) {
	c.State = gridcasev1.State_STATE_NOT_FILED
	c.end(env)
}
