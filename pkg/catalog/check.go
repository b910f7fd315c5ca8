package catalog

import (
	"fmt"
	"math"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// longest is the longest limit of each unit: a hundred years.
var longest = map[gridcasev1.LimitUnit]uint32{
	gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE: 36525 * 24 * 60,
	gridcasev1.LimitUnit_LIMIT_UNIT_HOUR:   36525 * 24,
	gridcasev1.LimitUnit_LIMIT_UNIT_DAY:    36525,
}

func checkType(place string, t *gridcasev1.CaseType) error {
	fields := names{}
	for i, f := range t.GetFields() {
		at := fmt.Sprintf("%s.fields[%d]", place, i)
		if !fields.add(f.GetName()) {
			return fault.BadField(at+".name", "catalogue.field_name", "a field has a name that no other of %q has; %q is empty or used twice", t.GetId(), f.GetName())
		}
		if err := checkField(at, f); err != nil {
			return err
		}
	}
	photos := names{}
	for i, p := range t.GetPhotos() {
		if !photos.add(p.GetKind()) {
			return fault.BadField(fmt.Sprintf("%s.photos[%d].kind", place, i), "catalogue.photo_kind", "a photo has a kind that no other of %q has; %q is empty or used twice", t.GetId(), p.GetKind())
		}
	}
	if len(t.GetConditions()) == 0 {
		return fault.BadField(place+".conditions", "catalogue.conditions", "the case type %q needs a filing condition", t.GetId())
	}
	conditions := names{}
	for i, c := range t.GetConditions() {
		at := fmt.Sprintf("%s.conditions[%d]", place, i)
		if !conditions.add(c.GetId()) {
			return fault.BadField(at+".id", "catalogue.condition_id", "a condition has an id that no other of %q has; %q is empty or used twice", t.GetId(), c.GetId())
		}
		if err := checkCondition(at, c, fields); err != nil {
			return err
		}
	}
	return nil
}

func checkField(at string, f *gridcasev1.FieldRule) error {
	if _, known := gridcasev1.FieldKind_name[int32(f.GetKind())]; !known || f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_UNSPECIFIED {
		return fault.BadField(at+".kind", "catalogue.field_kind", "the field %q has no kind", f.GetName())
	}
	isChoice := f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_CHOICE
	if isChoice != (len(f.GetChoices()) > 0) {
		return fault.BadField(at+".choices", "catalogue.choices", "a field of kind choice, and no other, has choices: %q", f.GetName())
	}
	if !(names{}).addAll(f.GetChoices()) {
		return fault.BadField(at+".choices", "catalogue.choices", "the choices of %q are words, each of them once", f.GetName())
	}
	low, high := math.Inf(-1), math.Inf(1)
	if f.Min != nil {
		low = f.GetMin()
	}
	if f.Max != nil {
		high = f.GetMax()
	}
	bounded := f.Min != nil || f.Max != nil
	if bounded && f.GetKind() != gridcasev1.FieldKind_FIELD_KIND_NUMBER || !(low <= high) {
		return fault.BadField(at, "catalogue.range", "only a number has bounds, the lower one first: %q", f.GetName())
	}
	return nil
}

func checkCondition(at string, c *gridcasev1.Condition, fields names) error {
	if err := checkLimit(at+".limit", c); err != nil {
		return err
	}
	if !(names{}).addAll(c.GetChecklist()) {
		return fault.BadField(at+".checklist", "catalogue.checklist", "the checklist of condition %q has words, each of them once", c.GetId())
	}
	if !(names{}).addAll(c.GetCloseFields()) {
		return fault.BadField(at+".close_fields", "catalogue.close_field", "the close fields of condition %q are names, each of them once", c.GetId())
	}
	for _, name := range c.GetCloseFields() {
		if !fields[name] {
			return fault.BadField(at+".close_fields", "catalogue.close_field", "condition %q is closed with the field %q, which the type doesn't have", c.GetId(), name)
		}
	}
	return nil
}

func checkLimit(at string, c *gridcasev1.Condition) error {
	l := c.GetLimit()
	if l == nil {
		return nil
	}
	basis := l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WALL || l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
	if l.GetValue() == 0 || l.GetValue() > longest[l.GetUnit()] || !basis {
		return fault.BadField(at, "catalogue.limit", "the limit of condition %q has a value above 0, a unit and a basis, and is at most a hundred years", c.GetId())
	}
	return nil
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

func (n names) addAll(all []string) bool {
	for _, name := range all {
		if !n.add(name) {
			return false
		}
	}
	return true
}
