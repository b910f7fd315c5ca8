package query

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// ListNearby lists cases that may be the same problem.
func (s *Service) ListNearby(context.Context, *gridcasev1.ListNearbyRequest) (*gridcasev1.ListNearbyResponse, error) {
	return nil, fault.New(fault.Internal, "nearby.missing", "not there yet")
}
