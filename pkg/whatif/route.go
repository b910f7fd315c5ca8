package whatif

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// route counts a dispatch of the period for the department that it was to, and for the one that it would have been to by the other
// catalogue's routes.
func (s *Study) route(k *twin, e *Event) error {
	m, dispatched := e.Message.(*gridcasev1.CaseDispatched)
	if !dispatched || s.o.Catalogue == nil || !s.in(e.Envelope.Time) {
		return nil
	}
	held, known := s.o.Reference.CatalogueVersion(e.Envelope.Catalogue)
	if !known {
		return missing("catalogue", e.Envelope.Catalogue)
	}
	c := &k.was
	old, other := held.Route(c.Type, c.Condition, c.Fields, c.Place), s.o.Catalogue.Route(c.Type, c.Condition, c.Fields, c.Place)
	was, would := m.GetDepartment(), m.GetDepartment()
	if other.Department != "" && other.Department != old.Department {
		would = other.Department
	}
	s.load(was).Dispatched++
	s.load(would).WouldBeDispatched++
	if was == would || s.o.Department != "" && s.o.Department != was {
		return nil
	}
	s.rerouted++
	if len(s.routes) == s.o.Limit {
		s.leftOff++
		return nil
	}
	s.routes = append(s.routes, &gridcasev1.WhatIfRoute{CaseId: k.id, Number: c.Number, CaseType: c.Type, Grid: c.Place.GetGrid(), At: stamp(e.Envelope.Time),
		Department: was, WouldBeDepartment: would, Why: other.Why})
	return nil
}

func (s *Study) load(department string) *gridcasev1.WhatIfLoad {
	if s.loads[department] == nil {
		s.loads[department] = &gridcasev1.WhatIfLoad{Department: department}
	}
	return s.loads[department]
}
