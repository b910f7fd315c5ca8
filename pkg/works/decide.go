package works

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Decide returns the event that cmd yields for p, or a *fault.Error that says what stands against it. It is the whole list of commands.
func Decide(p Project, cmd Command, f Facts) (proto.Message, error) {
	if plan, ok := cmd.(*gridcasev1.PlanProject); ok {
		return planProject(&p, plan)
	}
	if p.Version == 0 {
		return nil, NotFound()
	}
	switch cmd := cmd.(type) {
	case *gridcasev1.GrantPermit:
		return grantPermit(&p, cmd, &f)
	case *gridcasev1.ExtendPermit:
		return extendPermit(&p, cmd, &f)
	case *gridcasev1.RevokePermit:
		return revokePermit(&p, cmd)
	case *gridcasev1.StartWorks:
		return startWorks(&p, &f)
	case *gridcasev1.CompleteSegment:
		return completeSegment(&p, cmd)
	case *gridcasev1.InspectSegment:
		return inspectSegment(&p, cmd)
	case *gridcasev1.AcceptProject:
		return acceptProject(&p)
	case *gridcasev1.DelayProject:
		return delayProject(&p, cmd)
	case *gridcasev1.CancelProject:
		return cancelProject(&p, cmd)
	}
	return nil, fault.New(fault.Internal, "command.unknown", "no rule knows the command %s", cmd.ProtoReflect().Descriptor().Name())
}

// NotFound is the refusal for a project that does not exist.
func NotFound() error {
	return fault.New(fault.NotFound, "project.not_found", "there is no such project in this district")
}
