package query

import (
	"context"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference"
)

// GetGridMap answers: how many cases stand where in this district, in every unit grid?
func (s *Service) GetGridMap(ctx context.Context, q *gridcasev1.GetGridMapRequest) (*gridcasev1.GetGridMapResponse, error) {
	district, fresh, err := s.district(ctx, q.GetDistrict(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	cells := district.Grids.Cells()
	counts, err := s.under(ctx, district.Code, q.GetAsOf(), len(district.Code), len(cells[0].GetCode()))
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.GetGridMapResponse{District: district.Code, GridsVersion: district.Grids.Version(), Freshness: fresh, Grids: make([]*gridcasev1.GridCount, len(cells))}
	whole, _ := district.Grids.Area(district.Code)
	answer.Total = gridCount(whole, counts[district.Code], q.GetOutlines())
	for i, cell := range cells {
		answer.Grids[i] = gridCount(cell, counts[cell.GetCode()], q.GetOutlines())
	}
	return answer, nil
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
	answer := &gridcasev1.GetGridStatusResponse{Area: gridCount(area, counts[area.GetCode()], false), Freshness: fresh}
	for _, part := range parts {
		if n := counts[part.GetCode()]; len(n) > 0 {
			answer.Parts = append(answer.Parts, gridCount(part, n, false))
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

// gridCount adds up what stands in an area.
func gridCount(a *gridcasev1.Area, counts []*gridcasev1.StateCount, outline bool) *gridcasev1.GridCount {
	g := &gridcasev1.GridCount{Code: a.GetCode(), Name: a.GetName(), Synthetic: a.GetSynthetic(), Counts: counts}
	if outline {
		g.Rings = a.GetRings()
	}
	for _, n := range counts {
		switch n.GetState() {
		case gridcasev1.State_STATE_CLOSED:
			g.Closed += n.GetCases()
		case gridcasev1.State_STATE_NOT_FILED, gridcasev1.State_STATE_VOIDED, gridcasev1.State_STATE_MERGED:
		default:
			g.Open += n.GetCases()
		}
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
	answer := &gridcasev1.ListWorkersResponse{}
	for _, u := range district.Workers(place, nil) {
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
