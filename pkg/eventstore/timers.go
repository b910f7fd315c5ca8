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

// Timer is a moment at which a case is to be looked at. There is one of each kind, stage and level a case.
type Timer struct {
	District string           `json:"district"`
	CaseID   string           `json:"case_id"`
	Stage    gridcasev1.Stage `json:"stage,omitempty"`
	Kind     TimerKind        `json:"kind"`
	Level    uint32           `json:"level,omitempty"` // of an escalation
	At       time.Time        `json:"at"`
	Due      time.Time        `json:"due"` // the due time that it was set for
}

// timersAtOnce is how many timers are set, cancelled or fired at a time.
const timersAtOnce = 16

// Timers are the moments at which cases are to be looked at, as scheduled messages in a stream of their own. None is truth: all can be set
// again from the log or a view.
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
	return fmt.Sprintf("timers.%s.%s.%s.%d.%s-%d", of, t.District, t.CaseID, t.Stage, t.Kind, t.Level)
}

// Set sets timers, in the place of those of the same case, stage, kind and level. An Unavailable fault: some may not be set.
func (t *Timers) Set(ctx context.Context, timers []Timer) error {
	return t.each(ctx, timers, func(ctx context.Context, timer Timer) error { return t.schedule(ctx, timer) })
}

// Restore sets those timers that lack.
func (t *Timers) Restore(ctx context.Context, timers []Timer) error {
	return t.each(ctx, timers, func(ctx context.Context, timer Timer) error {
		err := t.schedule(ctx, timer, jetstream.WithExpectLastSequencePerSubject(0))
		if codeOf(err) == codeWrongSequence || codeOf(err) == codeInFlight {
			return nil // it is there
		}
		return err
	})
}

// Cancel takes back the timers of a stage; of no stage: every timer of the case.
func (t *Timers) Cancel(ctx context.Context, district, caseID string, stage gridcasev1.Stage) error {
	filter := fmt.Sprintf("timers.set.%s.%s.%d.*", district, caseID, stage)
	if stage == gridcasev1.Stage_STAGE_UNSPECIFIED {
		filter = fmt.Sprintf("timers.set.%s.%s.>", district, caseID)
	}
	if err := t.open(ctx); err != nil {
		return err
	}
	return t.purge(ctx, filter, 0)
}

// Run hands each timer that fires to handle until ctx ends, several at a time. Nil: it is done with. An error: it is tried again, for ever;
// after many tries every 10 minutes. A timer may fire late, twice, and after it was cancelled.
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

// each calls act for every timer, several at a time.
func (t *Timers) each(ctx context.Context, timers []Timer, act func(context.Context, Timer) error) error {
	if err := t.open(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(timersAtOnce)
	for _, timer := range timers {
		g.Go(func() error { return act(ctx, timer) })
	}
	return g.Wait()
}

// schedule stores a timer. The moment is written here in full: the client library cuts it to whole seconds, and it would fire early.
func (t *Timers) schedule(ctx context.Context, timer Timer, o ...jetstream.PublishOpt) error {
	data, err := json.Marshal(timer)
	if err != nil {
		return fmt.Errorf("encode a timer: %w", err)
	}
	m := nats.NewMsg(timer.subject("set"))
	m.Header.Set("Nats-Schedule", "@at "+timer.At.UTC().Format(time.RFC3339Nano))
	m.Header.Set("Nats-Schedule-Target", timer.subject("due"))
	m.Data = data
	return t.send(ctx, m, o...)
}
