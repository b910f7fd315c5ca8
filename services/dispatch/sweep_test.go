package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// loseTimers makes the stream of timers as if it had never been.
func (c *centre) loseTimers() {
	c.t.Helper()
	if err := c.js.DeleteStream(context.Background(), "TIMERS"); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		c.t.Fatal(err)
	}
}

// shown waits until the view holds n clocks.
func (c *centre) shown(n int) {
	c.t.Helper()
	c.await("the view does not hold what it should", func() bool {
		found := 0
		err := deadlines.Deadlines{Pool: c.pool}.Coming(context.Background(), time.Time{}, time.Now().AddDate(1, 0, 0), func(page []deadlines.Clock) error {
			found += len(page)
			return nil
		})
		return err == nil && found == n
	})
}

func TestALostStreamOfTimersLosesNoMoment(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.project()
	stop := c.manage()
	late, running := c.report("worker-1", accepting-4*soon), c.report("worker-1", warning-4*time.Minute)
	c.shown(2)
	c.await("no timers were set", func() bool { return len(c.set(running)) == 1 })
	stop()
	c.loseTimers()
	c.sweep = 50 * time.Millisecond
	c.manage()
	c.manage()
	c.await("the timers did not come back", func() bool { return len(c.set(running)) == 1 })
	c.happens(late, &gridcasev1.StageBreached{})
	c.happened(late, &gridcasev1.StageBreached{}, 1)
	c.happened(late, &gridcasev1.StageWarned{}, 1)
	c.happened(running, &gridcasev1.StageBreached{}, 0)
}

func TestTimersLostWhileTheManagersRunComeBack(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.project()
	c.sweep = 50 * time.Millisecond
	c.manage()
	id := c.report("worker-1", warning-4*time.Minute)
	c.shown(1)
	c.await("no timers were set", func() bool { return len(c.set(id)) == 1 })
	c.loseTimers()
	c.await("the timers did not come back", func() bool { return len(c.set(id)) == 1 })
}

func TestTheTimersOfWhatComesSoonAreSet(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.project()
	stop := c.manage()
	id := c.report("worker-1", 0)
	c.shown(1)
	c.quiet()
	if set := c.set(id); len(set) > 0 {
		t.Errorf("timers %q are set %s before the warning", set, warning)
	}
	stop()
	c.ahead, c.sweep = warning-4*time.Minute, 50*time.Millisecond
	c.manage()
	c.await("no timer was set", func() bool { return len(c.set(id)) == 1 })
}

func TestTheSweepBeginsWhenTheViewIsMade(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.settle, c.sweep = soon, time.Hour
	c.manage()
	id := c.imported(time.Now().Add(-time.Hour))
	c.quiet()
	c.project()
	c.happens(id, &gridcasev1.StageBreached{})
}

func TestTheSweepFindsWhatNoTimerTold(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.project()
	c.sweep = 50 * time.Millisecond
	c.policy(&gridcasev1.Policy{Escalations: []*gridcasev1.EscalationRule{{Stage: gridcasev1.Stage_STAGE_ACCEPT, Level: 1}}})
	stop := c.manage()
	late := c.report("worker-1", accepting-2*soon)
	suspended := c.handling()
	until := time.Now().Add(3 * soon)
	c.do("roads-manager", &gridcasev1.RequestSuspension{Target: to(suspended), Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_SEASON, Until: timestamppb.New(until), Reason: "frost"})
	c.do("dispatcher", &gridcasev1.DecideSuspension{Target: to(suspended), Decision: gridcasev1.Decision_DECISION_APPROVE})
	c.quiet()
	stop()
	c.await("time stands still", func() bool { return time.Now().After(until) })
	c.loseTimers()
	c.manage()
	c.manage()
	c.happens(late, &gridcasev1.CaseEscalated{})
	c.happens(suspended, &gridcasev1.CaseResumed{})
	c.happened(late, &gridcasev1.StageBreached{}, 1)
	c.happened(late, &gridcasev1.CaseEscalated{}, 1)
	c.happened(suspended, &gridcasev1.CaseResumed{}, 1)
}

func TestACorrectedCalendarMovesRunningDeadlinesOnce(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.project()
	c.sweep = 50 * time.Millisecond
	c.manage()
	c.manage()
	working, over := c.handling(), c.handling()
	c.do("roads-manager", &gridcasev1.ReportHandling{Target: to(over), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: shows("after")})
	before := due(t, c.events(working), gridcasev1.Stage_STAGE_HANDLE)
	c.shown(2)
	calendar := referencetest.Calendar()
	for day := range 7 { // the coming week is closed
		calendar.Calendar.Holidays = append(calendar.Calendar.Holidays, time.Now().AddDate(0, 0, day).Format(time.DateOnly))
	}
	if _, err := c.directory.PublishCalendar(t.Context(), calendar); err != nil {
		t.Fatal(err)
	}
	e := c.happens(working, &gridcasev1.DeadlineCorrected{})
	if after := due(t, c.events(working), gridcasev1.Stage_STAGE_HANDLE); !after.After(before) || e.Calendar != 2 {
		t.Errorf("due %s by calendar %d, was %s", after, e.Calendar, before)
	}
	c.happened(working, &gridcasev1.DeadlineCorrected{}, 1)
	c.happened(over, &gridcasev1.DeadlineCorrected{}, 0)
}
