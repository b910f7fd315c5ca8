package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Decide returns the events that cmd yields for c, or a *fault.Error that says what stands against it. Before them stand the breaches of due
// times that have passed and that no timer recorded yet; after them an escalation that they lead to. It is the whole list of commands.
func Decide(c Case, cmd Command, f Facts) ([]proto.Message, error) {
	messages, err := decide(&c, cmd, &f)
	if err != nil {
		return nil, err
	}
	next := c.after(messages, &f)
	if !timed(cmd) {
		messages = append(c.breaches(&next, &f), messages...)
	}
	if e := c.escalation(&next, &f); e != nil {
		messages = append(messages, e)
	}
	return messages, nil
}

// timed tells whether a command is a timer's own word on a due time.
func timed(cmd Command) bool {
	switch cmd.(type) {
	case *gridcasev1.WarnStage, *gridcasev1.BreachStage, *gridcasev1.EscalateCase:
		return true
	}
	return false
}

// after is the case after events that are not stored yet.
func (c Case) after(messages []proto.Message, f *Facts) Case {
	env := &gridcasev1.Envelope{Time: f.Now, Actor: f.Actor.ID, Role: f.Actor.Role}
	for _, m := range messages {
		c.apply(m, env)
		c.applyClocks(m, env.Time)
	}
	return c
}

func decide(c *Case, cmd Command, f *Facts) ([]proto.Message, error) {
	if fix, ok := cmd.(*gridcasev1.ReportAndFix); ok {
		return reportAndFix(c, fix, f)
	}
	e, err := decideOne(c, cmd, f)
	if err != nil {
		return nil, err
	}
	return []proto.Message{e}, nil
}

func decideOne(c *Case, cmd Command, f *Facts) (proto.Message, error) {
	switch cmd := cmd.(type) {
	case *gridcasev1.ReportCase:
		return reportCase(c, cmd, f)
	case *gridcasev1.OpenChild:
		return openChild(c, cmd, f)
	}
	if c.Version == 0 {
		return nil, NotFound()
	}
	switch cmd := cmd.(type) {
	case *gridcasev1.AmendReport:
		return amendReport(c, cmd, f)
	case *gridcasev1.RequestVerification:
		return requestVerification(c, cmd, f)
	case *gridcasev1.SubmitVerification:
		return submitVerification(c, cmd, f)
	case *gridcasev1.FileCase:
		return fileCase(c, cmd, f)
	case *gridcasev1.DeclineCase:
		return declineCase(c, cmd, f)
	case *gridcasev1.DispatchCase:
		return dispatchCase(c, cmd, f)
	case *gridcasev1.RecallDispatch:
		return recallDispatch(c, cmd, f)
	case *gridcasev1.SendBack:
		return sendBack(c, cmd, f)
	case *gridcasev1.SignTask:
		return signTask(c, cmd, f)
	case *gridcasev1.AssignHandler:
		return assignHandler(c, cmd, f)
	case *gridcasev1.RevokeHandler:
		return revokeHandler(c, cmd, f)
	case *gridcasev1.RequestReturn:
		return requestReturn(c, cmd, f)
	case *gridcasev1.DecideReturn:
		return decideReturn(c, cmd, f)
	case *gridcasev1.WithdrawReturn:
		return withdrawReturn(c, cmd, f)
	case *gridcasev1.ReportHandling:
		return reportHandling(c, cmd, f)
	case *gridcasev1.RequestInspection:
		return requestInspection(c, cmd, f)
	case *gridcasev1.SubmitInspection:
		return submitInspection(c, cmd, f)
	case *gridcasev1.OrderRework:
		return orderRework(c, cmd, f)
	case *gridcasev1.CloseCase:
		return closeCase(c, cmd, f)
	case *gridcasev1.ReopenCase:
		return reopenCase(c, cmd, f)
	case *gridcasev1.RelocateCase:
		return relocateCase(c, cmd, f)
	case *gridcasev1.ReclassifyCase:
		return reclassifyCase(c, cmd, f)
	case *gridcasev1.MergeCase:
		return mergeCase(c, cmd, f)
	case *gridcasev1.UnmergeCase:
		return unmergeCase(c, cmd, f)
	case *gridcasev1.SplitCase:
		return splitCase(c, cmd, f)
	case *gridcasev1.SetPriority:
		return setPriority(c, cmd, f)
	case *gridcasev1.RequestExtension:
		return requestExtension(c, cmd, f)
	case *gridcasev1.DecideExtension:
		return decideExtension(c, cmd, f)
	case *gridcasev1.RequestSuspension:
		return requestSuspension(c, cmd, f)
	case *gridcasev1.DecideSuspension:
		return decideSuspension(c, cmd, f)
	case *gridcasev1.ResumeCase:
		return resumeCase(c, cmd, f)
	case *gridcasev1.PassAudit:
		return passAudit(c, cmd, f)
	case *gridcasev1.RequestForceClose:
		return requestForceClose(c, cmd, f)
	case *gridcasev1.DecideForceClose:
		return decideForceClose(c, cmd, f)
	case *gridcasev1.RequestVoid:
		return requestVoid(c, cmd, f)
	case *gridcasev1.DecideVoid:
		return decideVoid(c, cmd, f)
	case *gridcasev1.UrgeCase:
		return urgeCase(c, cmd, f)
	case *gridcasev1.ReplyUrge:
		return replyUrge(c, cmd, f)
	case *gridcasev1.RecordVisit:
		return recordVisit(c, cmd, f)
	case *gridcasev1.RecordFeedback:
		return recordFeedback(c, cmd, f)
	case *gridcasev1.AppealOverdue:
		return appealOverdue(c, cmd, f)
	case *gridcasev1.ForwardAppeal:
		return forwardAppeal(c, cmd, f)
	case *gridcasev1.DecideAppeal:
		return decideAppeal(c, cmd, f)
	case *gridcasev1.AddAttachment:
		return addAttachment(c, cmd, f)
	case *gridcasev1.RedactAttachment:
		return redactAttachment(c, cmd, f)
	case *gridcasev1.AddNote:
		return addNote(c, cmd, f)
	}
	return decideSystem(c, cmd, f)
}

// decideSystem is the list of the process managers' commands.
func decideSystem(c *Case, cmd Command, f *Facts) (proto.Message, error) {
	switch cmd := cmd.(type) {
	case *gridcasev1.LinkDuplicate:
		return linkDuplicate(c, cmd, f)
	case *gridcasev1.UnlinkDuplicate:
		return unlinkDuplicate(c, cmd, f)
	case *gridcasev1.OfferUnmerge:
		return offerUnmerge(c, cmd, f)
	case *gridcasev1.SettleChild:
		return settleChild(c, cmd, f)
	case *gridcasev1.ReopenChild:
		return reopenChild(c, cmd, f)
	case *gridcasev1.WarnStage:
		return warnStage(c, cmd, f)
	case *gridcasev1.BreachStage:
		return breachStage(c, cmd, f)
	case *gridcasev1.EscalateCase:
		return escalateCase(c, cmd, f)
	case *gridcasev1.CorrectDeadline:
		return correctDeadline(c, cmd, f)
	}
	return nil, fault.New(fault.Internal, "command.unknown", "no rule knows the command %s", cmd.ProtoReflect().Descriptor().Name())
}

// NotFound is the refusal for a case that does not exist, and for one that the actor may not see: nobody learns the difference.
func NotFound() error {
	return fault.New(fault.NotFound, "case.not_found", "there is no such case in this district")
}
