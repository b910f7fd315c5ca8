package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// signTask takes the task for the department (签收).
func signTask(c *Case, _ *gridcasev1.SignTask, f *Facts) (proto.Message, error) {
	if err := c.must("sign", gridcasev1.State_STATE_DISPATCHED); err != nil {
		return nil, err
	}
	if err := c.mustBeDepartment(f); err != nil {
		return nil, err
	}
	if err := c.mustNotBeReturning("sign"); err != nil {
		return nil, err
	}
	return &gridcasev1.TaskSigned{Clocks: c.signClocks()}, nil
}

func (c *Case) signClocks() []*gridcasev1.Clocks { return c.stop(gridcasev1.Stage_STAGE_SIGN) }

func (c *Case) taskSigned() { c.State = gridcasev1.State_STATE_HANDLING }
