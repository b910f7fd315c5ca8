package dispatch

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// TakeNext gives the most urgent free case of a queue to the caller.
func (s *Service) TakeNext(context.Context, *gridcasev1.TakeNextRequest) (*gridcasev1.TakeNextResponse, error) {
	return nil, fault.New(fault.Internal, "lease.missing", "not there yet")
}

// RenewLease keeps a case that the caller holds.
func (s *Service) RenewLease(context.Context, *gridcasev1.RenewLeaseRequest) (*gridcasev1.Lease, error) {
	return nil, fault.New(fault.Internal, "lease.missing", "not there yet")
}

// ReleaseLease gives a case back.
func (s *Service) ReleaseLease(context.Context, *gridcasev1.ReleaseLeaseRequest) (*gridcasev1.ReleaseLeaseResponse, error) {
	return nil, fault.New(fault.Internal, "lease.missing", "not there yet")
}
