package dispatch

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/reference"
)

// each does a part of the sweep again and again until ctx ends. Several processes may: what they find is recorded once.
func (m *Managers) each(ctx context.Context, part func(context.Context) error) error {
	for {
		err, rest := part(ctx), m.every
		switch {
		case errors.Is(err, deadlines.ErrNotMade): // the projector is about to make it
			rest = min(rest, time.Second)
		case err != nil && ctx.Err() == nil:
			m.logger.Warn("sweep of deadlines ended early", zap.Error(err))
		}
		if !pause(ctx, rest) {
			return ctx.Err()
		}
	}
}

// sweep does what a lost timer would have done: the view may be behind, and the rules judge.
func (m *Managers) sweep(ctx context.Context) error {
	m.settled.begin()
	if err := m.deadlines.Passed(ctx, m.now(), func(found []deadlines.Clock) error { return m.passed(ctx, found) }); err != nil {
		return err
	}
	for _, code := range m.directory.Districts() {
		if err := m.sweepDistrict(ctx, code); err != nil {
			return err
		}
	}
	return nil
}

// setComing sets the timers of the clocks whose next moment comes soon, where they have none: what recorded the moment came long before, or the
// stream of timers was lost.
func (m *Managers) setComing(ctx context.Context) error {
	now := m.now()
	return m.deadlines.Coming(ctx, now, now.Add(m.ahead), func(found []deadlines.Clock) error {
		var timers []eventstore.Timer
		for _, k := range found {
			timers = append(timers, m.firstOf(k)...)
		}
		return m.timers.Restore(ctx, timers)
	})
}

// firstOf is the first moment of a clock of the view; none where its district is gone.
func (m *Managers) firstOf(k deadlines.Clock) []eventstore.Timer {
	d, err := m.directory.District(k.District)
	if err != nil {
		return nil
	}
	reading := &gridcasev1.Clocks{Stage: k.Stage, Due: timestamppb.New(k.Due)}
	if !k.WarnAt.IsZero() && !k.Warned {
		reading.WarnAt = timestamppb.New(k.WarnAt)
	}
	return []eventstore.Timer{m.first(d, k.CaseID, reading)}
}

// passed records moments that have passed.
func (m *Managers) passed(ctx context.Context, found []deadlines.Clock) error {
	for _, k := range found {
		kind := eventstore.TimerBreach
		switch {
		case k.Stage == gridcasev1.Stage_STAGE_UNSPECIFIED:
			kind = eventstore.TimerResume
		case !m.now().After(k.Due):
			kind = eventstore.TimerWarn
		}
		if err := m.tell(ctx, k, kind, 0); err != nil {
			return err
		}
	}
	return nil
}

// sweepDistrict finds cases that are to go up a level, and those whose due times an earlier calendar counted.
func (m *Managers) sweepDistrict(ctx context.Context, code string) error {
	d, err := m.directory.District(code)
	if err != nil {
		return nil // not complete yet: it has no cases
	}
	for _, rule := range d.Catalogue.Policy().Escalations() {
		err := m.deadlines.Overdue(ctx, code, rule.GetStage(), rule.GetLevel(), m.now(), func(found []deadlines.Clock) error { return m.overdue(ctx, d, rule, found) })
		if err != nil {
			return err
		}
	}
	return m.deadlines.CountedBefore(ctx, code, d.Calendar.Version(), func(found []deadlines.Clock) error { return m.correct(ctx, d.Calendar.Version(), found) })
}

// overdue takes the cases up that have been overdue for as long as a rule says.
func (m *Managers) overdue(ctx context.Context, d *reference.District, rule *gridcasev1.EscalationRule, found []deadlines.Clock) error {
	for _, k := range found {
		if m.now().Before(escalatesAt(d, rule, k.Due)) {
			continue
		}
		if err := m.tell(ctx, k, eventstore.TimerEscalate, rule.GetLevel()); err != nil {
			return err
		}
	}
	return nil
}

// correct has due times counted by the district's calendar as it is now, once a version.
func (m *Managers) correct(ctx context.Context, calendar uint32, found []deadlines.Clock) error {
	for _, k := range found {
		if err := m.once(ctx, &gridcasev1.CorrectDeadline{Target: target(k.District, k.CaseID, "calendar", calendar)}); err != nil {
			return err
		}
	}
	return nil
}

// tell tells the rules what a timer would have told them. An imported clock gets the timer that it lacks instead.
func (m *Managers) tell(ctx context.Context, k deadlines.Clock, kind eventstore.TimerKind, level uint32) error {
	timer := eventstore.Timer{District: k.District, CaseID: k.CaseID, Stage: k.Stage, Kind: kind, Level: level, At: k.Due, Due: k.Due}
	if k.Imported {
		return m.timers.Restore(ctx, []eventstore.Timer{m.leaveAlone(timer)})
	}
	return m.once(ctx, commandOf(timer))
}

// once sends a command unless a sweep before has settled it. One that can't be decided holds up no other.
func (m *Managers) once(ctx context.Context, cmd order) error {
	to := cmd.GetTarget()
	if m.settled.has(to.GetCommandId()) {
		return nil
	}
	refusal, err := m.send(ctx, to.GetDistrict(), cmd)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return err
	case err != nil:
		m.logger.Error("case can't take what is due", zap.String("district", to.GetDistrict()), zap.String("case", to.GetCaseId()), zap.Error(err))
	case refusal != nil && refusal.Code == codeEarly:
		return nil
	}
	m.settled.add(to.GetCommandId())
	return nil
}
