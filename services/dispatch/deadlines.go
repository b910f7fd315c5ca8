package dispatch

import (
	"context"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/reference"
)

// behind is how long after the due time a breach's timer fires: what is due at a moment is not overdue at that moment.
const behind = time.Millisecond

// ofSuspension is in the place of a stage where a suspension's end is meant: a suspended case has no other clock that runs.
const ofSuspension = gridcasev1.Stage_STAGE_UNSPECIFIED

// readings are what a batch of events says of one case's clocks in the end.
type readings struct {
	district, caseID string
	version          uint64
	imported         bool
	clocks           map[gridcasev1.Stage]*gridcasev1.Clocks // those that run; of no stage: the end of a suspension
}

// setTimers sets the timers of the clocks that events start, where their first moment comes soon: the sweep sets the others in time. Only the
// last word on a clock counts. One that has stopped keeps its timer, if it has one; the rules know better than the timer.
func (m *Managers) setTimers(ctx context.Context, events []told) error {
	cases := map[string]*readings{}
	for i := range events {
		e := &events[i]
		if e.Version <= m.seen.of(e.CaseID) {
			continue // delivered again behind a newer one
		}
		if cases[e.CaseID] == nil {
			cases[e.CaseID] = &readings{district: e.District, caseID: e.CaseID, clocks: map[gridcasev1.Stage]*gridcasev1.Clocks{}}
		}
		cases[e.CaseID].apply(e)
	}
	var set []eventstore.Timer
	for _, r := range cases {
		d, err := m.known(r.district)
		if err != nil {
			return err
		}
		set = append(set, m.timersOf(d, r)...)
	}
	if err := m.timers.Set(ctx, set); err != nil {
		return err
	}
	for _, r := range cases {
		m.seen.now(r.caseID, r.version)
	}
	return nil
}

// apply takes over what an event says.
func (r *readings) apply(e *told) {
	r.version, r.imported = e.Version, e.Role == gridcasev1.Role_ROLE_IMPORTER
	if _, reopened := e.message.(*gridcasev1.CaseReopened); reopened || readmodel.Ended(e.State) {
		clear(r.clocks)
	}
	switch event := e.message.(type) {
	case *gridcasev1.CaseSuspended:
		r.clocks[ofSuspension] = &gridcasev1.Clocks{Due: event.GetUntil()}
	case *gridcasev1.CaseResumed:
		delete(r.clocks, ofSuspension)
	}
	if event, ok := e.message.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
		for _, reading := range event.GetClocks() {
			r.read(reading)
		}
	}
}

// read takes over what a clock is.
func (r *readings) read(reading *gridcasev1.Clocks) {
	if reading.GetDue() == nil || reading.GetPaused() {
		delete(r.clocks, reading.GetStage())
		return
	}
	r.clocks[reading.GetStage()] = reading
}

// timersOf are the timers of a case's clocks whose first moment comes soon. The importer of a clock is left alone for a while: what is to
// come until then comes later, and what is over is the sweep's.
func (m *Managers) timersOf(d *reference.District, r *readings) (set []eventstore.Timer) {
	for _, reading := range r.clocks {
		t := m.first(d, r.caseID, reading)
		switch {
		case !r.imported && m.soon(t):
			set = append(set, t)
		case r.imported && t.At.After(m.now()) && !t.At.After(m.horizon().Add(m.settle)):
			set = append(set, m.leaveAlone(t))
		}
	}
	return set
}

// horizon is until when a moment comes soon: an event sets its timer.
func (m *Managers) horizon() time.Time { return m.now().Add(m.ahead + slack) }

func (m *Managers) soon(t eventstore.Timer) bool { return !t.Fires().After(m.horizon()) }

// leaveAlone puts the timer of an imported clock off until the importer is done with the case.
func (m *Managers) leaveAlone(t eventstore.Timer) eventstore.Timer {
	t.NotBefore = m.now().UTC().Add(m.settle)
	return t
}

// first is the first moment of a clock that runs. What is overdue is not warned of.
func (m *Managers) first(d *reference.District, caseID string, reading *gridcasev1.Clocks) eventstore.Timer {
	due := reading.GetDue().AsTime()
	timer := eventstore.Timer{District: d.Code, CaseID: caseID, Stage: reading.GetStage(), Kind: eventstore.TimerBreach, At: due.Add(behind), Due: due}
	switch {
	case reading.GetStage() == ofSuspension:
		timer.Kind, timer.At = eventstore.TimerResume, due
	case reading.GetWarnAt() != nil && m.now().Before(due):
		timer.Kind, timer.At = eventstore.TimerWarn, reading.GetWarnAt().AsTime()
	}
	return timer
}

// next is the moment of a clock after one: the breach after the warning, and then what being overdue leads to by the district's policy.
func next(d *reference.District, t eventstore.Timer) (after eventstore.Timer, found bool) {
	at := func(kind eventstore.TimerKind, level uint32, at time.Time) eventstore.Timer {
		return eventstore.Timer{District: t.District, CaseID: t.CaseID, Stage: t.Stage, Kind: kind, Level: level, At: at, Due: t.Due}
	}
	switch t.Kind {
	case eventstore.TimerWarn:
		return at(eventstore.TimerBreach, 0, t.Due.Add(behind)), true
	case eventstore.TimerResume:
		return eventstore.Timer{}, false
	}
	for _, rule := range d.Catalogue.Policy().Escalations() {
		later := at(eventstore.TimerEscalate, rule.GetLevel(), escalatesAt(d, rule, t.Due))
		if rule.GetStage() == t.Stage && earlier(t, later) && (!found || earlier(later, after)) {
			after, found = later, true
		}
	}
	return after, found
}

// earlier tells whether a moment of a clock comes before another: at the same time the lower level does.
func earlier(a, b eventstore.Timer) bool {
	if a.At.Equal(b.At) {
		return a.Level < b.Level
	}
	return a.At.Before(b.At)
}

// escalatesAt is when a rule takes a case up whose stage was due.
func escalatesAt(d *reference.District, rule *gridcasev1.EscalationRule, due time.Time) time.Time {
	if rule.GetAfter() == nil {
		return due.Add(2 * behind)
	}
	return d.Calendar.Due(due, rule.GetAfter()).Add(2 * behind)
}
