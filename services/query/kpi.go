package query

import (
	"context"
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/reference"
)

// longest is the longest period that figures are computed of.
const longest = 400 * 24 * time.Hour

// GetKpis answers: how well was the work done in a period, by the definitions of the trade? It reads the log itself, so that no state of the
// views can change a figure. A department sees its own group alone.
func (s *Service) GetKpis(ctx context.Context, q *gridcasev1.GetKpisRequest) (*gridcasev1.GetKpisResponse, error) {
	actor := api.Actor(ctx)
	code, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	if actor.Department != "" && kpi.By(q.GetBy()) != kpi.Department {
		return nil, fault.New(fault.Denied, "kpi.scope", "a department sees the figures by department, its own: ask by department")
	}
	district, err := s.o.Directory.District(code)
	if err != nil {
		return nil, err
	}
	o, err := kpiOptions(q, district)
	if err != nil {
		return nil, err
	}
	groups, ends, err := s.figures(ctx, code, q.GetAsOf(), o)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.GetKpisResponse{District: code, Definitions: o.Version, Groups: own(actor, groups), Freshness: &gridcasev1.Freshness{Positions: ends}}, nil
}

// figures folds the district's log.
func (s *Service) figures(ctx context.Context, district string, asOf *gridcasev1.AsOf, o kpi.Options) ([]*gridcasev1.KpiGroup, []string, error) {
	m, err := moment(district, asOf)
	if err != nil {
		return nil, nil, err
	}
	collector := kpi.New(o)
	ends, err := s.readDistrict(ctx, district, func(e *eventstore.Event) error {
		if m != nil && !m.Sees(e) {
			return nil
		}
		message, err := e.Decode()
		if err != nil {
			return err
		}
		collector.Add(kpi.Event{Case: e.CaseID, At: e.Time, Actor: e.Actor, Grid: e.Grid, Message: message})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return collector.Groups(), ends, nil
}

// own leaves a department its own group.
func own(actor access.Actor, groups []*gridcasev1.KpiGroup) []*gridcasev1.KpiGroup {
	if actor.Department == "" {
		return groups
	}
	return slices.DeleteFunc(groups, func(g *gridcasev1.KpiGroup) bool { return g.GetId() != actor.Department })
}

func kpiOptions(q *gridcasev1.GetKpisRequest, d *reference.District) (kpi.Options, error) {
	o := kpi.Options{By: kpi.By(q.GetBy()), Version: q.GetDefinitions(), Calendar: d.Calendar, Duties: dutiesOf(d)}
	if o.Version == 0 {
		o.Version = kpi.Newest
	}
	if o.Version > kpi.Newest {
		return o, fault.BadField("definitions", "kpi.definitions", "the definitions have the versions 1 to %d", kpi.Newest)
	}
	var err error
	o.From, o.To, err = period(q, d.Calendar.Zone())
	return o, err
}

// period reads the period of a request, in times or in civil days of the zone.
func period(q *gridcasev1.GetKpisRequest, zone *time.Location) (from, to time.Time, err error) {
	from, to = q.GetFrom().AsTime(), q.GetTo().AsTime()
	days := q.GetFromDay() != "" || q.GetToDay() != ""
	if days == (q.GetFrom() != nil || q.GetTo() != nil) {
		return from, to, fault.BadField("from", "kpi.period", "a period is given by from and to, or by from_day and to_day")
	}
	if days {
		from, err = time.ParseInLocation(time.DateOnly, q.GetFromDay(), zone)
		if err == nil {
			to, err = time.ParseInLocation(time.DateOnly, q.GetToDay(), zone)
		}
		if err != nil {
			return from, to, fault.BadField("from_day", "kpi.period", "from_day and to_day are days such as 2026-11-01; the last one is not in the period")
		}
	}
	if !from.Before(to) || to.Sub(from) > longest {
		return from, to, fault.BadField("to", "kpi.period", "a period ends after it begins, and within 400 days")
	}
	return from, to, nil
}

// duties are who has which unit grid on duty, as published now.
type duties struct {
	district *reference.District
	workers  map[string][]string
	grids    []string
}

func dutiesOf(d *reference.District) *duties {
	out := &duties{district: d, workers: map[string][]string{}}
	for _, u := range d.GridWorkers() {
		for _, grid := range u.GetDutyGrids() {
			if out.workers[grid] == nil {
				out.grids = append(out.grids, grid)
			}
			out.workers[grid] = append(out.workers[grid], u.GetId())
		}
	}
	slices.Sort(out.grids)
	return out
}

// OnDuty returns who has the unit grid on duty.
func (d *duties) OnDuty(grid string) []string { return d.workers[grid] }

// DutyGrids returns the unit grids that are on duty.
func (d *duties) DutyGrids() []string { return d.grids }

// Patrolled tells whether a type is found on patrol.
func (d *duties) Patrolled(caseType string) bool {
	t, ok := d.district.Catalogue.Type(caseType)
	return ok && !t.GetNotPatrolled()
}
