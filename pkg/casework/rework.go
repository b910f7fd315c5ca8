package casework

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// orderRework sends the case back to the same department (返工), after a failed inspection or with a reason. The handle clock goes on with
// what was left of it, at least a quarter of the limit (unverified default).
func orderRework(c *Case, _ *gridcasev1.OrderRework, f *Facts) (proto.Message, error) {
	if err := c.must("order rework", gridcasev1.State_STATE_HANDLED); err != nil {
		return nil, err
	}
	if c.Department == "" {
		return nil, fault.New(fault.Conflict, "case.no_department", "no department handled the case")
	}
	if c.Inspection != gridcasev1.InspectionResult_INSPECTION_RESULT_FAIL {
		if _, err := f.text("reason", "rework needs a failed inspection or a reason"); err != nil {
			return nil, err
		}
	}
	return &gridcasev1.ReworkOrdered{Reason: f.Sealed["reason"], Clocks: c.reworkClocks(f)}, nil
}

func (c *Case) reworkClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_SEND_INSPECTION, gridcasev1.Stage_STAGE_CLOSE), c.handleAgain(f))
}

func (c *Case) reworkOrdered(env *gridcasev1.Envelope) {
	c.handling(Clock.reworked, env.Time)
	c.State = gridcasev1.State_STATE_HANDLING
	c.Reworks++
}

// reworked returns the clock that goes on with its least time.
func (k Clock) reworked(at time.Time) Clock {
	k = k.comeBack(at)
	k.Reworked = true
	return k
}

// handleAgain is the reading of the handle clock that goes on; nil where the condition has no limit.
func (c *Case) handleAgain(f *Facts) *gridcasev1.Clocks {
	k := c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE).comeBack(f.Now)
	limit := k.Limit
	if limit.GetValue() == 0 {
		return nil
	}
	due, _ := k.due(f, limit)
	left := max(f.Calendar.Between(f.Now, due, limit.GetBasis()), f.Calendar.Length(limit)*time.Duration(f.policy().ReworkFloor())/100)
	at := func(d time.Duration) *timestamppb.Timestamp {
		return timestamppb.New(f.Calendar.Add(f.Now, d, limit.GetBasis()))
	}
	return &gridcasev1.Clocks{Stage: gridcasev1.Stage_STAGE_HANDLE, Due: at(left), WarnAt: at(left * 4 / 5), Limit: limit}
}
