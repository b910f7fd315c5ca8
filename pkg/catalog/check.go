package catalog

import (
	"fmt"
	"regexp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Check returns everything in a version that makes no sense, in its order: Invalid faults that name their places.
func Check(v *gridcasev1.CatalogueVersion) []*fault.Error {
	var c checks
	ids := names{}
	for i, t := range v.GetTypes() {
		place := fmt.Sprintf("types[%d]", i)
		if !ids.add(t.GetId()) {
			c.bad(place+".id", "catalogue.type_id", "a case type has an id that no other has; %q is empty or used twice", t.GetId())
		} else {
			c.word(place+".id", "catalogue.type_id", t.GetId(), typeID)
		}
		c.caseType(place, t)
	}
	c.policy(v.GetPolicy())
	return c.faults
}

// checks gathers faults.
type checks struct{ faults []*fault.Error }

func (c *checks) bad(field, code, format string, args ...any) {
	c.faults = append(c.faults, fault.BadField(field, code, format, args...))
}

// The forms of names, as the contract's rules have them.
var (
	typeID      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}(\.[a-z0-9_]{1,60})?$`)
	conditionID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)
	fieldName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	photoKind   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	department  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	areaCode    = regexp.MustCompile(`^[0-9]{6,20}$`)
)

// word refuses a name of another form; an empty one is another check's.
func (c *checks) word(field, code, name string, form *regexp.Regexp) {
	if name != "" && !form.MatchString(name) {
		c.bad(field, code, "%q has not the form %s", name, form)
	}
}

func (c *checks) caseType(place string, t *gridcasev1.CaseType) {
	fields := c.fields(place, t)
	photos := names{}
	for i, p := range t.GetPhotos() {
		at := fmt.Sprintf("%s.photos[%d].kind", place, i)
		if !photos.add(p.GetKind()) {
			c.bad(at, "catalogue.photo_kind", "a photo has a kind that no other of %q has; %q is empty or used twice", t.GetId(), p.GetKind())
		}
		c.word(at, "catalogue.photo_kind", p.GetKind(), photoKind)
	}
	if len(t.GetConditions()) == 0 {
		c.bad(place+".conditions", "catalogue.conditions", "the case type %q needs a filing condition", t.GetId())
	}
	conditions := names{}
	for i, rule := range t.GetConditions() {
		at := fmt.Sprintf("%s.conditions[%d]", place, i)
		if !conditions.add(rule.GetId()) {
			c.bad(at+".id", "catalogue.condition_id", "a condition has an id that no other of %q has; %q is empty or used twice", t.GetId(), rule.GetId())
		}
		c.condition(at, rule, fields)
	}
	c.duplicates(place+".duplicates", t)
	for i, route := range t.GetRoutes() {
		c.route(fmt.Sprintf("%s.routes[%d]", place, i), t, route, conditions)
	}
}

func (c *checks) condition(at string, rule *gridcasev1.Condition, fields names) {
	c.word(at+".id", "catalogue.condition_id", rule.GetId(), conditionID)
	c.word(at+".lead", "catalogue.department", rule.GetLead(), department)
	if l := rule.GetLimit(); l != nil && !sound(l) {
		c.bad(at+".limit", "catalogue.limit", "the limit of condition %q has a value above 0, a unit and a basis, and is at most a hundred years", rule.GetId())
	}
	points := names{}
	for _, point := range rule.GetChecklist() {
		if !points.add(point) {
			c.bad(at+".checklist", "catalogue.checklist", "the checklist of condition %q has words, each of them once: %q", rule.GetId(), point)
		}
		c.word(at+".checklist", "catalogue.checklist", point, fieldName)
	}
	closing := names{}
	for _, name := range rule.GetCloseFields() {
		switch {
		case !closing.add(name):
			c.bad(at+".close_fields", "catalogue.close_field", "the close fields of condition %q are names, each of them once: %q", rule.GetId(), name)
		case !fields[name]:
			c.bad(at+".close_fields", "catalogue.close_field", "condition %q is closed with the field %q, which the type doesn't have", rule.GetId(), name)
		}
	}
}

func (c *checks) duplicates(at string, t *gridcasev1.CaseType) {
	rule := t.GetDuplicates()
	if rule == nil {
		return
	}
	if rule.GetRadiusM() > 10_000 || rule.GetWindowMinutes() > 365*24*60 || rule.GetWindowMinutes() == 0 {
		c.bad(at, "catalogue.duplicates", "duplicates of %q lie at most 10 km and from 1 minute to 1 year apart", t.GetId())
	}
	if name := rule.GetSameField(); name != "" && field(t, name).GetKind() != gridcasev1.FieldKind_FIELD_KIND_CODE {
		c.bad(at+".same_field", "catalogue.duplicates", "duplicates of %q are equal in a field of kind code, which %q is not", t.GetId(), name)
	}
}

// names is a set of names.
type names map[string]bool

// add tells whether a name is one and is new.
func (n names) add(name string) bool {
	if name == "" || n[name] {
		return false
	}
	n[name] = true
	return true
}
