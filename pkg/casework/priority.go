package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// setPriority changes how urgent the desks take the case to be: clocks that start from now on go by it.
func setPriority(c *Case, cmd *gridcasev1.SetPriority, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("set the priority"); err != nil {
		return nil, err
	}
	if cmd.GetPriority() == max(c.Priority, gridcasev1.Priority_PRIORITY_NORMAL) {
		return nil, fault.New(fault.Conflict, "case.same_priority", "the case has this priority already")
	}
	reason, err := f.text("reason", "a changed priority needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.PrioritySet{Priority: cmd.GetPriority(), Reason: reason}, nil
}
