package dispatch

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/reference"
)

// behind is how long after the due time a breach's timer fires: what is due at a moment is not overdue at that moment.
const behind = time.Millisecond

// readings are what a batch of events says of one case's clocks in the end.
type readings struct {
	district, caseID string
	version          uint64
	imported         bool
	ended            bool // no timer of the case before these readings holds
	clocks           map[gridcasev1.Stage]*gridcasev1.Clocks
	resume           *timestamppb.Timestamp // the end of a suspension
	resumed          bool
}

// setTimers makes the timers what the events say that the clocks are. Only the last word on a clock counts.
func (m *Managers) setTimers(ctx context.Context, events []eventstore.Event) error {
	cases := map[string]*readings{}
	for i := range events {
		e := &events[i]
		if e.Version <= m.seen.of(e.CaseID) {
			continue // delivered again behind a newer one
		}
		if cases[e.CaseID] == nil {
			cases[e.CaseID] = &readings{district: e.District, caseID: e.CaseID, clocks: map[gridcasev1.Stage]*gridcasev1.Clocks{}}
		}
		if err := cases[e.CaseID].apply(e); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, r := range cases {
		g.Go(func() error {
			if err := m.setFor(ctx, r); err != nil {
				return err
			}
			m.seen.now(r.caseID, r.version)
			return nil
		})
	}
	return g.Wait()
}

// apply takes over what an event says.
func (r *readings) apply(e *eventstore.Event) error {
	message, err := e.Decode()
	if err != nil {
		return err
	}
	r.version, r.imported = e.Version, e.Role == gridcasev1.Role_ROLE_IMPORTER
	_, reopened := message.(*gridcasev1.CaseReopened)
	if readmodel.Ended(e.State) || reopened {
		r.ended, r.resume, r.resumed = true, nil, false
		clear(r.clocks)
	}
	switch event := message.(type) {
	case *gridcasev1.CaseSuspended:
		r.resume = event.GetUntil()
	case *gridcasev1.CaseResumed:
		r.resume, r.resumed = nil, true
	}
	if event, ok := message.(interface{ GetClocks() []*gridcasev1.Clocks }); ok && !readmodel.Ended(e.State) {
		for _, reading := range event.GetClocks() {
			r.clocks[reading.GetStage()] = reading
		}
	}
	return nil
}

// setFor cancels and sets the timers of one case.
func (m *Managers) setFor(ctx context.Context, r *readings) error {
	d, err := m.known(r.district)
	if err != nil {
		return err
	}
	if r.ended || r.resumed { // no other timer of a case that was suspended is set
		if err := m.timers.Cancel(ctx, r.district, r.caseID, gridcasev1.Stage_STAGE_UNSPECIFIED); err != nil {
			return err
		}
	}
	var set []eventstore.Timer
	for stage, reading := range r.clocks {
		if reading.GetDue() != nil && !reading.GetPaused() {
			set = append(set, m.timersOf(d, r.caseID, reading)...)
			continue
		}
		if r.ended || r.resumed {
			continue
		}
		if err := m.timers.Cancel(ctx, r.district, r.caseID, stage); err != nil {
			return err
		}
	}
	if r.resume != nil {
		set = append(set, m.resumption(r.district, r.caseID, r.resume.AsTime()))
	}
	if len(set) == 0 {
		return nil
	}
	return m.timers.Set(ctx, m.leaveAlone(r.imported, set))
}

// leaveAlone puts the timers of an imported clock off until the importer is done with the case.
func (m *Managers) leaveAlone(imported bool, timers []eventstore.Timer) []eventstore.Timer {
	if !imported {
		return timers
	}
	earliest := m.now().UTC().Add(m.settle)
	for i := range timers {
		if timers[i].At.Before(earliest) {
			timers[i].At = earliest
		}
	}
	return timers
}

// timersOf are the moments of a clock that runs: the warning, the breach, and what being overdue leads to by the district's policy.
func (m *Managers) timersOf(d *reference.District, caseID string, reading *gridcasev1.Clocks) []eventstore.Timer {
	due := reading.GetDue().AsTime()
	timer := func(kind eventstore.TimerKind, level uint32, at time.Time) eventstore.Timer {
		return eventstore.Timer{District: d.Code, CaseID: caseID, Stage: reading.GetStage(), Kind: kind, Level: level, At: at, Due: due}
	}
	timers := []eventstore.Timer{timer(eventstore.TimerBreach, 0, due.Add(behind))}
	if reading.GetWarnAt() != nil && m.now().Before(due) {
		timers = append(timers, timer(eventstore.TimerWarn, 0, reading.GetWarnAt().AsTime()))
	}
	for _, rule := range d.Catalogue.Policy().Escalations() {
		if rule.GetStage() == reading.GetStage() {
			timers = append(timers, timer(eventstore.TimerEscalate, rule.GetLevel(), escalatesAt(d, rule, due)))
		}
	}
	return timers
}

// escalatesAt is when a rule takes a case up whose stage was due.
func escalatesAt(d *reference.District, rule *gridcasev1.EscalationRule, due time.Time) time.Time {
	if rule.GetAfter() == nil {
		return due.Add(2 * behind)
	}
	return d.Calendar.Due(due, rule.GetAfter()).Add(2 * behind)
}

// resumption is the end of a suspension.
func (m *Managers) resumption(district, caseID string, until time.Time) eventstore.Timer {
	return eventstore.Timer{District: district, CaseID: caseID, Kind: eventstore.TimerResume, At: until, Due: until}
}
