package query

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// GetKpis gives the figures of a period.
func (s *Service) GetKpis(context.Context, *gridcasev1.GetKpisRequest) (*gridcasev1.GetKpisResponse, error) {
	return nil, fault.New(fault.Internal, "kpi.missing", "not there yet")
}
