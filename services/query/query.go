// Package query serves what the projector made of the log: cases, timelines, the grid map, queues. It owns the paging and the scope of each
// answer, and how fresh it is. It never writes, and a sealed value leaves it by RevealCase alone.
package query

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect/v2"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/hotspots"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/vault"
)

// Options are what the service is made of.
type Options struct {
	Pool      *postgres.Pool
	Log       *eventstore.Log
	Directory *reference.Directory
	Access    *access.Access
	Vault     *vault.Vault
	Tracker   *readmodel.Tracker
	Leases    *eventstore.Leases
	Logger    *zap.Logger
}

// Service is QueryService.
type Service struct {
	o         Options
	cases     casestatus.Cases
	timelines timeline.Timelines
	counts    gridstatus.Counts
	queues    workqueue.Queues
	clocks    deadlines.Deadlines
	past      history.Past
	spots     hotspots.Spots
	texts     search.Index
	readings  chan struct{} // of whole logs, at the same time
	whatIf    chan struct{} // one comparison at a time
}

// New returns the service.
func New(o Options) *Service {
	return &Service{o: o, cases: casestatus.Cases{Pool: o.Pool}, timelines: timeline.Timelines{Pool: o.Pool}, counts: gridstatus.Counts{Pool: o.Pool}, queues: workqueue.Queues{Pool: o.Pool}, clocks: deadlines.Deadlines{Pool: o.Pool},
		past: history.Past{Pool: o.Pool}, spots: hotspots.Spots{Pool: o.Pool}, texts: search.Index{Pool: o.Pool}, readings: make(chan struct{}, 2), whatIf: make(chan struct{}, 1)}
}

// Register adds the service to a server.
func (s *Service) Register(server *connect.Server) {
	gridcasev1connect.RegisterQueryServiceHandler(server, s)
}

// scope is what the actor sees of the district that a request means.
func (s *Service) scope(ctx context.Context, named string) (access.Scope, error) {
	actor := api.Actor(ctx)
	district, err := s.o.Access.District(actor, named)
	return actor.Scope(district), err
}

// unavailable is what a reader hears when the views can't be read. Faults pass.
func unavailable(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Code: "views.unavailable", After: 2 * time.Second, Cause: err,
		Text: "the read models can't be read now and nothing fresh can be shown; commands are taken all the same"}
}

// page is a limit within its bounds.
func page(asked uint32, usual int) int {
	if asked == 0 {
		return usual
	}
	return int(asked)
}

// notFound is the answer for a case that isn't there, and for one out of scope.
func notFound() error {
	return fault.New(fault.NotFound, "case.not_found", "there is no such case in this district")
}

// find waits for the positions and returns the case, if the actor sees it.
func (s *Service) find(ctx context.Context, ref *gridcasev1.CaseRef, atLeast []string) (*gridcasev1.CaseStatus, *gridcasev1.Freshness, error) {
	scope, err := s.scope(ctx, ref.GetDistrict())
	if err != nil {
		return nil, nil, err
	}
	fresh, err := s.o.Tracker.Wait(ctx, scope.District, atLeast)
	if err != nil {
		return nil, nil, err
	}
	found, err := s.cases.Get(ctx, scope, ref)
	if err != nil {
		return nil, nil, unavailable(err)
	}
	if found == nil && fresh.GetStale() && len(atLeast) > 0 {
		return nil, nil, &fault.Error{Kind: fault.Unavailable, Code: "views.behind", After: time.Second, Text: "the read models have not reached the positions that are asked for; try again"}
	}
	if found == nil {
		return nil, nil, notFound()
	}
	s.o.Tracker.Mark(fresh, found.GetDistrict(), found.GetCaseId())
	return found, fresh, nil
}
