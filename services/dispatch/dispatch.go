// Package dispatch serves the commands of the two centres: accept, file, dispatch, decide, close; the operator's reference data; and the
// queues, from which it gives each case to one desk at a time. It owns no rule: each command goes to pkg/command, which takes it.
package dispatch

import (
	"context"

	"connectrpc.com/connect/v2"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference"
)

// Options are what the service is made of.
type Options struct {
	Commands  *command.Service
	Directory *reference.Directory
	Access    *access.Access
	Cases     casestatus.Cases // the view in which duplicates are looked for; its database may be away
	Queues    workqueue.Queues // the view from which cases are given out; its database may be away
	Leases    *eventstore.Leases
	Stop      <-chan struct{} // closed when the process is to end: who waits for a case is answered then
}

// Service is DeskService.
type Service struct {
	o      Options
	fronts fronts
}

// New returns the service.
func New(o Options) *Service {
	return &Service{o: o, fronts: fronts{view: o.Queues, all: map[queueName]*front{}}}
}

// Register adds the service to a server.
func (s *Service) Register(server *connect.Server) {
	gridcasev1connect.RegisterDeskServiceHandler(server, s)
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

// RequestVerification sends a grid worker to verify a report.
func (s *Service) RequestVerification(ctx context.Context, cmd *gridcasev1.RequestVerification) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// FileCase makes the report a case.
func (s *Service) FileCase(ctx context.Context, cmd *gridcasev1.FileCase) (*gridcasev1.Receipt, error) {
	if err := s.checkDuplicates(ctx, api.Actor(ctx), cmd); err != nil {
		return nil, err
	}
	return s.do(ctx, cmd)
}

// DeclineCase ends a report that is no case.
func (s *Service) DeclineCase(ctx context.Context, cmd *gridcasev1.DeclineCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DispatchCase sends the case to one lead department.
func (s *Service) DispatchCase(ctx context.Context, cmd *gridcasev1.DispatchCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RecallDispatch takes the case back from the department.
func (s *Service) RecallDispatch(ctx context.Context, cmd *gridcasev1.RecallDispatch) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// SendBack returns a filed case to the acceptor.
func (s *Service) SendBack(ctx context.Context, cmd *gridcasev1.SendBack) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DecideReturn answers a requested return.
func (s *Service) DecideReturn(ctx context.Context, cmd *gridcasev1.DecideReturn) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RequestInspection sends a grid worker to see the result.
func (s *Service) RequestInspection(ctx context.Context, cmd *gridcasev1.RequestInspection) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// OrderRework sends the case back to the same department.
func (s *Service) OrderRework(ctx context.Context, cmd *gridcasev1.OrderRework) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// CloseCase ends the case.
func (s *Service) CloseCase(ctx context.Context, cmd *gridcasev1.CloseCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ReopenCase takes up an ended case again.
func (s *Service) ReopenCase(ctx context.Context, cmd *gridcasev1.ReopenCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RelocateCase moves the case within its district.
func (s *Service) RelocateCase(ctx context.Context, cmd *gridcasev1.RelocateCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ReclassifyCase gives the case another type or condition.
func (s *Service) ReclassifyCase(ctx context.Context, cmd *gridcasev1.ReclassifyCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// MergeCase ends a case that another one stands for.
func (s *Service) MergeCase(ctx context.Context, cmd *gridcasev1.MergeCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// UnmergeCase takes a merged case up by itself again.
func (s *Service) UnmergeCase(ctx context.Context, cmd *gridcasev1.UnmergeCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// SplitCase divides a case into children.
func (s *Service) SplitCase(ctx context.Context, cmd *gridcasev1.SplitCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// SetPriority changes how urgent the case is.
func (s *Service) SetPriority(ctx context.Context, cmd *gridcasev1.SetPriority) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DecideExtension answers a requested extension.
func (s *Service) DecideExtension(ctx context.Context, cmd *gridcasev1.DecideExtension) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DecideSuspension answers a requested suspension.
func (s *Service) DecideSuspension(ctx context.Context, cmd *gridcasev1.DecideSuspension) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ResumeCase takes a suspended case up again.
func (s *Service) ResumeCase(ctx context.Context, cmd *gridcasev1.ResumeCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// PassAudit says that a self-fix is in order.
func (s *Service) PassAudit(ctx context.Context, cmd *gridcasev1.PassAudit) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RequestForceClose asks to close the case without its usual way.
func (s *Service) RequestForceClose(ctx context.Context, cmd *gridcasev1.RequestForceClose) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DecideForceClose answers a requested force close.
func (s *Service) DecideForceClose(ctx context.Context, cmd *gridcasev1.DecideForceClose) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RequestVoid asks to void the case.
func (s *Service) RequestVoid(ctx context.Context, cmd *gridcasev1.RequestVoid) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DecideVoid answers a requested void.
func (s *Service) DecideVoid(ctx context.Context, cmd *gridcasev1.DecideVoid) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// UrgeCase presses for progress.
func (s *Service) UrgeCase(ctx context.Context, cmd *gridcasev1.UrgeCase) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RecordVisit says how the reporter was reached after closing.
func (s *Service) RecordVisit(ctx context.Context, cmd *gridcasev1.RecordVisit) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// ForwardAppeal hands an appeal on to the acceptor.
func (s *Service) ForwardAppeal(ctx context.Context, cmd *gridcasev1.ForwardAppeal) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// DecideAppeal answers an appeal.
func (s *Service) DecideAppeal(ctx context.Context, cmd *gridcasev1.DecideAppeal) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// RedactAttachment hides a file of the case.
func (s *Service) RedactAttachment(ctx context.Context, cmd *gridcasev1.RedactAttachment) (*gridcasev1.Receipt, error) {
	return s.do(ctx, cmd)
}

// PublishGrids adds a version of a district's areas.
func (s *Service) PublishGrids(ctx context.Context, cmd *gridcasev1.PublishGrids) (*gridcasev1.Published, error) {
	return s.o.Directory.PublishGrids(ctx, cmd)
}

// PublishCatalogue adds a version of a district's case types.
func (s *Service) PublishCatalogue(ctx context.Context, cmd *gridcasev1.PublishCatalogue) (*gridcasev1.Published, error) {
	return s.o.Directory.PublishCatalogue(ctx, cmd)
}

// PublishCalendar adds a version of a district's working time.
func (s *Service) PublishCalendar(ctx context.Context, cmd *gridcasev1.PublishCalendar) (*gridcasev1.Published, error) {
	return s.o.Directory.PublishCalendar(ctx, cmd)
}

// PublishAccess adds a version of a district's users and departments.
func (s *Service) PublishAccess(ctx context.Context, cmd *gridcasev1.PublishAccess) (*gridcasev1.Published, error) {
	return s.o.Directory.PublishAccess(ctx, cmd)
}
