package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// recallDispatch takes the case back from the department: the dispatcher's own correction, no bounce. It cancels a request that is not decided.
func recallDispatch(c *Case, _ *gridcasev1.RecallDispatch, f *Facts) (proto.Message, error) {
	if err := c.must("recall the dispatch", gridcasev1.State_STATE_DISPATCHED, gridcasev1.State_STATE_HANDLING); err != nil {
		return nil, err
	}
	reason, err := f.text("reason", "a recalled dispatch needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.DispatchRecalled{Reason: reason, Clocks: c.backToDispatcher(f)}, nil
}

func (c *Case) dispatchRecalled() { c.leave(gridcasev1.State_STATE_FILED) }
