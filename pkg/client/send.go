package client

import (
	"context"
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// send calls the procedure of a command.
func (c *Client) send(ctx context.Context, cmd Command) (*gridcasev1.Receipt, error) {
	switch cmd := cmd.(type) {
	case *gridcasev1.ReportCase:
		return c.Field.ReportCase(ctx, cmd)
	case *gridcasev1.AmendReport:
		return c.Field.AmendReport(ctx, cmd)
	case *gridcasev1.SubmitVerification:
		return c.Field.SubmitVerification(ctx, cmd)
	case *gridcasev1.SignTask:
		return c.Field.SignTask(ctx, cmd)
	case *gridcasev1.AssignHandler:
		return c.Field.AssignHandler(ctx, cmd)
	case *gridcasev1.RevokeHandler:
		return c.Field.RevokeHandler(ctx, cmd)
	case *gridcasev1.RequestReturn:
		return c.Field.RequestReturn(ctx, cmd)
	case *gridcasev1.WithdrawReturn:
		return c.Field.WithdrawReturn(ctx, cmd)
	case *gridcasev1.ReportHandling:
		return c.Field.ReportHandling(ctx, cmd)
	case *gridcasev1.SubmitInspection:
		return c.Field.SubmitInspection(ctx, cmd)
	case *gridcasev1.AddNote:
		return c.Field.AddNote(ctx, cmd)
	case *gridcasev1.RequestVerification:
		return c.Desk.RequestVerification(ctx, cmd)
	case *gridcasev1.FileCase:
		return c.Desk.FileCase(ctx, cmd)
	case *gridcasev1.DeclineCase:
		return c.Desk.DeclineCase(ctx, cmd)
	case *gridcasev1.DispatchCase:
		return c.Desk.DispatchCase(ctx, cmd)
	case *gridcasev1.RecallDispatch:
		return c.Desk.RecallDispatch(ctx, cmd)
	case *gridcasev1.SendBack:
		return c.Desk.SendBack(ctx, cmd)
	case *gridcasev1.DecideReturn:
		return c.Desk.DecideReturn(ctx, cmd)
	case *gridcasev1.RequestInspection:
		return c.Desk.RequestInspection(ctx, cmd)
	case *gridcasev1.OrderRework:
		return c.Desk.OrderRework(ctx, cmd)
	case *gridcasev1.CloseCase:
		return c.Desk.CloseCase(ctx, cmd)
	case *gridcasev1.ReopenCase:
		return c.Desk.ReopenCase(ctx, cmd)
	case *gridcasev1.RelocateCase:
		return c.Desk.RelocateCase(ctx, cmd)
	case *gridcasev1.ReclassifyCase:
		return c.Desk.ReclassifyCase(ctx, cmd)
	}
	return nil, fmt.Errorf("no procedure takes %s", cmd.ProtoReflect().Descriptor().Name())
}
