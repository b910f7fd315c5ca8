package query

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
)

// GetReceipt answers: what became of this command of mine? It tells what the command's own answer told, no matter whether the case is still
// the actor's to see.
func (s *Service) GetReceipt(ctx context.Context, q *gridcasev1.GetReceiptRequest) (*gridcasev1.GetReceiptResponse, error) {
	actor := api.Actor(ctx)
	district, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	fresh, err := s.o.Tracker.Wait(ctx, district, q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	receipt, at, err := s.timelines.Receipt(ctx, district, actor.ID, q.GetCommandId())
	if err != nil {
		return nil, unavailable(err)
	}
	if receipt == nil {
		return nil, fault.New(fault.NotFound, "receipt.not_found", "no command of yours with this id is in the read models: send it again, the same id is stored once")
	}
	found, err := s.cases.Get(ctx, access.Scope{District: district, All: true}, &gridcasev1.CaseRef{CaseId: receipt.GetCaseId()})
	if err != nil {
		return nil, unavailable(err)
	}
	receipt.Number = found.GetNumber()
	return &gridcasev1.GetReceiptResponse{Receipt: receipt, At: timestamppb.New(at), Freshness: fresh}, nil
}
