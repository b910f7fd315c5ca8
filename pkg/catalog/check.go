package catalog

import (
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

func checkType(place string, t *gridcasev1.CaseType) error {
	fields := map[string]bool{}
	for i, f := range t.GetFields() {
		at := fmt.Sprintf("%s.fields[%d]", place, i)
		if f.GetName() == "" || fields[f.GetName()] {
			return fault.BadField(at+".name", "catalogue.field_name", "a field has a name that no other of %q has", t.GetId())
		}
		fields[f.GetName()] = true
		if err := checkField(at, f); err != nil {
			return err
		}
	}
	if len(t.GetConditions()) == 0 {
		return fault.BadField(place+".conditions", "catalogue.conditions", "the case type %q needs a filing condition", t.GetId())
	}
	conditions := map[string]bool{}
	for i, c := range t.GetConditions() {
		at := fmt.Sprintf("%s.conditions[%d]", place, i)
		if c.GetId() == "" || conditions[c.GetId()] {
			return fault.BadField(at+".id", "catalogue.condition_id", "a condition has an id that no other of %q has", t.GetId())
		}
		conditions[c.GetId()] = true
		if err := checkCondition(at, c, fields); err != nil {
			return err
		}
	}
	return nil
}

func checkField(at string, f *gridcasev1.FieldRule) error {
	isChoice := f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_CHOICE
	if isChoice != (len(f.GetChoices()) > 0) {
		return fault.BadField(at+".choices", "catalogue.choices", "a field of kind choice, and no other, has choices: %q", f.GetName())
	}
	if f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_UNSPECIFIED {
		return fault.BadField(at+".kind", "catalogue.field_kind", "the field %q has no kind", f.GetName())
	}
	bounded := f.Min != nil || f.Max != nil
	if bounded && f.GetKind() != gridcasev1.FieldKind_FIELD_KIND_NUMBER || f.Min != nil && f.Max != nil && f.GetMin() > f.GetMax() {
		return fault.BadField(at, "catalogue.range", "only a number has bounds, the lower one first: %q", f.GetName())
	}
	return nil
}

func checkCondition(at string, c *gridcasev1.Condition, fields map[string]bool) error {
	if l := c.GetLimit(); l != nil {
		if l.GetValue() == 0 || l.GetUnit() == gridcasev1.LimitUnit_LIMIT_UNIT_UNSPECIFIED || l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_UNSPECIFIED {
			return fault.BadField(at+".limit", "catalogue.limit", "the limit of condition %q has a value above 0, a unit and a basis", c.GetId())
		}
	}
	for _, name := range c.GetCloseFields() {
		if !fields[name] {
			return fault.BadField(at+".close_fields", "catalogue.close_field", "condition %q is closed with the field %q, which the type doesn't have", c.GetId(), name)
		}
	}
	return nil
}
