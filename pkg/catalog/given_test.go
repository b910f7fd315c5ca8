package catalog_test

import (
	"math"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
)

func choice(name, value string) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: name, Value: &gridcasev1.FieldInput_Choice{Choice: value}}
}

func text(name, value string) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: name, Value: &gridcasev1.FieldInput_Text{Text: value}}
}

func code(name, value string) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: name, Value: &gridcasev1.FieldInput_Code{Code: value}}
}

func number(name string, value float64) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: name, Value: &gridcasev1.FieldInput_Number{Number: value}}
}

func flag(name string, value bool) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: name, Value: &gridcasev1.FieldInput_Flag{Flag: value}}
}

func moment(name string) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: name, Value: &gridcasev1.FieldInput_Time{Time: &timestamppb.Timestamp{Seconds: 1}}}
}

func TestTheFieldsOfAReport(t *testing.T) {
	place, seen := choice("place_kind", "footway"), moment("seen_at")
	for _, c := range []struct {
		name        string
		given       []*gridcasev1.FieldInput
		requireAll  bool
		code, field string // no code: taken
	}{
		{"each kind of field", []*gridcasev1.FieldInput{place, seen, text("plate", "x"), code("ticket_no", "T-1"), number("wheels", 4), flag("blocking", false)}, true, "", ""},
		{"the required ones alone", []*gridcasev1.FieldInput{seen, place}, true, "", ""},
		{"none where none is asked for", nil, false, "", ""},
		{"the lowest number", []*gridcasev1.FieldInput{number("wheels", 2)}, false, "", ""},
		{"the highest number", []*gridcasev1.FieldInput{number("wheels", 40)}, false, "", ""},
		{"none where some are required", nil, true, "field.required", "fields.place_kind"},
		{"one of two that are required", []*gridcasev1.FieldInput{place}, true, "field.required", "fields.seen_at"},
		{"a field that the type doesn't have", []*gridcasev1.FieldInput{place, text("colour", "red")}, false, "field.unknown", "fields[1]"},
		{"a field without a name", []*gridcasev1.FieldInput{text("", "red")}, false, "field.unknown", "fields[0]"},
		{"a field twice", []*gridcasev1.FieldInput{place, place}, false, "field.duplicate", "fields[1]"},
		{"a text for a choice", []*gridcasev1.FieldInput{text("place_kind", "footway")}, false, "field.kind", "fields[0]"},
		{"a code for a text that must be sealed", []*gridcasev1.FieldInput{code("plate", "x")}, false, "field.kind", "fields[0]"},
		{"a text for a code", []*gridcasev1.FieldInput{text("ticket_no", "T-1")}, false, "field.kind", "fields[0]"},
		{"a flag for a number", []*gridcasev1.FieldInput{flag("wheels", true)}, false, "field.kind", "fields[0]"},
		{"a number for a flag", []*gridcasev1.FieldInput{number("blocking", 1)}, false, "field.kind", "fields[0]"},
		{"a number for a time", []*gridcasev1.FieldInput{number("seen_at", 1)}, false, "field.kind", "fields[0]"},
		{"a time for a number", []*gridcasev1.FieldInput{moment("wheels")}, false, "field.kind", "fields[0]"},
		{"no value", []*gridcasev1.FieldInput{{Name: "plate"}}, false, "field.kind", "fields[0]"},
		{"none of the choices", []*gridcasev1.FieldInput{choice("place_kind", "roof")}, false, "field.choice", "fields[0]"},
		{"a number below the bounds", []*gridcasev1.FieldInput{number("wheels", 1.9)}, false, "field.range", "fields[0]"},
		{"a number above the bounds", []*gridcasev1.FieldInput{number("wheels", 40.1)}, false, "field.range", "fields[0]"},
		{"what is no number", []*gridcasev1.FieldInput{number("wheels", math.NaN())}, false, "field.range", "fields[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := catalog.CheckFields(parking(), c.given, c.requireAll)
			if c.code != "" {
				refused(t, err, c.code, c.field)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestThePhotosOfAReport(t *testing.T) {
	for _, c := range []struct {
		name        string
		kinds       []string
		code, field string // no code: taken
	}{
		{"the least", []string{"far", "plate", "plate"}, "", ""},
		{"more than the least", []string{"plate", "far", "plate", "plate", "far", "sign"}, "", ""},
		{"kinds that every type takes", []string{"far", "plate", "plate", "near", "before", "after", "other"}, "", ""},
		{"none", nil, "photo.required", "photos"},
		{"one too few of a kind", []string{"far", "plate", "sign"}, "photo.required", "photos"},
		{"a kind that the type doesn't name", []string{"far", "plate", "plate", "driver"}, "photo.kind", "photos[3].kind"},
		{"no kind", []string{""}, "photo.kind", "photos[0].kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var photos []*gridcasev1.Photo
			for _, kind := range c.kinds {
				photos = append(photos, &gridcasev1.Photo{Kind: kind})
			}
			err := catalog.CheckPhotos(parking(), photos)
			if c.code != "" {
				refused(t, err, c.code, c.field)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
