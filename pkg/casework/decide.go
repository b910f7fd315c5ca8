package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Decide returns the events that cmd yields for c, or a *fault.Error that says what stands against it. It is the whole list of commands.
func Decide(c Case, cmd Command, f Facts) ([]proto.Message, error) {
	e, err := decide(&c, cmd, &f)
	if err != nil {
		return nil, err
	}
	return []proto.Message{e}, nil
}

func decide(c *Case, cmd Command, f *Facts) (proto.Message, error) {
	report, isReport := cmd.(*gridcasev1.ReportCase)
	if isReport {
		return reportCase(c, report, f)
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
	case *gridcasev1.AddNote:
		return addNote(c, cmd, f)
	}
	return nil, fault.New(fault.Internal, "command.unknown", "no rule knows the command %s", cmd.ProtoReflect().Descriptor().Name())
}

// NotFound is the refusal for a case that does not exist, and for one that the actor may not see: nobody learns the difference.
func NotFound() error {
	return fault.New(fault.NotFound, "case.not_found", "there is no such case in this district")
}
