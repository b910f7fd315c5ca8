package dispatch

import (
	"context"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/reference"
)

// ManagerOptions are the settings of Managers.
type ManagerOptions struct {
	Log       *eventstore.Log
	Commands  *command.Service
	Directory *reference.Directory
	Deadlines deadlines.Deadlines // the sweep's view; its database may be away, for minutes without any moment being late
	Now       func() time.Time    // time.Now where nil
	Sweep     time.Duration       // how often the view is searched for what no timer told, and for what needs one soon; 60 s where 0
	Settle    time.Duration       // how long an importer is left alone with a case's history; 1 h where 0
	Logger    *zap.Logger
}

// Managers are the process managers: what follows from an event by itself. Timers are set and answered; other cases are told;
// cases are dispatched, verified and inspected by themselves where the district wants it. Each does so by an ordinary command, which the
// rules judge anew, with an id that follows from its cause: done twice, late, or by two processes, it is one event.
//
// # Decisions
//
// 2026-11: whoever brings in another system's records tells a case's history with its own times, and an event of now would stand against
// the rest of it. So a timer of an imported clock doesn't fire before the importer has been left alone for a while, and an imported event
// moves no case by itself.
//
// 2026-11: a timer is set when its moment comes soon, by the event that starts the clock or by the sweep, which reads the view of deadlines.
// Most clocks stop long before: while each had its timer from the beginning, and that was taken back, timers were a tenth of the CPU of a
// command. The price: a moment is recorded late where the views have been away for minutes until then, as it is where the broker has been; and
// a case goes up a level with the sweep, where that is not soon after its stage was overdue.
type Managers struct {
	log       *eventstore.Log
	commands  *command.Service
	directory *reference.Directory
	deadlines deadlines.Deadlines
	now       func() time.Time
	every     time.Duration
	ahead     time.Duration // how long before a moment its timer is set by the sweep
	settle    time.Duration
	logger    *zap.Logger

	consumer *eventstore.Consumer
	timers   *eventstore.Timers
	seen     versions
	settled  settled
}

// consumerName is the managers' durable position in each stream. Another version would read every stream anew.
const consumerName = "managers-v1"

const (
	// leastAhead is how long before a moment the sweep sets its timer, at least, but for the time between two sweeps.
	leastAhead = 5 * time.Minute
	// slack is how much earlier an event sets the timer itself: by so much the view may be behind when the sweep passes the moment.
	slack = 2 * time.Minute
)

// atOnce is how many events are answered at a time.
const atOnce = 8

// NewManagers returns the process managers.
func NewManagers(o ManagerOptions) *Managers {
	m := &Managers{log: o.Log, commands: o.Commands, directory: o.Directory, deadlines: o.Deadlines, now: o.Now, every: o.Sweep, settle: o.Settle, logger: o.Logger,
		timers: eventstore.NewTimers(o.Log)}
	if m.now == nil {
		m.now = time.Now
	}
	if m.every == 0 {
		m.every = time.Minute
	}
	m.ahead = max(leastAhead, 3*m.every)
	if m.settle == 0 {
		m.settle = time.Hour
	}
	if m.logger == nil {
		m.logger = zap.NewNop()
	}
	m.consumer = eventstore.NewConsumer(o.Log, eventstore.ConsumerOptions{Name: consumerName, Handle: m.take})
	return m
}

// Run works until ctx ends. It waits for the reference data; the broker's and the database's absence is waited out.
func (m *Managers) Run(ctx context.Context) error {
	for m.directory.Ready() != nil {
		if !pause(ctx, 50*time.Millisecond) {
			return ctx.Err()
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.consumer.Run(ctx) })
	g.Go(func() error { return m.timers.Run(ctx, m.fire) })
	g.Go(func() error { return m.each(ctx, m.setComing) })
	g.Go(func() error { return m.each(ctx, m.sweep) })
	return g.Wait()
}

// Parked is how many events and timers this process has failed to answer again and again. They are tried again every 10 minutes.
func (m *Managers) Parked() int { return m.consumer.Parked() + m.timers.Parked() }

// told is an event with what it says.
type told struct {
	eventstore.Event
	message proto.Message
}

// take answers events of one stream.
func (m *Managers) take(ctx context.Context, events []eventstore.Event) error {
	all := make([]told, len(events))
	for i := range events {
		message, err := events[i].Decode()
		if err != nil {
			return err
		}
		all[i] = told{events[i], message}
	}
	if err := m.setTimers(ctx, all); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range all {
		if answer := m.answer(&all[i]); answer != nil {
			g.Go(func() error { return answer(ctx) })
		}
	}
	return g.Wait()
}

// answer is what follows from an event by itself; nil: nothing. No event both implies something for another case and is among those below.
func (m *Managers) answer(e *told) func(context.Context) error {
	if command.Implies(e.message) {
		return func(ctx context.Context) error { return m.commands.FollowUp(ctx, e.Event, e.message) }
	}
	if e.Role == gridcasev1.Role_ROLE_IMPORTER {
		return nil
	}
	switch event := e.message.(type) {
	case *gridcasev1.CaseFiled:
		return func(ctx context.Context) error { return m.route(ctx, &e.Event, event) }
	case *gridcasev1.CaseReported:
		return func(ctx context.Context) error { return m.verify(ctx, &e.Event, event) }
	case *gridcasev1.HandlingReported:
		return func(ctx context.Context) error { return m.inspect(ctx, &e.Event, event) }
	}
	return nil
}

// order is a command to one case.
type order interface {
	proto.Message
	GetTarget() *gridcasev1.Target
}

// send gives the rules a command of the system. What they refuse is over, and refusal says why; err: it is to be sent again.
func (m *Managers) send(ctx context.Context, district string, cmd order) (refusal *fault.Error, err error) {
	_, err = m.commands.Do(ctx, access.System(district), cmd)
	if err == nil {
		return nil, nil
	}
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable:
		return nil, err
	}
	return fault.Of(err), nil
}

// known returns the newest reference data of a case's district. A case can't be without it, so it is about to come.
func (m *Managers) known(district string) (*reference.District, error) {
	d, err := m.directory.District(district)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Code: "district.away", Cause: err, Text: "the reference data of the district is not here yet"}
	}
	return d, nil
}

// pause waits, or returns false as soon as ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
