package query

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/reference"
)

// GetKpis answers: how well was the work done in a period, by the definitions of the trade? The figures are computed each time, from the events
// of the cases that lived in the period, as the views have them, or, of a moment of the past and where the views are not whole, from the
// whole log: the same events, the same figures. Who does not see the whole district sees the own group alone: a department its figures, a
// grid worker theirs.
func (s *Service) GetKpis(ctx context.Context, q *gridcasev1.GetKpisRequest) (*gridcasev1.GetKpisResponse, error) {
	actor := api.Actor(ctx)
	code, err := s.o.Access.District(actor, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	only, err := onlyGroup(actor, q.GetBy())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(code)
	if err != nil {
		return nil, err
	}
	o, err := kpiOptions(q, district, time.Now())
	if err != nil {
		return nil, err
	}
	groups, ends, err := s.figures(ctx, code, q.GetAsOf(), o)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.GetKpisResponse{District: code, Definitions: o.Version, Groups: only.of(groups), Freshness: &gridcasev1.Freshness{Positions: ends},
		From: timestamppb.New(o.From), To: timestamppb.New(o.To)}, nil
}

// figures computes a period's figures, and says of which positions.
func (s *Service) figures(ctx context.Context, district string, asOf *gridcasev1.AsOf, o kpi.Options) ([]*gridcasev1.KpiGroup, []string, error) {
	m, err := moment(district, asOf)
	if err != nil {
		return nil, nil, err
	}
	if m == nil {
		groups, at, err := s.figuresOfViews(ctx, district, o)
		if err == nil {
			return groups, at, nil
		}
		s.o.Logger.Info("figures are computed from the log", zap.String("district", district), zap.Error(err))
	}
	collector := kpi.New(o)
	ends, err := s.readDistrict(ctx, district, func(e *eventstore.Event) error {
		if m != nil && !m.Sees(e) {
			return nil
		}
		return collect(collector, e)
	})
	if err != nil {
		return nil, nil, err
	}
	return collector.Groups(), ends, nil
}

// figuresOfViews computes figures from the views, once they hold what the log holds now. An error says that they can't be had from there.
func (s *Service) figuresOfViews(ctx context.Context, district string, o kpi.Options) ([]*gridcasev1.KpiGroup, []string, error) {
	release, err := s.reading(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	ends, err := s.ends(ctx, district)
	if err != nil {
		return nil, nil, err
	}
	if fresh, err := s.o.Tracker.Wait(ctx, district, ends); err != nil || fresh.GetStale() {
		return nil, nil, errors.Join(readmodel.ErrUneven, err)
	}
	collector := kpi.New(o)
	at, err := s.o.Tracker.Snapshot(ctx, district, []string{casestatus.View{}.Name(), timeline.View{}.Name()}, func(tx postgres.Tx) error {
		cases, err := s.cases.Lived(ctx, tx, district, o.From.Add(-kpi.Memory), o.To)
		if err != nil {
			return err
		}
		return s.timelines.Each(ctx, tx, district, cases, func(e *eventstore.Event) error { return collect(collector, e) })
	})
	if err != nil {
		return nil, nil, err
	}
	return collector.Groups(), at, nil
}

// collect gives an event to a collector.
func collect(c *kpi.Collector, e *eventstore.Event) error {
	message, err := e.Decode()
	if err != nil {
		return err
	}
	c.Add(kpi.Event{Case: e.CaseID, At: e.Time, Actor: e.Actor, Grid: e.Grid, Message: message})
	return nil
}

// only is the one group that an actor sees; all of them where it is empty.
type only string

// onlyGroup refuses an actor to whom none of the groups is the own one.
func onlyGroup(actor access.Actor, by string) (only, error) {
	scope := actor.Scope("")
	switch {
	case scope.All:
		return "", nil
	case scope.Department != "" && by == string(kpi.Department):
		return only(scope.Department), nil
	case scope.Department == "" && by == string(kpi.Worker):
		return only(scope.User), nil
	}
	return "", fault.New(fault.Denied, "kpi.scope", "who does not see the whole district sees the own figures alone: a department's people ask by department, a grid worker by worker")
}

func (o only) of(groups []*gridcasev1.KpiGroup) []*gridcasev1.KpiGroup {
	return slices.DeleteFunc(groups, func(g *gridcasev1.KpiGroup) bool { return o != "" && g.GetId() != string(o) })
}

func kpiOptions(q *gridcasev1.GetKpisRequest, d *reference.District, now time.Time) (kpi.Options, error) {
	o := kpi.Options{Version: q.GetDefinitions(), Calendar: d.Calendar, Duties: dutiesOf(d)}
	if o.Version == 0 {
		o.Version = kpi.Newest
	}
	if o.Version > kpi.Newest {
		return o, fault.BadField("definitions", "kpi.definitions", "the definitions have the versions 1 to %d", kpi.Newest)
	}
	o.By, o.Area = groupedBy(q.GetBy(), d.Grids.Scheme())
	var err error
	o.From, o.To, err = period(q, "kpi.period", now.In(d.Calendar.Zone()))
	return o, err
}

// groupedBy reads what figures are grouped by. A community's and a street's figures are those of the unit grids whose codes begin with theirs,
// also of such that are no longer on the map.
func groupedBy(by string, scheme grid.Scheme) (kpi.By, func(grid string) string) {
	switch by {
	case "community":
		return kpi.Grid, scheme.Parent
	case "street":
		return kpi.Grid, func(code string) string {
			street := scheme.Parent(scheme.Parent(code))
			if scheme.Parent(street) == "" { // a scheme of three levels has no street
				return ""
			}
			return street
		}
	}
	return kpi.By(by), nil
}
