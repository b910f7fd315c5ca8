package works

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// planProject opens a project: its segments have names of their own, and it ends after it starts.
func planProject(p *Project, cmd *gridcasev1.PlanProject) (proto.Message, error) {
	if p.Version > 0 {
		return nil, fault.BadField("target.project_code", "project.exists", "the district has a project of this code already")
	}
	if !cmd.GetPlannedStart().AsTime().Before(cmd.GetPlannedEnd().AsTime()) {
		return nil, fault.BadField("planned_end", "project.times", "works end after they start")
	}
	seen := map[string]bool{}
	for i, s := range cmd.GetSegments() {
		if seen[s.GetId()] {
			return nil, fault.BadField(fmt.Sprintf("segments[%d].id", i), "segment.duplicate", "two segments of the project have the same name")
		}
		seen[s.GetId()] = true
	}
	if len(seen) == 0 {
		return nil, fault.BadField("segments", "segment.required", "a project has a segment")
	}
	return &gridcasev1.ProjectPlanned{Road: cmd.GetRoad(), Kind: cmd.GetKind(), Segments: cmd.GetSegments(), PlannedStart: cmd.GetPlannedStart(),
		PlannedEnd: cmd.GetPlannedEnd(), Contractor: cmd.GetContractor()}, nil
}

func (p *Project) projectPlanned(e *gridcasev1.ProjectPlanned) {
	p.State = gridcasev1.ProjectState_PROJECT_STATE_PLANNED
	p.Road, p.Kind, p.Contractor = e.GetRoad(), e.GetKind(), e.GetContractor()
	p.PlannedStart, p.PlannedEnd, p.FirstPlannedEnd = e.GetPlannedStart().AsTime(), e.GetPlannedEnd().AsTime(), e.GetPlannedEnd().AsTime()
	p.Segments = make([]Segment, len(e.GetSegments()))
	for i, s := range e.GetSegments() {
		p.Segments[i] = Segment{ID: s.GetId(), Metres: s.GetLengthM()}
	}
}
