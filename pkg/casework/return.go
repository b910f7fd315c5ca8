package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestReturn asks the dispatcher to take the case back (回退). The clocks of signing and handling pause until the decision. Where
// the city decides none, the case goes back at once.
func requestReturn(c *Case, _ *gridcasev1.RequestReturn, f *Facts) (proto.Message, error) {
	if err := c.mustBeWithDepartment("request a return", f); err != nil {
		return nil, err
	}
	if err := c.mustNotBePending("request a return"); err != nil {
		return nil, err
	}
	if c.Handler != "" {
		return nil, fault.New(fault.Conflict, "case.handler_assigned", "the handler must be revoked before the case can be returned")
	}
	reason, err := f.text("reason", "a return needs a reason")
	if err != nil {
		return nil, err
	}
	if f.policy().DirectReturn() {
		return &gridcasev1.ReturnApproved{Reason: reason, Clocks: c.backToDispatcher(f)}, nil
	}
	return &gridcasev1.ReturnRequested{Reason: reason, Clocks: c.askReturnClocks(f)}, nil
}

func (c *Case) askReturnClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.pause(gridcasev1.Stage_STAGE_SIGN, gridcasev1.Stage_STAGE_HANDLE), c.startDesk(f, gridcasev1.Stage_STAGE_DECIDE))
}

func (c *Case) returnRequested(env *gridcasev1.Envelope) {
	c.Pending = gridcasev1.Pending_PENDING_RETURN
	c.handling(Clock.leave, env.Time)
}

// decideReturn answers the request. Approved, the case is filed again and the bounce counts; refused, the department goes on.
func decideReturn(c *Case, cmd *gridcasev1.DecideReturn, f *Facts) (proto.Message, error) {
	if err := c.mustBePending(gridcasev1.Pending_PENDING_RETURN); err != nil {
		return nil, err
	}
	reason := f.Sealed["reason"]
	if cmd.GetDecision() == gridcasev1.Decision_DECISION_APPROVE {
		return &gridcasev1.ReturnApproved{Reason: reason, Clocks: c.backToDispatcher(f)}, nil
	}
	return &gridcasev1.ReturnRefused{Reason: reason, Clocks: c.goOn(f)}, nil
}

// backToDispatcher is the reading of the clocks when the department no longer has the case.
func (c *Case) backToDispatcher(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_DECIDE, gridcasev1.Stage_STAGE_SIGN, gridcasev1.Stage_STAGE_HANDLE), c.startDesk(f, gridcasev1.Stage_STAGE_DISPATCH))
}

func (c *Case) returnApproved() {
	c.leave(gridcasev1.State_STATE_FILED)
	c.Bounces++
}

// withdrawReturn takes the request back: the department goes on.
func withdrawReturn(c *Case, _ *gridcasev1.WithdrawReturn, f *Facts) (proto.Message, error) {
	if err := c.mustBePending(gridcasev1.Pending_PENDING_RETURN); err != nil {
		return nil, err
	}
	if err := c.mustBeDepartment(f); err != nil {
		return nil, err
	}
	return &gridcasev1.ReturnWithdrawn{Clocks: c.goOn(f)}, nil
}

func (c *Case) returnEnded(env *gridcasev1.Envelope) {
	c.Pending = gridcasev1.Pending_PENDING_UNSPECIFIED
	c.handling(Clock.comeBack, env.Time)
}

// goOn is the reading of the clocks after a return that did not happen.
func (c *Case) goOn(f *Facts) []*gridcasev1.Clocks {
	return append(c.stop(gridcasev1.Stage_STAGE_DECIDE), c.resume(f, gridcasev1.Stage_STAGE_SIGN, gridcasev1.Stage_STAGE_HANDLE)...)
}
