package catalog

import (
	"fmt"
	"math"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// fields checks a type's fields and returns their names.
func (c *checks) fields(place string, t *gridcasev1.CaseType) names {
	fields := names{}
	for i, f := range t.GetFields() {
		at := fmt.Sprintf("%s.fields[%d]", place, i)
		if !fields.add(f.GetName()) {
			c.bad(at+".name", "catalogue.field_name", "a field has a name that no other of %q has; %q is empty or used twice", t.GetId(), f.GetName())
		}
		c.word(at+".name", "catalogue.field_name", f.GetName(), fieldName)
		c.field(at, f)
	}
	return fields
}

func (c *checks) field(at string, f *gridcasev1.FieldRule) {
	if _, known := gridcasev1.FieldKind_name[int32(f.GetKind())]; !known || f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_UNSPECIFIED {
		c.bad(at+".kind", "catalogue.field_kind", "the field %q has no kind", f.GetName())
		return
	}
	isChoice := f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_CHOICE
	if isChoice != (len(f.GetChoices()) > 0) {
		c.bad(at+".choices", "catalogue.choices", "a field of kind choice, and no other, has choices: %q", f.GetName())
	}
	choices := names{}
	for _, choice := range f.GetChoices() {
		if !choices.add(choice) {
			c.bad(at+".choices", "catalogue.choices", "the choices of %q are words, each of them once: %q", f.GetName(), choice)
		}
		c.word(at+".choices", "catalogue.choices", choice, fieldName)
	}
	c.bounds(at, f)
	c.readers(at, f)
}

func (c *checks) bounds(at string, f *gridcasev1.FieldRule) {
	low, high := math.Inf(-1), math.Inf(1)
	if f.Min != nil {
		low = f.GetMin()
	}
	if f.Max != nil {
		high = f.GetMax()
	}
	bounded := f.Min != nil || f.Max != nil
	if bounded && f.GetKind() != gridcasev1.FieldKind_FIELD_KIND_NUMBER || !(low <= high) {
		c.bad(at, "catalogue.range", "only a number has bounds, the lower one first: %q", f.GetName())
	}
}

// readers checks who sees a text.
func (c *checks) readers(at string, f *gridcasev1.FieldRule) {
	if len(f.GetSeenBy()) > 0 && f.GetKind() != gridcasev1.FieldKind_FIELD_KIND_TEXT {
		c.bad(at+".seen_by", "catalogue.seen_by", "only a text is kept from readers; %q is none", f.GetName())
	}
	for _, role := range f.GetSeenBy() {
		if _, known := gridcasev1.Role_name[int32(role)]; !known || role == gridcasev1.Role_ROLE_UNSPECIFIED || role == gridcasev1.Role_ROLE_SYSTEM {
			c.bad(at+".seen_by", "catalogue.seen_by", "the field %q is seen by a role that nobody has", f.GetName())
		}
	}
}

// longest is the longest limit of each unit: a hundred years.
var longest = map[gridcasev1.LimitUnit]uint32{
	gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE: 36525 * 24 * 60,
	gridcasev1.LimitUnit_LIMIT_UNIT_HOUR:   36525 * 24,
	gridcasev1.LimitUnit_LIMIT_UNIT_DAY:    36525,
}

// sound tells whether a limit has a value above 0, a unit and a basis, and is not longer than the longest.
func sound(l *gridcasev1.Limit) bool {
	basis := l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WALL || l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
	return l.GetValue() > 0 && l.GetValue() <= longest[l.GetUnit()] && basis
}
