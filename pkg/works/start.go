package works

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// startWorks says that the road is dug up: nobody digs without a permit that holds now.
func startWorks(p *Project, f *Facts) (proto.Message, error) {
	if err := p.must("start works", gridcasev1.ProjectState_PROJECT_STATE_PERMITTED); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(p.Permits, func(k Permit) bool { return p.InForce(k, f.Now) }) {
		return nil, fault.New(fault.Conflict, "permit.none_in_force", "to start works, a permit must hold now; none of the project's does")
	}
	return &gridcasev1.WorksStarted{}, nil
}

func (p *Project) worksStarted(env *gridcasev1.Envelope) {
	p.State, p.StartedAt = gridcasev1.ProjectState_PROJECT_STATE_UNDER_WAY, env.Time
}
