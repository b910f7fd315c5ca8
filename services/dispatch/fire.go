package dispatch

import (
	"context"
	"time"

	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// The rules' answers to a timer whose moment has not come, and to one whose clock has stopped or moved.
const (
	codeEarly = "timer.early"
	codeStale = "timer.stale"
)

// again is how long after it came early a timer is tried once more.
const again = 10 * time.Second

// fire answers a timer, and with it what else of the clock has come; then it sets the clock's next moment where that comes soon, unless the
// clock was read anew. Where the broker's clock is ahead of ours, or the rules count otherwise, that is the same moment.
func (m *Managers) fire(ctx context.Context, t eventstore.Timer) error {
	d, err := m.known(t.District)
	if err != nil {
		return err
	}
	for !m.now().Before(t.Fires()) {
		answer, err := m.record(ctx, t)
		if err != nil || answer == codeStale {
			return err
		}
		if answer == codeEarly {
			if m.now().Sub(t.At) > again { // it was of another suspension, or of a policy before; what our clock is too far ahead for the sweep finds
				return nil
			}
			t.NotBefore = m.now().UTC().Add(again)
			break
		}
		var more bool
		if t, more = next(d, t); !more {
			return nil
		}
	}
	if !m.soon(t) {
		return nil
	}
	return m.timers.Restore(ctx, []eventstore.Timer{t})
}

// record sends the command of a timer and returns the code of its refusal, empty where it was recorded.
func (m *Managers) record(ctx context.Context, t eventstore.Timer) (code string, err error) {
	cmd := commandOf(t)
	if cmd == nil {
		m.logger.Error("timer of an unknown kind is dropped", zap.String("kind", string(t.Kind)))
		return codeStale, nil
	}
	refusal, err := m.send(ctx, t.District, cmd)
	if refusal == nil {
		return "", err
	}
	return refusal.Code, nil
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
