package query

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/reference"
)

// GetKpis answers: how well was the work done in a period, by the definitions of the trade? The figures are computed each time, from the events
// of the cases that lived in the period, as their view has them, or, where that is not whole, from the whole log: the same events, the same
// figures. Who does not see the whole district sees the own group alone: a department its figures, a grid worker theirs.
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
	then, err := moment(code, q.GetAsOf())
	if err != nil {
		return nil, err
	}
	groups, ends, err := s.figures(ctx, code, then, o)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.GetKpisResponse{District: code, Definitions: o.Version, Groups: only.of(groups), Freshness: &gridcasev1.Freshness{Positions: ends},
		From: timestamppb.New(o.From), To: timestamppb.New(o.To)}, nil
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
	o := kpi.Options{Version: q.GetDefinitions(), Calendar: d.Calendar, Duties: dutiesOf(d), Now: now}
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
