package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// TimerKind is what a timer is for.
type TimerKind string

// The kinds.
const (
	TimerWarn     TimerKind = "warn"     // 80 % of a stage's limit are used
	TimerBreach   TimerKind = "breach"   // a stage is overdue
	TimerEscalate TimerKind = "escalate" // a stage is overdue for so long that it goes up to a level
	TimerResume   TimerKind = "resume"   // a suspension is over; of no stage
)

// Timer is the next moment at which a clock of a case is to be looked at. A clock has one at a time.
type Timer struct {
	District  string           `json:"district"`
	CaseID    string           `json:"case_id"`
	Stage     gridcasev1.Stage `json:"stage,omitempty"`
	Kind      TimerKind        `json:"kind"`
	Level     uint32           `json:"level,omitempty"` // of an escalation
	At        time.Time        `json:"at"`
	NotBefore time.Time        `json:"not_before,omitzero"` // where it is later than At, the timer fires then
	Due       time.Time        `json:"due"`                 // the due time that it was set for
}

// Fires is when a timer fires.
func (t Timer) Fires() time.Time {
	if t.NotBefore.After(t.At) {
		return t.NotBefore
	}
	return t.At
}

// timersAtOnce is how many timers that fire are handled at a time.
const timersAtOnce = 16

// Timers are the moments at which cases are to be looked at, as scheduled messages in a stream of their own. None is truth: all can be set
// again from the log or a view.
//
// # Decisions
//
// 2026-11: a clock has one timer, its next moment, and the one who answers it sets the one after: three messages a clock were a tenth of the
// process. None is taken back: what fires for a clock that has stopped or moved is answered as stale. A purge would leave its schedule in
// the server's memory, and in a file that it reads at its start, until its time has come (nats-server 2.15), and an empty message in its
// place costs as much as the timer. So whoever sets timers sets those of the next minutes alone.
type Timers struct {
	log *Log
	lot parkingLot
}

// NewTimers returns the timers beside a log.
func NewTimers(l *Log) *Timers { return &Timers{log: l} }

// Parked is how many fired timers this process has given up on for now.
func (t *Timers) Parked() int { return t.lot.size() }

// subject is where a timer lies until it fires, or with due for set: where it then comes to.
func (t Timer) subject(of string) string {
	return fmt.Sprintf("timers.%s.%s.%s.%d", of, t.District, t.CaseID, t.Stage)
}

// Set sets timers, in the place of those of the same clocks. An Unavailable fault: some may not be set.
func (t *Timers) Set(ctx context.Context, timers []Timer) error {
	return t.each(ctx, timers)
}

// Restore sets those timers whose clocks have none.
func (t *Timers) Restore(ctx context.Context, timers []Timer) error {
	return t.each(ctx, timers, jetstream.WithExpectLastSequencePerSubject(0))
}

// Run hands each timer that fires to handle until ctx ends, several at a time. Nil: it is done with. An error: it is tried again, for ever;
// after many tries every 10 minutes. A timer may fire late, twice, and when its clock has stopped.
func (t *Timers) Run(ctx context.Context, handle func(context.Context, Timer) error) error {
	for {
		err := t.open(ctx)
		if err == nil {
			err = t.log.work(ctx, duty{stream: timersStream, name: timersDuty, filter: "timers.due.>", lot: &t.lot, handle: func(ctx context.Context, fired []jetstream.Msg) error {
				return t.fire(ctx, fired, handle)
			}})
		}
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			t.log.opened.Delete(timersStream)
		}
		if !wait(ctx, 500*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// fire hands fired timers on and deletes each that is done with.
func (t *Timers) fire(ctx context.Context, fired []jetstream.Msg, handle func(context.Context, Timer) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(timersAtOnce)
	for _, m := range fired {
		g.Go(func() error {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("read metadata: %w", err)
			}
			var timer Timer
			if err := json.Unmarshal(m.Data(), &timer); err != nil {
				return fmt.Errorf("read a timer: %w", err)
			}
			if err := handle(ctx, timer); err != nil {
				return err
			}
			return t.purge(ctx, m.Subject(), meta.Sequence.Stream+1) // a newer one of the same name stays
		})
	}
	return g.Wait()
}

// each publishes timers, all at once.
func (t *Timers) each(ctx context.Context, timers []Timer, o ...jetstream.PublishOpt) error {
	msgs := make([]*nats.Msg, len(timers))
	for i, timer := range timers {
		var err error
		if msgs[i], err = scheduled(timer); err != nil {
			return err
		}
	}
	return t.send(ctx, msgs, o...)
}

// scheduled is the message that is a timer. The moment is written here in full: the client library cuts it to whole seconds, and it would fire
// early.
func scheduled(t Timer) (*nats.Msg, error) {
	data, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode a timer: %w", err)
	}
	m := nats.NewMsg(t.subject("set"))
	m.Header.Set("Nats-Schedule", "@at "+t.Fires().UTC().Format(time.RFC3339Nano))
	m.Header.Set("Nats-Schedule-Target", t.subject("due"))
	m.Data = data
	return m, nil
}
