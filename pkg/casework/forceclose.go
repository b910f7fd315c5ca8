package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestForceClose asks to close a case without its usual way; another shift leader decides.
func requestForceClose(c *Case, _ *gridcasev1.RequestForceClose, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("request to force the closing"); err != nil {
		return nil, err
	}
	if c.ForceCloseBy != "" {
		return nil, fault.New(fault.Conflict, "case.force_close_pending", "a force close is requested already")
	}
	reason, err := f.text("reason", "a force close needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.ForceCloseRequested{Reason: reason}, nil
}

// decideForceClose answers the request, by another person than who asked.
func decideForceClose(c *Case, cmd *gridcasev1.DecideForceClose, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("decide on the force close"); err != nil {
		return nil, err
	}
	if c.ForceCloseBy == "" {
		return nil, fault.New(fault.Conflict, "case.no_force_close_pending", "no force close is requested")
	}
	if err := f.mustNotBeOfDepartment(); err != nil {
		return nil, err
	}
	if c.ForceCloseBy == f.Actor.ID {
		return nil, fault.New(fault.Denied, "case.same_person", "another shift leader than who asked decides")
	}
	if cmd.GetDecision() != gridcasev1.Decision_DECISION_APPROVE {
		return &gridcasev1.ForceCloseRefused{Reason: f.Sealed["reason"]}, nil
	}
	return &gridcasev1.CaseForceClosed{Reason: f.Sealed["reason"], Clocks: c.stopAll()}, nil
}

func (c *Case) caseForceClosed(env *gridcasev1.Envelope) {
	c.State = gridcasev1.State_STATE_CLOSED
	c.handling(Clock.leave, env.Time)
	c.end(env)
}
