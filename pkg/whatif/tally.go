package whatif

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
)

// tally is what was counted.
type tally struct {
	events, cases uint64
	groups        map[string]*group
	clocks        []*gridcasev1.WhatIfClock
	loads         map[string]*gridcasev1.WhatIfLoad
	routes        []*gridcasev1.WhatIfRoute
	rerouted      uint64
	leftOff       uint64
}

// work is how much of a stage there was, and would have been.
type work struct{ due, onTime, wouldBeDue, wouldBeOnTime, becameLate, becameOnTime uint64 }

func newTally() tally {
	return tally{groups: map[string]*group{}, loads: map[string]*gridcasev1.WhatIfLoad{}}
}

// counts tells whether a piece of work is of the period, as it was or as it would have been, and of the group's kind.
func (s *Study) counts(p *piece) bool {
	if _, in := s.group(p); !in {
		return false
	}
	return p.was.Falls(s.in) || p.would.Falls(s.in)
}

// group returns the group of a piece of work.
func (s *Study) group(p *piece) (id string, in bool) {
	if s.o.Department != "" && !(p.ofDepartment() && p.department == s.o.Department) {
		return "", false
	}
	switch s.o.By {
	case Department:
		return p.department, p.ofDepartment() && p.department != ""
	case Grid:
		id = p.grid
		if s.o.Area != nil {
			id = s.o.Area(id)
		}
		return id, id != ""
	case CaseType:
		return p.caseType, true
	}
	return "", true
}

// count counts a piece of work whose end is known, or that is open at the end of the period.
func (s *Study) count(k *twin, p *piece) {
	if !s.counts(p) {
		return
	}
	if !k.counted {
		k.counted = true
		s.cases++
	}
	id, _ := s.group(p)
	if s.groups[id] == nil {
		s.groups[id] = new(group)
	}
	n := &s.groups[id][p.stage]
	was, would := s.late(p.was), s.late(p.would)
	n.due += number(p.was.Falls(s.in))
	n.onTime += number(p.was.Falls(s.in) && p.was.OnTime())
	n.wouldBeDue += number(p.would.Falls(s.in))
	n.wouldBeOnTime += number(p.would.Falls(s.in) && p.would.OnTime())
	n.becameLate += number(!was && would)
	n.becameOnTime += number(was && !would)
	if was != would {
		s.list(k, p, was)
	}
}

// late tells whether work was not done in time by the end of the period.
func (s *Study) late(w kpi.Standing) bool {
	if !w.Done.IsZero() {
		return !w.OnTime()
	}
	return w.Due.Before(s.o.To) && w.RanOut()
}

func (s *Study) list(k *twin, p *piece, wasLate bool) {
	if len(s.clocks) == s.o.Limit {
		s.leftOff++
		return
	}
	listed := &gridcasev1.WhatIfClock{CaseId: k.id, Number: p.number, CaseType: p.caseType, Stage: p.stage, Grid: p.grid, Started: stamp(p.started),
		Due: stamp(p.was.Due), WouldBeDue: stamp(p.would.Due), Done: stamp(p.was.Done), WasLate: wasLate}
	if p.ofDepartment() {
		listed.Department = p.department
	}
	s.clocks = append(s.clocks, listed)
}

func number(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
