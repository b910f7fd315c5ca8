// Package intake serves the commands of those who are out there: grid workers, departments, citizens, integrations, imports. It owns no rule:
// each call is one command, and pkg/command takes it.
package intake

import (
	"context"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// Options are what the service is made of.
type Options struct {
	Commands *command.Service
	Leases   *eventstore.Leases
}

// Service is FieldService.
type Service struct{ o Options }

// New returns the service.
func New(o Options) *Service { return &Service{o: o} }

// Register adds the service to a server.
func (s *Service) Register(server *connect.Server) {
	gridcasev1connect.RegisterFieldServiceHandler(server, s)
}

// order is a command to one case.
type order interface {
	proto.Message
	GetTarget() *gridcasev1.Target
}

// do takes a command. Who holds the case and works on it goes on to hold it.
func (s *Service) do(ctx context.Context, cmd order) (*gridcasev1.Receipt, error) {
	actor := api.Actor(ctx)
	receipt, err := s.o.Commands.Do(ctx, actor, cmd)
	if err == nil {
		s.o.Leases.Touch(receipt.GetDistrict(), receipt.GetCaseId(), actor.ID)
	}
	return receipt, err
}

// ReportCase opens a case.
func (s *Service) ReportCase(ctx context.Context, cmd *gridcasev1.ReportCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// AmendReport corrects a report before it is filed.
func (s *Service) AmendReport(ctx context.Context, cmd *gridcasev1.AmendReport) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// SubmitVerification says what was found on the spot before filing.
func (s *Service) SubmitVerification(ctx context.Context, cmd *gridcasev1.SubmitVerification) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// SignTask takes the task for the department.
func (s *Service) SignTask(ctx context.Context, cmd *gridcasev1.SignTask) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// AssignHandler names who handles.
func (s *Service) AssignHandler(ctx context.Context, cmd *gridcasev1.AssignHandler) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RevokeHandler takes the task from the handler.
func (s *Service) RevokeHandler(ctx context.Context, cmd *gridcasev1.RevokeHandler) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RequestReturn asks the dispatcher to take the case back.
func (s *Service) RequestReturn(ctx context.Context, cmd *gridcasev1.RequestReturn) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// WithdrawReturn takes a requested return back.
func (s *Service) WithdrawReturn(ctx context.Context, cmd *gridcasev1.WithdrawReturn) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ReportHandling says that the department is done.
func (s *Service) ReportHandling(ctx context.Context, cmd *gridcasev1.ReportHandling) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// SubmitInspection says what was seen on the spot after handling.
func (s *Service) SubmitInspection(ctx context.Context, cmd *gridcasev1.SubmitInspection) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ReportAndFix opens a case that its reporter has fixed on the spot.
func (s *Service) ReportAndFix(ctx context.Context, cmd *gridcasev1.ReportAndFix) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RequestExtension asks for one more limit.
func (s *Service) RequestExtension(ctx context.Context, cmd *gridcasev1.RequestExtension) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RequestSuspension asks to lay the case aside until a day.
func (s *Service) RequestSuspension(ctx context.Context, cmd *gridcasev1.RequestSuspension) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ReplyUrge answers an urging.
func (s *Service) ReplyUrge(ctx context.Context, cmd *gridcasev1.ReplyUrge) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RecordFeedback says what the reporter thinks of the result.
func (s *Service) RecordFeedback(ctx context.Context, cmd *gridcasev1.RecordFeedback) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// AppealOverdue appeals against being counted as overdue.
func (s *Service) AppealOverdue(ctx context.Context, cmd *gridcasev1.AppealOverdue) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// AddAttachment puts a file to the case.
func (s *Service) AddAttachment(ctx context.Context, cmd *gridcasev1.AddAttachment) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// AddNote records a remark.
func (s *Service) AddNote(ctx context.Context, cmd *gridcasev1.AddNote) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}
