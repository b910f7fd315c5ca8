package casework_test

import (
	"time"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// ring lets a timer ring for a case: mostly for one of its clocks, at its time.
func (w *walk) ring(t *rapid.T, c *walked) {
	if c.State == suspended && rapid.Bool().Draw(t, "its day") {
		w.wait(c.SuspendedUntil)
		_ = w.attempt(t, c, step{by: theSystem, cmd: &gridcasev1.ResumeCase{}})
		return
	}
	clocks := running(c.Case)
	if len(clocks) == 0 || rapid.IntRange(0, 9).Draw(t, "correct") == 0 {
		w.correct(t)
		return
	}
	stage := clocks[w.turn(t, "stage", len(clocks))]
	k := c.Clocks.Of(stage)
	due := stamp(k.Due.Add(time.Duration(max(0, rapid.IntRange(-7, 1).Draw(t, "stale"))) * time.Second))
	switch rapid.IntRange(0, 3).Draw(t, "timer") {
	case 0:
		w.wait(k.WarnAt)
		_ = w.attempt(t, c, step{by: theSystem, cmd: &gridcasev1.WarnStage{Stage: stage, Due: due}})
	case 1, 2:
		w.wait(k.Due.Add(time.Second))
		_ = w.attempt(t, c, step{by: theSystem, cmd: &gridcasev1.BreachStage{Stage: stage, Due: due}})
	default:
		_ = w.attempt(t, c, step{by: theSystem, cmd: &gridcasev1.EscalateCase{Stage: stage, Due: due, Level: c.Escalation + 1}})
	}
}

// wait lets time pass until then, if it has not yet.
func (w *walk) wait(then time.Time) {
	if w.now.Before(then) {
		w.now = then
	}
}

// correct has every due time counted again, sometimes by another calendar. By the same one none moves.
func (w *walk) correct(t *rapid.T) {
	if rapid.Bool().Draw(t, "another calendar") {
		w.calendar, w.corrected = calendars[pick(t, "calendar", len(calendars))], true
	}
	for _, c := range w.cases {
		if err := w.attempt(t, c, step{by: theSystem, cmd: &gridcasev1.CorrectDeadline{}}); err == nil && !w.corrected {
			t.Fatalf("a due time moved by the same calendar at the end of%s", c.history())
		}
	}
}

// again sends a command that the case has taken once more: the answer is the one it had, and nothing happens.
func (c *walked) again(t *rapid.T) {
	first := c.receipts[pick(t, "again", len(c.receipts))]
	if got, ok := c.Done(first.ID); !ok || got != first {
		t.Fatalf("%s was answered with %+v, sent again with %+v, %t", first.ID, first, got, ok)
	}
}
