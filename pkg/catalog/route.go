package catalog

import (
	"fmt"
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Routing is where a case is to be dispatched.
type Routing struct {
	Department string   // the lead; empty where nothing names one
	Assisting  []string // departments that help
	Why        string   // what named the lead, or why nothing did
}

// Route returns where a case of a type goes that was filed under a condition: the first of the type's routes that holds for its fields and
// its place names the lead department, else the condition does.
func (c *Catalogue) Route(caseType, condition string, fields []*gridcasev1.Field, place *gridcasev1.Place) Routing {
	t := c.byID[caseType]
	for i, route := range t.GetRoutes() {
		if holds(route, condition, fields, place) {
			return Routing{Department: route.GetDepartment(), Assisting: route.GetAssisting(), Why: fmt.Sprintf("route %d of %s", i+1, caseType)}
		}
	}
	rule, known := c.Condition(caseType, condition)
	switch {
	case !known:
		return Routing{Why: fmt.Sprintf("the case type %s has no condition %q", caseType, condition)}
	case rule.GetLead() == "":
		return Routing{Why: fmt.Sprintf("no route of %s holds for this case, and condition %s names no lead department", caseType, condition)}
	}
	return Routing{Department: rule.GetLead(), Why: "condition " + condition}
}

// holds tells whether a route is for a case.
func holds(route *gridcasev1.Route, condition string, fields []*gridcasev1.Field, place *gridcasev1.Place) bool {
	if len(route.GetConditions()) > 0 && !slices.Contains(route.GetConditions(), condition) {
		return false
	}
	inArea := func(area string) bool { return strings.HasPrefix(place.GetGrid(), area) }
	if len(route.GetAreas()) > 0 && !slices.ContainsFunc(route.GetAreas(), inArea) {
		return false
	}
	hasValue := func(f *gridcasev1.Field) bool {
		return f.GetName() == route.GetField() && slices.Contains(route.GetValues(), f.GetChoice())
	}
	return route.GetField() == "" || slices.ContainsFunc(fields, hasValue)
}

// route checks one route of a type.
func (c *checks) route(at string, t *gridcasev1.CaseType, route *gridcasev1.Route, conditions names) {
	for _, id := range route.GetConditions() {
		if !conditions[id] {
			c.bad(at+".conditions", "catalogue.route", "the case type %q has no condition %q to route by", t.GetId(), id)
		}
	}
	rule := field(t, route.GetField())
	switch {
	case route.GetField() == "" && len(route.GetValues()) > 0:
		c.bad(at+".values", "catalogue.route", "values to route by need the field that holds them")
	case route.GetField() != "" && rule.GetKind() != gridcasev1.FieldKind_FIELD_KIND_CHOICE:
		c.bad(at+".field", "catalogue.route", "a case of %q is routed by a field of kind choice, which %q is not", t.GetId(), route.GetField())
	case route.GetField() != "" && len(route.GetValues()) == 0:
		c.bad(at+".values", "catalogue.route", "a route by the field %q needs its values", route.GetField())
	}
	for _, value := range route.GetValues() {
		if rule != nil && !slices.Contains(rule.GetChoices(), value) {
			c.bad(at+".values", "catalogue.route", "%q is no choice of the field %q", value, route.GetField())
		}
	}
	for _, area := range route.GetAreas() {
		if !areaCode.MatchString(area) {
			c.bad(at+".areas", "catalogue.route", "%q is no code of an area", area)
		}
	}
	c.routed(at, route)
}

// routed checks where a route leads to.
func (c *checks) routed(at string, route *gridcasev1.Route) {
	for _, id := range append([]string{route.GetDepartment()}, route.GetAssisting()...) {
		if !department.MatchString(id) {
			c.bad(at+".department", "catalogue.department", "%q is no id of a department", id)
		}
	}
	if slices.Contains(route.GetAssisting(), route.GetDepartment()) {
		c.bad(at+".assisting", "catalogue.department", "the lead department does not assist itself: %q", route.GetDepartment())
	}
}
