package works

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// acceptProject ends a project whose segments have all passed.
func acceptProject(p *Project) (proto.Message, error) {
	if err := p.must("accept the project", gridcasev1.ProjectState_PROJECT_STATE_COMPLETED); err != nil {
		return nil, err
	}
	if !p.all(passed) {
		return nil, fault.New(fault.Conflict, "segment.not_passed", "to accept the project, each segment must have passed its inspection")
	}
	return &gridcasev1.ProjectAccepted{}, nil
}
