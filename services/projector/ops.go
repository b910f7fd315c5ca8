package projector

import (
	"context"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
)

// Ops is OpsService: an operator's hand on the projector, from any process that has the log and the database.
type Ops struct {
	control projection.Control
	log     *eventstore.Log
	now     func() time.Time
}

// NewOps returns the service.
func NewOps(pool *postgres.Pool, log *eventstore.Log) *Ops {
	return &Ops{control: projection.Control{Pool: pool, Log: log}, log: log, now: time.Now}
}

// Register adds the service to a server.
func (o *Ops) Register(server *connect.Server) {
	gridcasev1connect.RegisterOpsServiceHandler(server, o)
}

// ListViews answers: how far is each view, what is being rebuilt, what is kept, what is halted?
func (o *Ops) ListViews(ctx context.Context, q *gridcasev1.ListViewsRequest) (*gridcasev1.ListViewsResponse, error) {
	all, err := o.control.Generations(ctx)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListViewsResponse{}
	for i := range all {
		if q.GetView() == "" || q.GetView() == all[i].View {
			answer.Generations = append(answer.Generations, shown(&all[i], o.now()))
		}
	}
	return answer, nil
}

// RebuildView fills a view from the log once more.
func (o *Ops) RebuildView(ctx context.Context, q *gridcasev1.RebuildViewRequest) (*gridcasev1.RebuildViewResponse, error) {
	number, err := o.control.Rebuild(ctx, q.GetView())
	if err != nil {
		return nil, err
	}
	return &gridcasev1.RebuildViewResponse{Generation: uint32(number)}, nil
}

// RollBackView lets the generation serve again that served before.
func (o *Ops) RollBackView(ctx context.Context, q *gridcasev1.RollBackViewRequest) (*gridcasev1.RollBackViewResponse, error) {
	number, err := o.control.Back(ctx, q.GetView())
	if err != nil {
		return nil, err
	}
	return &gridcasev1.RollBackViewResponse{Generation: uint32(number)}, nil
}

// DropView drops what is kept of a view, and gives up what is being rebuilt of it.
func (o *Ops) DropView(ctx context.Context, q *gridcasev1.DropViewRequest) (*gridcasev1.DropViewResponse, error) {
	dropped, err := o.control.Drop(ctx, q.GetView())
	if err != nil {
		return nil, err
	}
	return &gridcasev1.DropViewResponse{Dropped: uint32(dropped)}, nil
}

var states = map[string]gridcasev1.GenerationState{
	projection.Serving:  gridcasev1.GenerationState_GENERATION_STATE_SERVING,
	projection.Building: gridcasev1.GenerationState_GENERATION_STATE_BUILDING,
	projection.Kept:     gridcasev1.GenerationState_GENERATION_STATE_KEPT,
}

// shown is a generation as the API tells it.
func shown(g *projection.Generation, now time.Time) *gridcasev1.Generation {
	held, total := g.Held()
	out := &gridcasev1.Generation{View: g.View, Version: uint32(g.Version), Number: uint32(g.Number), State: states[g.State], Began: timestamppb.New(g.Began), Base: g.Base,
		Events: held, Total: total, Quarantined: uint32(g.Parked)}
	if !g.Since.IsZero() {
		out.Since = timestamppb.New(g.Since)
	}
	for _, p := range g.Streams {
		out.Streams = append(out.Streams, &gridcasev1.StreamProgress{Stream: p.Stream, Held: p.Held, Last: p.Last, Halted: p.Halted, Sorted: p.Sorted})
	}
	if took := now.Sub(g.Began).Seconds(); g.State == projection.Building && took > 0 && held > g.Base {
		out.EventsPerSecond = float64(held-g.Base) / took
		out.SecondsLeft = float64(total-held) / out.EventsPerSecond
	}
	return out
}
