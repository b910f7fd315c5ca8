package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// sendBack returns a filed case to the acceptor: it is not this centre's.
func sendBack(c *Case, _ *gridcasev1.SendBack, f *Facts) (proto.Message, error) {
	if err := c.must("send back", gridcasev1.State_STATE_FILED); err != nil {
		return nil, err
	}
	reason, err := f.text("reason", "a case sent back needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.CaseSentBack{Reason: reason, Clocks: c.sendBackClocks(f)}, nil
}

func (c *Case) sendBackClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_DISPATCH), c.startDesk(f, gridcasev1.Stage_STAGE_ACCEPT))
}

func (c *Case) caseSentBack() { c.State, c.Condition = gridcasev1.State_STATE_REPORTED, "" }
