package query

import (
	"slices"

	"github.com/gridcase/gridcase/pkg/reference"
)

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
