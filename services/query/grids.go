package query

import (
	"context"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/reference"
)

// GetGridMap answers: how many cases stand where in this district, in every unit grid?
func (s *Service) GetGridMap(ctx context.Context, q *gridcasev1.GetGridMapRequest) (*gridcasev1.GetGridMapResponse, error) {
	district, fresh, err := s.district(ctx, q.GetDistrict(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	cells := district.Grids.Cells()
	standing, err := s.standing(ctx, q, district.Code, len(district.Code), len(cells[0].GetCode()))
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.GetGridMapResponse{District: district.Code, GridsVersion: district.Grids.Version(), Freshness: fresh, Grids: make([]*gridcasev1.GridCount, len(cells))}
	whole, _ := district.Grids.Area(district.Code)
	answer.Total = placed(whole, standing[district.Code], q.GetOutlines())
	for i, cell := range cells {
		answer.Grids[i] = placed(cell, standing[cell.GetCode()], q.GetOutlines())
	}
	return answer, nil
}

// standing counts what stands in areas of these lengths under a code, by their codes, as a map asks for it.
func (s *Service) standing(ctx context.Context, q *gridcasev1.GetGridMapRequest, code string, lengths ...int) (map[string]*gridcasev1.GridCount, error) {
	all := map[string]*gridcasev1.GridCount{}
	if q.GetTotalsOnly() && q.GetAsOf() == nil {
		totals, err := s.counts.Totals(ctx, code, lengths...)
		for _, t := range totals {
			all[t.Area] = &gridcasev1.GridCount{Open: uint64(t.Open), Closed: uint64(t.Closed)}
		}
		return all, unavailable(err)
	}
	counts, err := s.under(ctx, code, q.GetAsOf(), lengths...)
	for area, n := range counts {
		all[area] = added(n)
		if q.GetTotalsOnly() {
			all[area].Counts = nil
		}
	}
	return all, err
}

// GetGridStatus answers: how many cases stand in this area, by type and state?
func (s *Service) GetGridStatus(ctx context.Context, q *gridcasev1.GetGridStatusRequest) (*gridcasev1.GetGridStatusResponse, error) {
	district, fresh, err := s.district(ctx, q.GetCode()[:6], q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	area, ok := district.Grids.Area(q.GetCode())
	if !ok {
		return nil, fault.New(fault.NotFound, "grid.unknown", "district %s has no area %s", district.Code, q.GetCode())
	}
	parts := district.Grids.Parts(q.GetCode())
	lengths := []int{len(q.GetCode())}
	if len(parts) > 0 {
		lengths = append(lengths, len(parts[0].GetCode()))
	}
	counts, err := s.under(ctx, q.GetCode(), q.GetAsOf(), lengths...)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.GetGridStatusResponse{Area: placed(area, added(counts[area.GetCode()]), false), Freshness: fresh}
	for _, part := range parts {
		if n := counts[part.GetCode()]; len(n) > 0 {
			answer.Parts = append(answer.Parts, placed(part, added(n), false))
		}
	}
	return answer, nil
}

// under counts what stands under a code, now or at a moment of the past.
func (s *Service) under(ctx context.Context, code string, asOf *gridcasev1.AsOf, lengths ...int) (map[string][]*gridcasev1.StateCount, error) {
	then, err := moment(code[:6], asOf)
	if err != nil {
		return nil, err
	}
	if then == nil {
		counts, err := s.counts.Under(ctx, code, lengths...)
		return counts, unavailable(err)
	}
	if err := mayLookBack(api.Actor(ctx).Scope(code[:6])); err != nil {
		return nil, err
	}
	counts, err := s.past.Under(ctx, code, *then, lengths...)
	return counts, unavailable(err)
}

// district returns the reference data of the district that a request means, its areas at least, when the positions are reached.
func (s *Service) district(ctx context.Context, named string, atLeast []string) (*reference.District, *gridcasev1.Freshness, error) {
	code, err := s.o.Access.District(api.Actor(ctx), named)
	if err != nil {
		return nil, nil, err
	}
	district, err := s.o.Directory.Known(code)
	if err != nil {
		return nil, nil, err
	}
	if district.Grids == nil {
		return nil, nil, fault.New(fault.Conflict, "district.incomplete", "district %s has no grids yet", code)
	}
	fresh, err := s.o.Tracker.Wait(ctx, code, atLeast)
	return district, fresh, err
}

// added adds counts up.
func added(counts []*gridcasev1.StateCount) *gridcasev1.GridCount {
	g := &gridcasev1.GridCount{Counts: counts}
	for _, n := range counts {
		switch {
		case n.GetState() == gridcasev1.State_STATE_CLOSED:
			g.Closed += n.GetCases()
		case !readmodel.Ended(n.GetState()):
			g.Open += n.GetCases()
		}
	}
	return g
}

// placed says of what stands in an area where that is; g may be nil, where nothing does.
func placed(a *gridcasev1.Area, g *gridcasev1.GridCount, outline bool) *gridcasev1.GridCount {
	if g == nil {
		g = &gridcasev1.GridCount{}
	}
	g.Code, g.Name, g.Synthetic = a.GetCode(), a.GetName(), a.GetSynthetic()
	if outline {
		g.Rings = a.GetRings()
	}
	return g
}

// ListWorkers answers: who may be sent to this unit grid, the duty grid's workers first?
func (s *Service) ListWorkers(ctx context.Context, q *gridcasev1.ListWorkersRequest) (*gridcasev1.ListWorkersResponse, error) {
	district, _, err := s.district(ctx, q.GetGrid()[:6], nil)
	if err != nil {
		return nil, err
	}
	place, ok := district.Grids.Place(q.GetGrid(), nil)
	if !ok {
		return nil, fault.New(fault.NotFound, "grid.unknown", "district %s has no unit grid %s", district.Code, q.GetGrid())
	}
	workers, next, err := api.Page(district.Workers(place, nil), (*gridcasev1.User).GetName, q.GetPage(), q.GetLimit())
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.ListWorkersResponse{NextPage: next}
	for _, u := range workers {
		answer.Workers = append(answer.Workers, &gridcasev1.Worker{Id: u.GetId(), Name: u.GetName(), OnDuty: slices.Contains(u.GetDutyGrids(), q.GetGrid())})
	}
	return answer, nil
}

// GetCatalogue answers: which case types, conditions and departments does this district have?
func (s *Service) GetCatalogue(ctx context.Context, q *gridcasev1.GetCatalogueRequest) (*gridcasev1.GetCatalogueResponse, error) {
	code, err := s.o.Access.District(api.Actor(ctx), q.GetDistrict())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(code)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.GetCatalogueResponse{Departments: district.Departments(),
		Catalogue: &gridcasev1.CatalogueVersion{District: district.Code, Version: district.Catalogue.Version(), Types: district.Catalogue.Types()}}, nil
}
