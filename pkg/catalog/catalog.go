// Package catalog holds a district's case types as versioned data: fields, photo kinds, filing conditions with limits and close checklists.
// It owns the checks of a version, of its successor, and of what a command gives for a type. It is pure, and it never replaces a version:
// what a case's event names stays readable for ever.
//
// # Decisions
//
// 2026-11: a type or condition that was published may become inactive, never vanish. A condition without a limit has no due time. Limits are
// at most a hundred years, so that no due time overflows.
package catalog

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Catalogue is one version of a district's case types. It is immutable and safe for concurrent use.
type Catalogue struct {
	version uint32
	types   []*gridcasev1.CaseType
	byID    map[string]*gridcasev1.CaseType
	policy  Policy
}

// New returns the catalogue of a version. The first thing that makes no sense is an Invalid fault that names its place.
func New(v *gridcasev1.CatalogueVersion) (*Catalogue, error) {
	c := &Catalogue{version: v.GetVersion(), types: v.GetTypes(), byID: make(map[string]*gridcasev1.CaseType, len(v.GetTypes())),
		policy: NewPolicy(v.GetPolicy())}
	if faults := Check(v); len(faults) > 0 {
		return nil, faults[0]
	}
	for _, t := range v.GetTypes() {
		c.byID[t.GetId()] = t
	}
	return c, nil
}

// Version is the version's number.
func (c *Catalogue) Version() uint32 { return c.version }

// Policy is what the city decides for itself.
func (c *Catalogue) Policy() Policy { return c.policy }

// Types returns all case types, in the version's order.
func (c *Catalogue) Types() []*gridcasev1.CaseType { return c.types }

// Type returns a case type by its id.
func (c *Catalogue) Type(id string) (*gridcasev1.CaseType, bool) {
	t, ok := c.byID[id]
	return t, ok
}

// Condition returns a filing condition of a case type.
func (c *Catalogue) Condition(caseType, id string) (*gridcasev1.Condition, bool) {
	for _, condition := range c.byID[caseType].GetConditions() {
		if condition.GetId() == id {
			return condition, true
		}
	}
	return nil, false
}

// CheckSuccessor refuses a next version in which a type or condition is missing: cases may name it, so it may only become inactive.
func (c *Catalogue) CheckSuccessor(next *Catalogue) error {
	for _, t := range c.types {
		if next.byID[t.GetId()] == nil {
			return fault.New(fault.Invalid, "catalogue.type_vanished", "the case type %q must stay; make it inactive instead", t.GetId())
		}
		for _, condition := range t.GetConditions() {
			if _, ok := next.Condition(t.GetId(), condition.GetId()); !ok {
				return fault.New(fault.Invalid, "catalogue.condition_vanished", "the condition %q of %q must stay; make it inactive instead", condition.GetId(), t.GetId())
			}
		}
	}
	return nil
}

// Under returns the catalogue with another policy; one that makes no sense is an Invalid fault that names its place.
func (c *Catalogue) Under(p *gridcasev1.Policy) (*Catalogue, error) {
	var found checks
	if found.policy(p); len(found.faults) > 0 {
		return nil, found.faults[0]
	}
	other := *c
	other.policy = NewPolicy(p)
	return &other, nil
}
