package kpi

import (
	"maps"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// add counts for every group that a piece of work belongs to.
func (c *Collector) add(name string, who owner, numerator, denominator float64) {
	switch c.o.By {
	case Whole:
		c.tally(name, Whole, "", numerator, denominator)
	case Department:
		c.tally(name, Department, who.department, numerator, denominator)
	case Grid:
		c.tally(name, Grid, c.area(who.grid), numerator, denominator)
	case Position:
		c.tally(name, Position, who.position, numerator, denominator)
	case Worker:
		for _, worker := range who.workers {
			c.tally(name, Worker, worker, numerator, denominator)
		}
	}
}

// area returns the area whose figures a unit grid is part of.
func (c *Collector) area(grid string) string {
	if c.o.Area == nil || grid == "" {
		return grid
	}
	return c.o.Area(grid)
}

// tally counts for one group, where the figures are grouped so.
func (c *Collector) tally(name string, by By, id string, numerator, denominator float64) {
	if by != c.o.By || id == "" && by != Whole {
		return
	}
	if c.tallies[id] == nil {
		c.tallies[id] = map[string]*tally{}
	}
	if c.tallies[id][name] == nil {
		c.tallies[id][name] = &tally{}
	}
	c.tallies[id][name].numerator += numerator
	c.tallies[id][name].denominator += denominator
}

// results are the figures of each group, in the order of the definitions. A group without any is left out, the district never.
func (c *Collector) results() []*gridcasev1.KpiGroup {
	if c.o.By == Whole {
		return []*gridcasev1.KpiGroup{c.group("")}
	}
	var groups []*gridcasev1.KpiGroup
	for _, id := range slices.Sorted(maps.Keys(c.tallies)) {
		groups = append(groups, c.group(id))
	}
	return groups
}

func (c *Collector) group(id string) *gridcasev1.KpiGroup {
	n := counts{version: c.o.Version, of: c.tallies[id]}
	g := &gridcasev1.KpiGroup{Id: id}
	for i := range Definitions {
		d := &Definitions[i]
		if c.o.By != Whole && !slices.Contains(d.By, c.o.By) {
			continue
		}
		figure := &gridcasev1.Kpi{Name: d.Name}
		figure.Numerator, figure.Denominator = n.figure(d)
		if figure.Denominator > 0 {
			value := figure.Numerator / figure.Denominator
			figure.Value = &value
		}
		g.Kpis = append(g.Kpis, figure)
	}
	g.Times = c.times(id)
	c.mark(g, n)
	return g
}
