package works

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// revokePermit ends a permit at once.
func revokePermit(p *Project, cmd *gridcasev1.RevokePermit) (proto.Message, error) {
	if err := p.mustBeOpen("revoke a permit"); err != nil {
		return nil, err
	}
	if _, err := p.mustBePermitted(cmd.GetNumber()); err != nil {
		return nil, err
	}
	return &gridcasev1.PermitRevoked{Number: cmd.GetNumber(), Reason: cmd.GetReason()}, nil
}

// permitRevoked takes a project that has not started back to planned where no permit is left. Works under way stay under way: what is dug
// up is dug up.
func (p *Project) permitRevoked(e *gridcasev1.PermitRevoked, env *gridcasev1.Envelope) {
	p.changePermit(e.GetNumber(), func(k *Permit) { k.RevokedAt = env.Time })
	left := slices.ContainsFunc(p.Permits, func(k Permit) bool { return k.RevokedAt.IsZero() })
	if p.State == gridcasev1.ProjectState_PROJECT_STATE_PERMITTED && !left {
		p.State = gridcasev1.ProjectState_PROJECT_STATE_PLANNED
	}
}
