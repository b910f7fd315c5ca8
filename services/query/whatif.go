package query

import (
	"context"
	"errors"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/whatif"
)

// WhatIf answers: what of a period's work would have been on time under other limits, routes or working time? It reads the log itself and
// holds the cases in memory that are open where it reads. One comparison runs at a time; who comes second is told to come back. A department's
// manager sees the department's own work alone.
func (s *Service) WhatIf(ctx context.Context, q *gridcasev1.WhatIfRequest) (*gridcasev1.WhatIfResponse, error) {
	actor := api.Actor(ctx)
	code, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(code)
	if err != nil {
		return nil, err
	}
	o, err := whatIfOptions(q, actor, district, time.Now())
	if err != nil {
		return nil, err
	}
	end, err := s.turn()
	if err != nil {
		return nil, err
	}
	defer end()
	return s.compare(ctx, code, o)
}

// turn takes the one turn at comparing that there is; end gives it back.
func (s *Service) turn() (end func(), err error) {
	select {
	case s.whatIf <- struct{}{}:
		return func() { <-s.whatIf }, nil
	default:
		return nil, &fault.Error{Kind: fault.Unavailable, Code: "whatif.busy", After: 5 * time.Second,
			Text: "another period is being compared by this process; one is at a time, try again when it is done"}
	}
}

// compare replays the district's log.
func (s *Service) compare(ctx context.Context, district string, o whatif.Options) (*gridcasev1.WhatIfResponse, error) {
	o.Past = func(id string, before uint64) ([]whatif.Event, error) { return s.earlier(ctx, district, id, before) }
	study, err := whatif.New(o)
	if err != nil {
		return nil, err
	}
	ends, err := s.readDistrict(ctx, district, func(e *eventstore.Event) error {
		if !e.Time.Before(o.To) {
			return nil
		}
		message, err := e.Decode()
		if err != nil {
			return err
		}
		return study.Add(whatif.Event{Case: e.CaseID, Envelope: &e.Envelope, Message: message})
	})
	if err != nil {
		return nil, err
	}
	answer := study.Result()
	answer.District, answer.Freshness = district, &gridcasev1.Freshness{Positions: ends}
	return answer, nil
}

// earlier reads the events of a case before one of its versions.
func (s *Service) earlier(ctx context.Context, district, id string, before uint64) ([]whatif.Event, error) {
	key, err := eventstore.CaseOf(district, id)
	if err != nil {
		return nil, err
	}
	stored, err := s.o.Log.Load(ctx, key, 0, 0, "")
	if err != nil {
		return nil, err
	}
	var events []whatif.Event
	for i := range stored {
		if stored[i].Version >= before {
			break
		}
		message, err := stored[i].Decode()
		if err != nil {
			return nil, err
		}
		events = append(events, whatif.Event{Case: id, Envelope: &stored[i].Envelope, Message: message})
	}
	return events, nil
}

// whatIfOptions reads what is to be compared.
func whatIfOptions(q *gridcasev1.WhatIfRequest, actor access.Actor, d *reference.District, now time.Time) (o whatif.Options, err error) {
	o = whatif.Options{Limit: int(q.GetLimit()), Policy: q.GetPolicy(), Reference: d}
	if o.Department, err = ownDepartment(actor, q.GetBy()); err != nil {
		return o, err
	}
	if o.From, o.To, err = period(q, "whatif.period", now.In(d.Calendar.Zone())); err != nil {
		return o, err
	}
	if !o.From.Before(now) {
		return o, fault.BadField("from", "whatif.period", "nothing has happened yet in a period that begins later than now")
	}
	if o.To.After(now) {
		o.To = now
	}
	if q.GetCatalogue() == nil && q.GetPolicy() == nil && q.GetCalendar() == nil {
		return o, fault.BadField("catalogue", "whatif.same", "a comparison needs something that is otherwise: a catalogue, a policy or a calendar")
	}
	by, area := groupedBy(q.GetBy(), d.Grids.Scheme())
	o.By, o.Area = whatif.By(by), area
	return o, otherwise(&o, q, d)
}

// otherwise takes over the other catalogue and the other working time; each is refused where publishing it would be.
func otherwise(o *whatif.Options, q *gridcasev1.WhatIfRequest, d *reference.District) error {
	var err error
	if v := q.GetCatalogue(); v != nil {
		if o.Catalogue, err = catalog.New(v); err == nil {
			err = d.Catalogue.CheckSuccessor(o.Catalogue)
		}
		if err != nil {
			return within("catalogue", err)
		}
	}
	if v := q.GetCalendar(); v != nil {
		if o.Calendar, err = calendar.New(v); err != nil {
			return within("calendar", err)
		}
	}
	return nil
}

// within says that a fault's field stands inside another one.
func within(field string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	inside := *f
	if inside.Field = field; f.Field != "" {
		inside.Field += "." + f.Field
	}
	return &inside
}

// ownDepartment is the only department whose work an actor sees; empty where it is every one's.
func ownDepartment(actor access.Actor, by string) (string, error) {
	scope := actor.Scope("")
	switch {
	case scope.All:
		return "", nil
	case scope.Department != "" && by == string(kpi.Department):
		return scope.Department, nil
	}
	return "", fault.New(fault.Denied, "whatif.scope", "who does not see the whole district sees the own department's work alone: ask by department")
}
