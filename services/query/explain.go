package query

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// ExplainCase says how each deadline of a case came about.
func (s *Service) ExplainCase(context.Context, *gridcasev1.ExplainCaseRequest) (*gridcasev1.ExplainCaseResponse, error) {
	return nil, fault.New(fault.Internal, "explain.missing", "not there yet")
}
