package works

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// cancelProject ends a project that comes to nothing.
func cancelProject(p *Project, cmd *gridcasev1.CancelProject) (proto.Message, error) {
	if err := p.mustBeOpen("cancel the project"); err != nil {
		return nil, err
	}
	return &gridcasev1.ProjectCancelled{Reason: cmd.GetReason()}, nil
}
