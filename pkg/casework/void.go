package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestVoid asks a shift leader to void the case (作废).
func requestVoid(c *Case, _ *gridcasev1.RequestVoid, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("request to void"); err != nil {
		return nil, err
	}
	if c.VoidPending {
		return nil, fault.New(fault.Conflict, "case.void_pending", "a void is requested already")
	}
	reason, err := f.text("reason", "a void needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.VoidRequested{Reason: reason}, nil
}

// decideVoid answers the request.
func decideVoid(c *Case, cmd *gridcasev1.DecideVoid, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("decide on the void"); err != nil {
		return nil, err
	}
	if !c.VoidPending {
		return nil, fault.New(fault.Conflict, "case.no_void_pending", "no void is requested")
	}
	if cmd.GetDecision() != gridcasev1.Decision_DECISION_APPROVE {
		return &gridcasev1.VoidRefused{Reason: f.Sealed["reason"]}, nil
	}
	return &gridcasev1.CaseVoided{Reason: f.Sealed["reason"], Clocks: c.stopAll()}, nil
}

func (c *Case) caseVoided(env *gridcasev1.Envelope) {
	c.leave(gridcasev1.State_STATE_VOIDED)
	c.end(env)
}

// mustNotBeEnding refuses the verb while a void or a force close waits for its decision.
func (c *Case) mustNotBeEnding(verb string) error {
	switch {
	case c.VoidPending:
		return fault.New(fault.Conflict, "case.void_pending", "to %s, the requested void must be decided first", verb)
	case c.ForceCloseBy != "":
		return fault.New(fault.Conflict, "case.force_close_pending", "to %s, the requested force close must be decided first", verb)
	}
	return nil
}
