package catalog_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	hour    = gridcasev1.LimitUnit_LIMIT_UNIT_HOUR
	day     = gridcasev1.LimitUnit_LIMIT_UNIT_DAY
	minute  = gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE
	wall    = gridcasev1.LimitBasis_LIMIT_BASIS_WALL
	working = gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
)

// parking is a case type with a field of each kind.
func parking() *gridcasev1.CaseType {
	return &gridcasev1.CaseType{
		Id: "parking.motor",
		Fields: []*gridcasev1.FieldRule{
			{Name: "place_kind", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Required: true, Choices: []string{"carriageway", "footway"}},
			{Name: "plate", Kind: gridcasev1.FieldKind_FIELD_KIND_TEXT},
			{Name: "ticket_no", Kind: gridcasev1.FieldKind_FIELD_KIND_CODE},
			{Name: "wheels", Kind: gridcasev1.FieldKind_FIELD_KIND_NUMBER, Min: proto.Float64(2), Max: proto.Float64(40)},
			{Name: "blocking", Kind: gridcasev1.FieldKind_FIELD_KIND_FLAG},
			{Name: "seen_at", Kind: gridcasev1.FieldKind_FIELD_KIND_TIME, Required: true},
		},
		Photos: []*gridcasev1.PhotoRule{{Kind: "far", MinReport: 1}, {Kind: "plate", MinReport: 2}, {Kind: "sign"}},
		Conditions: []*gridcasev1.Condition{
			{Id: "C2", Limit: &gridcasev1.Limit{Value: 2, Unit: hour, Basis: working}, Checklist: []string{"gone"}, CloseFields: []string{"ticket_no"}},
			{Id: "C5"},
		},
	}
}

func version(types ...*gridcasev1.CaseType) *gridcasev1.CatalogueVersion {
	return &gridcasev1.CatalogueVersion{District: "610302", Version: 4, Types: types}
}

func newCatalogue(t *testing.T, types ...*gridcasev1.CaseType) *catalog.Catalogue {
	t.Helper()
	c, err := catalog.New(version(types...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refused checks that err is an Invalid fault of this code at this field.
func refused(t *testing.T, err error, code, field string) {
	t.Helper()
	if err == nil {
		t.Fatalf("nothing was refused, want %s", code)
	}
	if f := fault.Of(err); f.Kind != fault.Invalid || f.Code != code || f.Field != field {
		t.Errorf("%s %s at %q: %q, want invalid %s at %q", f.Kind, f.Code, f.Field, f.Text, code, field)
	}
}

func TestACatalogueKnowsItsTypesAndConditions(t *testing.T) {
	drain := &gridcasev1.CaseType{Id: "drain.pipe", Conditions: []*gridcasev1.Condition{{Id: "B2"}}}
	c := newCatalogue(t, parking(), drain)
	if c.Version() != 4 || len(c.Types()) != 2 || c.Types()[1] != drain {
		t.Errorf("version %d with %v", c.Version(), c.Types())
	}
	if got, ok := c.Type("drain.pipe"); !ok || got != drain {
		t.Errorf("drain.pipe is %v", got)
	}
	if got, ok := c.Type("drain"); ok {
		t.Errorf("drain is %v, but there is none", got)
	}
	if got, ok := c.Condition("parking.motor", "C2"); !ok || got.GetLimit().GetValue() != 2 {
		t.Errorf("C2 is %v", got)
	}
	for caseType, condition := range map[string]string{"parking.motor": "B2", "drain": "B2", "": ""} {
		if got, ok := c.Condition(caseType, condition); ok {
			t.Errorf("condition %q of %q is %v, but there is none", condition, caseType, got)
		}
	}
}

func TestAVersionThatMakesNoSenseIsRefused(t *testing.T) {
	limit := func(l *gridcasev1.Limit) func(*gridcasev1.CaseType) {
		return func(p *gridcasev1.CaseType) { p.Conditions[0].Limit = l }
	}
	for _, c := range []struct {
		name        string
		change      func(p *gridcasev1.CaseType)
		code, field string
	}{
		{"a type without an id", func(p *gridcasev1.CaseType) { p.Id = "" }, "catalogue.type_id", "types[1].id"},
		{"a type's id twice", func(p *gridcasev1.CaseType) { p.Id = "drain.pipe" }, "catalogue.type_id", "types[1].id"},
		{"a field without a name", func(p *gridcasev1.CaseType) { p.Fields[1].Name = "" }, "catalogue.field_name", "types[1].fields[1].name"},
		{"a field's name twice", func(p *gridcasev1.CaseType) { p.Fields[1].Name = "place_kind" }, "catalogue.field_name", "types[1].fields[1].name"},
		{"a field without a kind", func(p *gridcasev1.CaseType) { p.Fields[1].Kind = 0 }, "catalogue.field_kind", "types[1].fields[1].kind"},
		{"a field of a kind that nobody knows", func(p *gridcasev1.CaseType) { p.Fields[1].Kind = 99 }, "catalogue.field_kind", "types[1].fields[1].kind"},
		{"a choice without choices", func(p *gridcasev1.CaseType) { p.Fields[0].Choices = nil }, "catalogue.choices", "types[1].fields[0].choices"},
		{"choices of a text", func(p *gridcasev1.CaseType) { p.Fields[1].Choices = []string{"a"} }, "catalogue.choices", "types[1].fields[1].choices"},
		{"a choice twice", func(p *gridcasev1.CaseType) { p.Fields[0].Choices[1] = "carriageway" }, "catalogue.choices", "types[1].fields[0].choices"},
		{"a choice without a word", func(p *gridcasev1.CaseType) { p.Fields[0].Choices[1] = "" }, "catalogue.choices", "types[1].fields[0].choices"},
		{"bounds of a text", func(p *gridcasev1.CaseType) { p.Fields[1].Max = proto.Float64(1) }, "catalogue.range", "types[1].fields[1]"},
		{"bounds the wrong way round", func(p *gridcasev1.CaseType) { p.Fields[3].Min = proto.Float64(41) }, "catalogue.range", "types[1].fields[3]"},
		{"a bound that is no number", func(p *gridcasev1.CaseType) { p.Fields[3].Max = proto.Float64(math.NaN()) }, "catalogue.range", "types[1].fields[3]"},
		{"a photo without a kind", func(p *gridcasev1.CaseType) { p.Photos[1].Kind = "" }, "catalogue.photo_kind", "types[1].photos[1].kind"},
		{"a photo's kind twice", func(p *gridcasev1.CaseType) { p.Photos[1].Kind = "far" }, "catalogue.photo_kind", "types[1].photos[1].kind"},
		{"no condition", func(p *gridcasev1.CaseType) { p.Conditions = nil }, "catalogue.conditions", "types[1].conditions"},
		{"a condition without an id", func(p *gridcasev1.CaseType) { p.Conditions[1].Id = "" }, "catalogue.condition_id", "types[1].conditions[1].id"},
		{"a condition's id twice", func(p *gridcasev1.CaseType) { p.Conditions[1].Id = "C2" }, "catalogue.condition_id", "types[1].conditions[1].id"},
		{"a limit of nothing", limit(&gridcasev1.Limit{Unit: hour, Basis: wall}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"a limit without a unit", limit(&gridcasev1.Limit{Value: 2, Basis: wall}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"a limit of a unit that nobody knows", limit(&gridcasev1.Limit{Value: 2, Unit: 99, Basis: wall}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"a limit without a basis", limit(&gridcasev1.Limit{Value: 2, Unit: hour}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"a limit of a basis that nobody knows", limit(&gridcasev1.Limit{Value: 2, Unit: hour, Basis: 99}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"days of more than a century", limit(&gridcasev1.Limit{Value: 36526, Unit: day, Basis: working}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"minutes of more than a century", limit(&gridcasev1.Limit{Value: math.MaxUint32, Unit: minute, Basis: wall}), "catalogue.limit", "types[1].conditions[0].limit"},
		{"a checklist with the same twice", func(p *gridcasev1.CaseType) { p.Conditions[0].Checklist = []string{"gone", "gone"} }, "catalogue.checklist", "types[1].conditions[0].checklist"},
		{"a checklist with nothing to check", func(p *gridcasev1.CaseType) { p.Conditions[0].Checklist = []string{""} }, "catalogue.checklist", "types[1].conditions[0].checklist"},
		{"closing with a field that isn't there", func(p *gridcasev1.CaseType) { p.Conditions[1].CloseFields = []string{"fine"} }, "catalogue.close_field", "types[1].conditions[1].close_fields"},
		{"closing with a field twice", func(p *gridcasev1.CaseType) { p.Conditions[1].CloseFields = []string{"plate", "plate"} }, "catalogue.close_field", "types[1].conditions[1].close_fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parking()
			c.change(p)
			_, err := catalog.New(version(&gridcasev1.CaseType{Id: "drain.pipe", Conditions: []*gridcasev1.Condition{{Id: "B2"}}}, p))
			refused(t, err, c.code, c.field)
		})
	}
}

func TestALimitOfACenturyIsTaken(t *testing.T) {
	for _, l := range []*gridcasev1.Limit{{Value: 36525, Unit: day, Basis: wall}, {Value: 36525 * 24, Unit: hour, Basis: working}, {Value: 36525 * 24 * 60, Unit: minute, Basis: wall}} {
		p := parking()
		p.Conditions[0].Limit = l
		if _, err := catalog.New(version(p)); err != nil {
			t.Errorf("%v: %v", l, err)
		}
	}
}

func TestWhatWasPublishedNeverVanishes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(v *gridcasev1.CatalogueVersion)
		code   string // empty: taken
		names  string
	}{
		{"the same again", func(*gridcasev1.CatalogueVersion) {}, "", ""},
		{"a new type", func(v *gridcasev1.CatalogueVersion) {
			v.Types = append(v.Types, &gridcasev1.CaseType{Id: "drain.pipe", Conditions: []*gridcasev1.Condition{{Id: "B2"}}})
		}, "", ""},
		{"a type that becomes inactive", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Inactive = true }, "", ""},
		{"a condition that becomes inactive", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Conditions[1].Inactive = true }, "", ""},
		{"a field that goes", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Fields = v.Types[0].Fields[:5] }, "", ""},
		{"a type that vanishes", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Id = "parking.bike" }, "catalogue.type_vanished", "parking.motor"},
		{"a condition that vanishes", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Conditions = v.Types[0].Conditions[:1] }, "catalogue.condition_vanished", "C5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := version(parking())
			c.change(next)
			err := newCatalogue(t, parking()).CheckSuccessor(newCatalogue(t, next.Types...))
			if c.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, c.code, "")
			if text := fault.Of(err).Text; !strings.Contains(text, c.names) {
				t.Errorf("%q doesn't name %s", text, c.names)
			}
		})
	}
}
