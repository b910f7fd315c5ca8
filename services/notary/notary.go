// Package notary shows that the log is what it was: it signs each log's root once a day, audits every stream of evidence and the views, and
// writes proofs of single cases. It owns EvidenceService, the key of the roots, and what it remembers having signed. It never writes an event and never
// mends what it finds.
//
// # Decisions
//
// 2026-11: a root is signed only of a log that was walked from its first event on, is sound, and holds every root that was ever signed of it:
// those in the broker, and the last one in the data directory, which a broker that was set back does not have. The walk costs some
// twenty seconds a million events and day.
package notary

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/refold"
)

// Options are what a notary is made of.
type Options struct {
	Log    *eventstore.Log
	Pool   *postgres.Pool // of the views; its database may be away
	Views  []projection.View
	Access *access.Access
	Key    evidence.Key
	Dir    string           // where the last root of each log is remembered
	Now    func() time.Time // time.Now where nil
	Every  time.Duration    // how often it looks whether a root is due; 5 minutes where 0
	Logger *zap.Logger
}

// Notary is EvidenceService, and the signing of the daily roots.
type Notary struct {
	o      Options
	memory memory
	fresh  refold.Refold
	turns  chan struct{} // who reads a whole log holds one

	mu      sync.Mutex
	refused map[string]time.Time // when a log's root was refused, by its name
}

// atOnce is how many audits, proofs and signings read a log at a time: each holds all its cases in memory.
const atOnce = 2

// New returns a notary.
func New(o Options) *Notary {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every == 0 {
		o.Every = 5 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return &Notary{o: o, memory: memory{o.Dir}, fresh: refold.Refold{Pool: o.Pool, Log: o.Log, Views: o.Views}, turns: make(chan struct{}, atOnce), refused: map[string]time.Time{}}
}

// Register adds the service to a server.
func (n *Notary) Register(server *connect.Server) {
	gridcasev1connect.RegisterEvidenceServiceHandler(server, n)
}

// turn waits until a log may be read, and returns what ends that.
func (n *Notary) turn(ctx context.Context) (end func(), err error) {
	select {
	case n.turns <- struct{}{}:
		return func() { <-n.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stream returns the log that a request names, if the actor may see its district.
func (n *Notary) stream(ctx context.Context, district string, year uint32) (eventstore.Stream, error) {
	district, err := n.o.Access.District(api.Actor(ctx), district)
	if err != nil {
		return eventstore.Stream{}, err
	}
	s, err := n.o.Log.Stream(ctx, district, int(year))
	if errors.Is(err, eventstore.ErrNoStream) {
		return s, fault.New(fault.NotFound, "log.no_year", "district %s has no log of %d", district, year)
	}
	return s, err
}

// ListLogs answers: which logs are there, how long is each, and which root of it was signed last?
func (n *Notary) ListLogs(ctx context.Context, q *gridcasev1.ListLogsRequest) (*gridcasev1.ListLogsResponse, error) {
	streams, err := n.o.Log.Streams(ctx)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListLogsResponse{Key: n.o.Key.Public()}
	for _, s := range streams {
		if q.GetDistrict() != "" && q.GetDistrict() != s.District || q.GetYear() != 0 && int(q.GetYear()) != s.Year {
			continue
		}
		stored, err := n.o.Log.LastRoot(ctx, s)
		if err != nil {
			return nil, err
		}
		log := &gridcasev1.CaseLog{District: s.District, Year: uint32(s.Year), Last: s.Last}
		if stored != nil {
			log.Root = n.show(stored.Note)
		}
		answer.Logs = append(answer.Logs, log)
	}
	return answer, nil
}

// ListRoots answers: which roots of this log were signed?
func (n *Notary) ListRoots(ctx context.Context, q *gridcasev1.ListRootsRequest) (*gridcasev1.ListRootsResponse, error) {
	s, err := n.stream(ctx, q.GetDistrict(), q.GetYear())
	if err != nil {
		return nil, err
	}
	stored, err := n.o.Log.Roots(ctx, s)
	if err != nil {
		return nil, err
	}
	stored, next, err := api.Page(stored, func(r eventstore.SignedRoot) string { return fmt.Sprintf("%020d", r.Seq) }, q.GetPage(), q.GetLimit())
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListRootsResponse{Key: n.o.Key.Public(), NextPage: next}
	for _, r := range stored {
		answer.Roots = append(answer.Roots, n.show(r.Note))
	}
	return answer, nil
}

// show is a root as the API tells it. One that this notary's key did not sign is shown as it is, without size and time.
func (n *Notary) show(signed string) *gridcasev1.Root {
	r, err := evidence.OpenRoot(signed, n.o.Key.Public())
	if err != nil {
		return &gridcasev1.Root{Checkpoint: signed}
	}
	return &gridcasev1.Root{Size: r.Size, SignedAt: timestamppb.New(r.SignedAt), Checkpoint: signed}
}
