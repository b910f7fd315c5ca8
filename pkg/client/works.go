package client

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// WorksCommand is one of the contract's commands of a works programme.
type WorksCommand interface {
	proto.Message
	GetTarget() *gridcasev1.ProjectTarget
}

// DoWorks sends a command and, while the answer is "unavailable", the same command again, until ctx ends: its id makes that safe.
func (c *Client) DoWorks(ctx context.Context, cmd WorksCommand) (*gridcasev1.WorksReceipt, error) {
	return untilAvailable(ctx, func() (*gridcasev1.WorksReceipt, error) { return c.sendWorks(ctx, cmd) })
}

// sendWorks calls the procedure of a command.
func (c *Client) sendWorks(ctx context.Context, cmd WorksCommand) (*gridcasev1.WorksReceipt, error) {
	switch cmd := cmd.(type) {
	case *gridcasev1.PlanProject:
		return c.Works.PlanProject(ctx, cmd)
	case *gridcasev1.GrantPermit:
		return c.Works.GrantPermit(ctx, cmd)
	case *gridcasev1.ExtendPermit:
		return c.Works.ExtendPermit(ctx, cmd)
	case *gridcasev1.RevokePermit:
		return c.Works.RevokePermit(ctx, cmd)
	case *gridcasev1.StartWorks:
		return c.Works.StartWorks(ctx, cmd)
	case *gridcasev1.CompleteSegment:
		return c.Works.CompleteSegment(ctx, cmd)
	case *gridcasev1.InspectSegment:
		return c.Works.InspectSegment(ctx, cmd)
	case *gridcasev1.AcceptProject:
		return c.Works.AcceptProject(ctx, cmd)
	case *gridcasev1.DelayProject:
		return c.Works.DelayProject(ctx, cmd)
	case *gridcasev1.CancelProject:
		return c.Works.CancelProject(ctx, cmd)
	}
	return nil, fmt.Errorf("no procedure takes %s", cmd.ProtoReflect().Descriptor().Name())
}
