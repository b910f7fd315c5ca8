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
	case *gridcasev1.ReportAndFix:
		return c.Field.ReportAndFix(ctx, cmd)
	case *gridcasev1.RequestExtension:
		return c.Field.RequestExtension(ctx, cmd)
	case *gridcasev1.RequestSuspension:
		return c.Field.RequestSuspension(ctx, cmd)
	case *gridcasev1.ReplyUrge:
		return c.Field.ReplyUrge(ctx, cmd)
	case *gridcasev1.RecordFeedback:
		return c.Field.RecordFeedback(ctx, cmd)
	case *gridcasev1.AppealOverdue:
		return c.Field.AppealOverdue(ctx, cmd)
	case *gridcasev1.AddAttachment:
		return c.Field.AddAttachment(ctx, cmd)
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
	case *gridcasev1.MergeCase:
		return c.Desk.MergeCase(ctx, cmd)
	case *gridcasev1.UnmergeCase:
		return c.Desk.UnmergeCase(ctx, cmd)
	case *gridcasev1.SplitCase:
		return c.Desk.SplitCase(ctx, cmd)
	case *gridcasev1.SetPriority:
		return c.Desk.SetPriority(ctx, cmd)
	case *gridcasev1.DecideExtension:
		return c.Desk.DecideExtension(ctx, cmd)
	case *gridcasev1.DecideSuspension:
		return c.Desk.DecideSuspension(ctx, cmd)
	case *gridcasev1.ResumeCase:
		return c.Desk.ResumeCase(ctx, cmd)
	case *gridcasev1.PassAudit:
		return c.Desk.PassAudit(ctx, cmd)
	case *gridcasev1.RequestForceClose:
		return c.Desk.RequestForceClose(ctx, cmd)
	case *gridcasev1.DecideForceClose:
		return c.Desk.DecideForceClose(ctx, cmd)
	case *gridcasev1.RequestVoid:
		return c.Desk.RequestVoid(ctx, cmd)
	case *gridcasev1.DecideVoid:
		return c.Desk.DecideVoid(ctx, cmd)
	case *gridcasev1.UrgeCase:
		return c.Desk.UrgeCase(ctx, cmd)
	case *gridcasev1.RecordVisit:
		return c.Desk.RecordVisit(ctx, cmd)
	case *gridcasev1.ForwardAppeal:
		return c.Desk.ForwardAppeal(ctx, cmd)
	case *gridcasev1.DecideAppeal:
		return c.Desk.DecideAppeal(ctx, cmd)
	case *gridcasev1.RedactAttachment:
		return c.Desk.RedactAttachment(ctx, cmd)
	case *gridcasev1.ReclassifyCase:
		return c.Desk.ReclassifyCase(ctx, cmd)
	}
	return nil, fmt.Errorf("no procedure takes %s", cmd.ProtoReflect().Descriptor().Name())
}
