package catalog

import (
	"fmt"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// commonPhotos are the kinds of photo that every case type takes, whether it names them or not.
var commonPhotos = []string{"far", "near", "before", "after", "other"}

// CheckFields refuses values that the type's fields don't take: an unknown field, another kind, no choice of the list, out of bounds, named
// twice; and, where requireAll, the absence of a required field.
func CheckFields(t *gridcasev1.CaseType, given []*gridcasev1.FieldInput, requireAll bool) error {
	seen := map[string]bool{}
	for i, in := range given {
		place := fmt.Sprintf("fields[%d]", i)
		if seen[in.GetName()] {
			return fault.BadField(place, "field.duplicate", "the field %q is given twice", in.GetName())
		}
		seen[in.GetName()] = true
		rule := field(t, in.GetName())
		if rule == nil {
			return fault.BadField(place, "field.unknown", "the case type %q has no field %q", t.GetId(), in.GetName())
		}
		if err := checkValue(place, rule, in); err != nil {
			return err
		}
	}
	for _, rule := range t.GetFields() {
		if requireAll && rule.GetRequired() && !seen[rule.GetName()] {
			return fault.BadField("fields."+rule.GetName(), "field.required", "a report of %q needs the field %q", t.GetId(), rule.GetName())
		}
	}
	return nil
}

func field(t *gridcasev1.CaseType, name string) *gridcasev1.FieldRule {
	i := slices.IndexFunc(t.GetFields(), func(f *gridcasev1.FieldRule) bool { return f.GetName() == name })
	if i < 0 {
		return nil
	}
	return t.GetFields()[i]
}

// kindOf is the kind of field that an input's value is for.
func kindOf(in *gridcasev1.FieldInput) gridcasev1.FieldKind {
	switch in.GetValue().(type) {
	case *gridcasev1.FieldInput_Code:
		return gridcasev1.FieldKind_FIELD_KIND_CODE
	case *gridcasev1.FieldInput_Text:
		return gridcasev1.FieldKind_FIELD_KIND_TEXT
	case *gridcasev1.FieldInput_Number:
		return gridcasev1.FieldKind_FIELD_KIND_NUMBER
	case *gridcasev1.FieldInput_Flag:
		return gridcasev1.FieldKind_FIELD_KIND_FLAG
	case *gridcasev1.FieldInput_Choice:
		return gridcasev1.FieldKind_FIELD_KIND_CHOICE
	case *gridcasev1.FieldInput_Time:
		return gridcasev1.FieldKind_FIELD_KIND_TIME
	}
	return gridcasev1.FieldKind_FIELD_KIND_UNSPECIFIED
}

func checkValue(place string, rule *gridcasev1.FieldRule, in *gridcasev1.FieldInput) error {
	if kindOf(in) != rule.GetKind() {
		return fault.BadField(place, "field.kind", "the field %q is of kind %s", rule.GetName(), rule.GetKind())
	}
	if rule.GetKind() == gridcasev1.FieldKind_FIELD_KIND_CHOICE && !slices.Contains(rule.GetChoices(), in.GetChoice()) {
		return fault.BadField(place, "field.choice", "the field %q is one of %v", rule.GetName(), rule.GetChoices())
	}
	if rule.Min != nil && !(in.GetNumber() >= rule.GetMin()) || rule.Max != nil && !(in.GetNumber() <= rule.GetMax()) { // what is no number is in no bounds
		return fault.BadField(place, "field.range", "the field %q is out of its bounds", rule.GetName())
	}
	return nil
}

// CheckPhotos refuses photos of kinds that the type doesn't take, and fewer of a kind than a grid worker's report needs.
func CheckPhotos(t *gridcasev1.CaseType, photos []*gridcasev1.Photo) error {
	count := map[string]uint32{}
	for i, p := range photos {
		named := slices.ContainsFunc(t.GetPhotos(), func(r *gridcasev1.PhotoRule) bool { return r.GetKind() == p.GetKind() })
		if !named && !slices.Contains(commonPhotos, p.GetKind()) {
			return fault.BadField(fmt.Sprintf("photos[%d].kind", i), "photo.kind", "the case type %q takes no photo of kind %q", t.GetId(), p.GetKind())
		}
		count[p.GetKind()]++
	}
	for _, rule := range t.GetPhotos() {
		if count[rule.GetKind()] < rule.GetMinReport() {
			return fault.BadField("photos", "photo.required", "a grid worker's report of %q shows at least %d photo of kind %q", t.GetId(), rule.GetMinReport(), rule.GetKind())
		}
	}
	return nil
}
