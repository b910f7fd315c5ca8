package casework

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Clock is one stage's clock as the events set it.
type Clock struct {
	Started    time.Time
	Limit      *gridcasev1.Limit
	Due        time.Time           // zero: it doesn't run
	WarnAt     time.Time           // 80 % of the limit
	Extensions []*gridcasev1.Limit // the limits that were added to the first
	WarnedOf   time.Time           // the due time that was warned of
	Breached   bool                // it was overdue; that stays
	Reworked   bool                // it went on for rework with its least time, so that the due time need not follow from the start
	Away       []Span              // when it did not count: pauses, and for handling the time until rework
}

// Span is a stretch of time; one without end lasts.
type Span struct{ From, To time.Time }

// Paused returns since when the clock has not counted; zero: it counts.
func (k Clock) Paused() time.Time {
	if n := len(k.Away); n > 0 && k.Away[n-1].To.IsZero() {
		return k.Away[n-1].From
	}
	return time.Time{}
}

// startDesk is the reading of a desk stage's clock that starts now.
func (c *Case) startDesk(f *Facts, stage gridcasev1.Stage) *gridcasev1.Clocks {
	limit, _ := f.policy().DeskLimit(stage, c.urgent(f))
	return f.start(stage, limit)
}

// urgent tells whether the desks' clocks are short: by type, condition or priority.
func (c *Case) urgent(f *Facts) bool {
	return c.Priority == gridcasev1.Priority_PRIORITY_URGENT || f.Catalogue.Urgent(c.Type, c.Condition)
}

// start is the reading of a clock that starts now; nil where there is no limit.
func (f *Facts) start(stage gridcasev1.Stage, limit *gridcasev1.Limit) *gridcasev1.Clocks {
	if limit.GetValue() == 0 {
		return nil
	}
	return &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(f.Calendar.Due(f.Now, limit)), WarnAt: timestamppb.New(f.Calendar.WarnAt(f.Now, limit)), Limit: limit}
}

// stop is the reading of clocks that stop; those that don't run are left out.
func (c *Case) stop(stages ...gridcasev1.Stage) []*gridcasev1.Clocks {
	var stopped []*gridcasev1.Clocks
	for _, stage := range stages {
		if !c.Clocks.Of(stage).Due.IsZero() {
			stopped = append(stopped, &gridcasev1.Clocks{Stage: stage})
		}
	}
	return stopped
}

// stopAll is the reading of every clock that runs, stopped.
func (c *Case) stopAll() []*gridcasev1.Clocks {
	var stopped []*gridcasev1.Clocks
	for stage := range c.Clocks.All() {
		stopped = append(stopped, c.stop(stage)...)
	}
	return stopped
}

// pause is the reading of clocks that are paused; those that don't run are left out.
func (c *Case) pause(stages ...gridcasev1.Stage) []*gridcasev1.Clocks {
	var paused []*gridcasev1.Clocks
	for _, stage := range stages {
		if k := c.Clocks.Of(stage); !k.Due.IsZero() && k.Paused().IsZero() {
			paused = append(paused, &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(k.Due), WarnAt: timestamppb.New(k.WarnAt), Paused: true, Limit: k.Limit})
		}
	}
	return paused
}

// resume is the reading of paused clocks that go on: the due time moves by the time of the limit's basis inside the pause.
func (c *Case) resume(f *Facts, stages ...gridcasev1.Stage) []*gridcasev1.Clocks {
	var resumed []*gridcasev1.Clocks
	for _, stage := range stages {
		k := c.Clocks.Of(stage)
		since, basis := k.Paused(), k.Limit.GetBasis()
		if k.Due.IsZero() || since.IsZero() {
			continue
		}
		move := func(t time.Time) *timestamppb.Timestamp {
			return timestamppb.New(f.Calendar.Pause(t, since, f.Now, basis))
		}
		resumed = append(resumed, &gridcasev1.Clocks{Stage: stage, Due: move(k.Due), WarnAt: move(k.WarnAt), Limit: k.Limit})
	}
	return resumed
}

// readings joins readings and leaves out what is nil.
func readings(stopped []*gridcasev1.Clocks, started ...*gridcasev1.Clocks) []*gridcasev1.Clocks {
	for _, k := range started {
		if k != nil {
			stopped = append(stopped, k)
		}
	}
	return stopped
}

// applyClocks takes over the readings that an event carries.
func (c *Case) applyClocks(m proto.Message, at time.Time) {
	if e, ok := m.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
		c.takeReadings(e.GetClocks(), at)
	}
}

func (c *Case) takeReadings(readings []*gridcasev1.Clocks, at time.Time) {
	for _, reading := range readings {
		stage := reading.GetStage()
		if stage != gridcasev1.Stage_STAGE_HANDLE && reading.GetDue() == nil {
			c.Clocks.end(stage)
			continue
		}
		c.Clocks.change(stage, func(k Clock) Clock { return k.read(reading, at) })
	}
}

// read returns the clock after a reading. A desk's clock that starts again is a new one. Handling has one clock from dispatch to dispatch;
// when it doesn't count is told by leave and comeBack, with or without a limit.
func (k Clock) read(r *gridcasev1.Clocks, at time.Time) Clock {
	if r.GetStage() != gridcasev1.Stage_STAGE_HANDLE {
		k = k.readDesk(r, at)
	}
	if r.GetLimit() != nil {
		k.Limit = r.GetLimit()
	}
	if r.GetDue() == nil {
		k.Due, k.WarnAt = time.Time{}, time.Time{}
		return k
	}
	k.Due, k.WarnAt = r.GetDue().AsTime(), r.GetWarnAt().AsTime()
	return k
}

func (k Clock) readDesk(r *gridcasev1.Clocks, at time.Time) Clock {
	if k.Due.IsZero() {
		k = Clock{Started: at}
	}
	if r.GetPaused() {
		return k.leave(at)
	}
	return k.comeBack(at)
}

// leave returns the clock that does not count from now on.
func (k Clock) leave(at time.Time) Clock {
	if k.Paused().IsZero() {
		k.Away = append(slices.Clip(k.Away), Span{From: at})
	}
	return k
}

// comeBack returns the clock that counts again.
func (k Clock) comeBack(at time.Time) Clock {
	if !k.Paused().IsZero() {
		k.Away = slices.Clone(k.Away)
		k.Away[len(k.Away)-1].To = at
	}
	return k
}

// extended returns the clock with one more of its limit.
func (k Clock) extended() Clock {
	k.Extensions = append(slices.Clip(k.Extensions), k.Limit)
	return k
}

// handling changes the clock of handling.
func (c *Case) handling(change func(k Clock, at time.Time) Clock, at time.Time) {
	c.Clocks.change(gridcasev1.Stage_STAGE_HANDLE, func(k Clock) Clock { return change(k, at) })
}

// due returns when a limit and the extensions after it are used up that count from the clock's start, without the spans that have ended, and
// when 80 % of them are. A span after that moves nothing.
func (k Clock) due(f *Facts, limit *gridcasev1.Limit) (due, warnAt time.Time) {
	move := func(t time.Time) time.Time {
		for _, s := range k.Away {
			if !s.To.IsZero() {
				t = f.Calendar.Pause(t, s.From, s.To, limit.GetBasis())
			}
		}
		return t
	}
	due, warnAt = f.Calendar.Due(k.Started, limit), f.Calendar.WarnAt(k.Started, limit)
	whole := proto.CloneOf(limit)
	for _, more := range k.Extensions {
		if more.GetUnit() == limit.GetUnit() && more.GetBasis() == limit.GetBasis() {
			whole.Value += more.GetValue()
			warnAt = f.Calendar.WarnAt(k.Started, whole)
		} else { // a limit of another kind, from before a reclassification
			warnAt = f.Calendar.WarnAt(due, more)
		}
		due = f.Calendar.Extend(due, more)
	}
	return move(due), move(warnAt)
}
