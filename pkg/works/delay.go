package works

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// delayProject moves the planned end. It moves no permit: works that go on need theirs extended.
func delayProject(p *Project, cmd *gridcasev1.DelayProject) (proto.Message, error) {
	if err := p.mustBeOpen("delay the project"); err != nil {
		return nil, err
	}
	if !cmd.GetPlannedEnd().AsTime().After(p.PlannedEnd) {
		return nil, fault.BadField("planned_end", "project.times", "a delayed project ends later than planned before")
	}
	return &gridcasev1.ProjectDelayed{PlannedEnd: cmd.GetPlannedEnd(), Reason: cmd.GetReason()}, nil
}

// DelayedDays returns by how many days, a begun one counted, the project's end lies behind the one that was planned first: the end that it
// had, else the later of the end that is planned now and of now.
func (p *Project) DelayedDays(now time.Time) uint32 {
	end := p.EndedAt
	if !p.Ended() {
		end = p.PlannedEnd
		if now.After(end) {
			end = now
		}
	}
	const day = 24 * time.Hour
	late := end.Sub(p.FirstPlannedEnd)
	if late <= 0 {
		return 0
	}
	return uint32((late + day - 1) / day)
}
