package kpi

import (
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// span is how long something took: by the wall, and of working time.
type span struct{ wall, working time.Duration }

// spanNames are the four parts of a case's way, in its order.
var spanNames = []string{"report_to_file", "file_to_dispatch", "dispatch_to_handled", "handled_to_closed"}

// measure takes the time of a part of the way that ends with an event in the period.
func (c *Collector) measure(k *track, e *Event) {
	if !c.in(e.At) {
		return
	}
	switch m := e.Message.(type) {
	case *gridcasev1.CaseFiled:
		c.span("report_to_file", k.owner(shiftLeader), k.reportedAt, e.At)
	case *gridcasev1.CaseDispatched:
		who := k.owner(dispatcher)
		who.department = ""
		c.span("file_to_dispatch", who, k.filedAt, e.At)
	case *gridcasev1.HandlingReported:
		if !m.GetSelf() {
			c.span("dispatch_to_handled", k.owner(""), k.dispatchedAt, e.At)
		}
	case *gridcasev1.CaseClosed:
		c.span("handled_to_closed", owner{grid: k.grid, position: shiftLeader}, k.handledAt, e.At)
	}
}

func (c *Collector) span(name string, who owner, from, to time.Time) {
	if from.IsZero() {
		return
	}
	id, in := c.groupOf(who)
	if !in {
		return
	}
	if c.spans[id] == nil {
		c.spans[id] = map[string][]span{}
	}
	c.spans[id][name] = append(c.spans[id][name], span{to.Sub(from), c.o.Calendar.Between(from, to, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING)})
}

// groupOf returns the group of a time; workers have none.
func (c *Collector) groupOf(who owner) (id string, in bool) {
	switch c.o.By {
	case Whole:
		return "", true
	case Department:
		return who.department, who.department != ""
	case Grid:
		id = c.area(who.grid)
		return id, id != ""
	case Position:
		return who.position, who.position != ""
	}
	return "", false
}

// times are the medians and the 90th percentiles of a group, in minutes. A percentile is by nearest rank: a time that was really taken.
func (c *Collector) times(id string) []*gridcasev1.KpiTime {
	var times []*gridcasev1.KpiTime
	for _, name := range spanNames {
		taken := c.spans[id][name]
		if len(taken) == 0 {
			continue
		}
		wall, working := make([]time.Duration, len(taken)), make([]time.Duration, len(taken))
		for i, s := range taken {
			wall[i], working[i] = s.wall, s.working
		}
		times = append(times, &gridcasev1.KpiTime{Name: name, Cases: uint64(len(taken)), WallP50: percentile(wall, 50), WallP90: percentile(wall, 90),
			WorkingP50: percentile(working, 50), WorkingP90: percentile(working, 90)})
	}
	return times
}

func percentile(taken []time.Duration, p int) float64 {
	slices.Sort(taken)
	rank := (p*len(taken) + 99) / 100
	return taken[rank-1].Minutes()
}
