package dispatch

import (
	"context"
	"time"

	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// codeEarly is the rules' answer to a timer whose moment has not come.
const codeEarly = "timer.early"

// again is how long after it came early a timer is tried once more.
const again = 10 * time.Second

// fire answers a timer. Where the broker's clock is ahead of ours, or the rules count otherwise, it is set again.
func (m *Managers) fire(ctx context.Context, t eventstore.Timer) error {
	if m.now().Before(t.At) {
		return m.timers.Set(ctx, []eventstore.Timer{t})
	}
	early, err := m.record(ctx, t)
	if err != nil || !early {
		return err
	}
	t.At = m.now().UTC().Add(again)
	return m.timers.Set(ctx, []eventstore.Timer{t})
}

// record sends the command of a timer; early: its moment has not come.
func (m *Managers) record(ctx context.Context, t eventstore.Timer) (early bool, err error) {
	if t.Kind == eventstore.TimerEscalate { // being overdue comes first
		breach := t
		breach.Kind, breach.Level = eventstore.TimerBreach, 0
		if early, err := m.record(ctx, breach); early || err != nil {
			return early, err
		}
	}
	cmd := commandOf(t)
	if cmd == nil {
		m.logger.Error("timer of an unknown kind is dropped", zap.String("kind", string(t.Kind)))
		return false, nil
	}
	refusal, err := m.send(ctx, t.District, cmd)
	return refusal != nil && refusal.Code == codeEarly, err
}

// commandOf is what a timer tells the rules; nil where this build doesn't know its kind.
func commandOf(t eventstore.Timer) order {
	due := timestamppb.New(t.Due)
	to := target(t.District, t.CaseID, t.Kind, t.Stage, t.Level, t.Due.UTC().Format(time.RFC3339Nano))
	switch t.Kind {
	case eventstore.TimerWarn:
		return &gridcasev1.WarnStage{Target: to, Stage: t.Stage, Due: due}
	case eventstore.TimerBreach:
		return &gridcasev1.BreachStage{Target: to, Stage: t.Stage, Due: due}
	case eventstore.TimerEscalate:
		return &gridcasev1.EscalateCase{Target: to, Stage: t.Stage, Due: due, Level: t.Level}
	case eventstore.TimerResume:
		return &gridcasev1.ResumeCase{Target: to}
	}
	return nil
}
