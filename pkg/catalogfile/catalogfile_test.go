package catalogfile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/fault"
)

const parkingYAML = `# the types of a district
types:
  - id: parking.motor
    nameZh: 机动车乱停放
    name_en: Motor vehicle parking # names as in the contract are taken too
    codes: [0505, "GB/T 30428.2 0409"]
    fields:
      - {name: place_kind, kind: choice, required: true, choices: [carriageway, no, "on"]}
      - {name: plate, kind: FIELD_KIND_TEXT}
      - {name: wheels, kind: number, min: 2, max: 4e1}
    photos:
      - kind: far
        minReport: 1
      - kind: near
    conditions:
      - id: C1
        limit: 2 hour wall
        checklist: [gone]
        closeFields: [plate]
        lead: traffic-police
      - id: C2
        limit: {value: 5, unit: day, basis: working}
        inactive: true
      - id: C3
        limit: {value: 15, unit: LIMIT_UNIT_MINUTE, basis: LIMIT_BASIS_WALL}
        checklist:
  - id: "0302"
`

func parking() []*gridcasev1.CaseType {
	limit := func(value uint32, unit gridcasev1.LimitUnit, basis gridcasev1.LimitBasis) *gridcasev1.Limit {
		return &gridcasev1.Limit{Value: value, Unit: unit, Basis: basis}
	}
	return []*gridcasev1.CaseType{
		{
			Id: "parking.motor", NameZh: "机动车乱停放", NameEn: "Motor vehicle parking", Codes: []string{"0505", "GB/T 30428.2 0409"},
			Fields: []*gridcasev1.FieldRule{
				{Name: "place_kind", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Required: true, Choices: []string{"carriageway", "no", "on"}},
				{Name: "plate", Kind: gridcasev1.FieldKind_FIELD_KIND_TEXT},
				{Name: "wheels", Kind: gridcasev1.FieldKind_FIELD_KIND_NUMBER, Min: proto.Float64(2), Max: proto.Float64(40)},
			},
			Photos: []*gridcasev1.PhotoRule{{Kind: "far", MinReport: 1}, {Kind: "near"}},
			Conditions: []*gridcasev1.Condition{
				{Id: "C1", Limit: limit(2, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WALL), Checklist: []string{"gone"}, CloseFields: []string{"plate"}, Lead: "traffic-police"},
				{Id: "C2", Limit: limit(5, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING), Inactive: true},
				{Id: "C3", Limit: limit(15, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)},
			},
		},
		{Id: "0302"},
	}
}

func TestACatalogueIsReadFromYAML(t *testing.T) {
	got, err := catalogfile.Read([]byte(parkingYAML))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parking(), got.GetTypes(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// TestACatalogueIsReadFromTheContractsJSON reads what the API answers, indented with tabs.
func TestACatalogueIsReadFromTheContractsJSON(t *testing.T) {
	for name, form := range map[string]protojson.MarshalOptions{"names in JSON": {}, "names of the contract": {UseProtoNames: true}, "every field": {EmitUnpopulated: true}} {
		t.Run(name, func(t *testing.T) {
			var file struct {
				Types []json.RawMessage `json:"types"`
			}
			for _, c := range parking() {
				b, err := form.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				file.Types = append(file.Types, b)
			}
			b, err := json.MarshalIndent(file, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			got, err := catalogfile.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(parking(), got.GetTypes(), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFaultNamesTheLineAndTheField(t *testing.T) {
	inType := func(lines string) string { return "types:\n  - id: a.b\n" + lines }
	condition := func(limit string) string {
		return inType("    conditions:\n      - id: X\n        limit: " + limit + "\n")
	}
	for _, c := range []struct {
		name, file  string
		code, field string
		line        int
		says        string
	}{
		{"an empty file", "", "catalogfile.malformed", "", 1, "empty"},
		{"a file of comments", "# nothing\n", "catalogfile.malformed", "", 1, "empty"},
		{"a list at the top", "- id: a.b\n", "catalogfile.malformed", "", 1, `the key "types"`},
		{"another key", "typs: []\n", "catalogfile.malformed", "", 1, `"typs" stands here`},
		{"a key beside the types", "types: []\ndistrict: 610302\n", "catalogfile.malformed", "", 2, `"district" stands here`},
		{"types that are no list", "types: 5\n", "catalogfile.malformed", "types", 1, "stands a list"},
		{"a bracket that nothing closes", "types:\n  - id: [a\n", "catalogfile.malformed", "", 1, "neither YAML nor JSON"},
		{"a second document", "types: []\n---\ntypes: []\n", "catalogfile.malformed", "", 2, "another"},
		{"rubbish behind the first document", "types: []\n---\n- [\n", "catalogfile.malformed", "", 3, "neither YAML nor JSON"},
		{"an alias", "types:\n  - &a {id: a.b}\n  - *a\n", "catalogfile.alias", "", 3, "alias"},
		{"a type that is a word", "types:\n  - parking\n", "catalogfile.value", "types[0]", 2, "id, nameZh"},
		{"an unknown key", inType("    colour: red\n"), "catalogfile.key", "types[0]", 3, `"colour" is none of the keys id, nameZh`},
		{"an unknown key of a field", inType("    fields:\n      - name: x\n        type: text\n"), "catalogfile.key", "types[0].fields[0]", 5, `"type"`},
		{"a key twice", inType("    id: a.c\n"), "catalogfile.key", "types[0]", 3, "twice"},
		{"a key in both of its forms", inType("    nameEn: a\n    name_en: b\n"), "catalogfile.key", "types[0]", 4, "twice"},
		{"a word where a list stands", inType("    codes: 0302\n"), "catalogfile.value", "types[0].codes", 3, "list"},
		{"a list where a word stands", inType("    nameEn: [a]\n"), "catalogfile.value", "types[0].nameEn", 3, "single value"},
		{"nothing in a list", inType("    codes: [a, ]\n    nameEn:\n    nameZh: b\n    photos: [~]\n"), "catalogfile.value", "types[0].photos[0]", 6, "kind, minReport"},
		{"no word in a list", inType("    codes:\n      - a\n      -\n"), "catalogfile.value", "types[0].codes[1]", 5, "single value"},
		{"a kind that nobody knows", inType("    fields:\n      - name: x\n        kind: blob\n"), "catalogfile.value", "types[0].fields[0].kind", 5, "code, text, number, flag, choice, time"},
		{"a flag that is neither", inType("    inactive: yes\n"), "catalogfile.value", "types[0].inactive", 3, "true nor false"},
		{"a bound that is no number", inType("    fields:\n      - name: x\n        min: a few\n"), "catalogfile.value", "types[0].fields[0].min", 5, "no number"},
		{"an infinite bound", inType("    fields:\n      - name: x\n        max: Inf\n"), "catalogfile.value", "types[0].fields[0].max", 5, "no number"},
		{"a number of photos below zero", inType("    photos:\n      - {kind: far, minReport: -1}\n"), "catalogfile.value", "types[0].photos[0].minReport", 4, "whole number"},
		{"a limit of two words", condition("2 hours"), "catalogfile.limit", "types[0].conditions[0].limit", 5, `"2 hour wall"`},
		{"a limit without a number", condition("two hour wall"), "catalogfile.value", "types[0].conditions[0].limit", 5, "whole number"},
		{"a limit of a unit that nobody knows", condition("1 fortnight wall"), "catalogfile.value", "types[0].conditions[0].limit", 5, "minute, hour, day"},
		{"a limit of a basis that nobody knows", condition("1 day lunar"), "catalogfile.value", "types[0].conditions[0].limit", 5, "wall, working"},
		{"a limit written out with a wrong unit", condition("{value: 1, unit: week, basis: wall}"), "catalogfile.value", "types[0].conditions[0].limit.unit", 5, "minute, hour, day"},
	} {
		t.Run(c.name, func(t *testing.T) {
			types, err := catalogfile.Read([]byte(c.file))
			if err == nil {
				t.Fatalf("nothing was refused of %v", types)
			}
			f := fault.Of(err)
			if f.Kind != fault.Invalid || f.Code != c.code || f.Field != c.field {
				t.Errorf("%s %s at %q, want invalid %s at %q", f.Kind, f.Code, f.Field, c.code, c.field)
			}
			if line := fmt.Sprintf("line %d:", c.line); !strings.Contains(f.Text, line) || !strings.Contains(f.Text, c.says) {
				t.Errorf("%q, want %q and %q", f.Text, line, c.says)
			}
		})
	}
}

// FuzzRead holds that a file is read or refused, and that what was read is the same after the contract's JSON.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{parkingYAML, "", "types: [{}]", "types: [{id: a, conditions: [{limit: 1 day wall}]}]", "%YAML 1.2\n---\n", "types:\n- !!binary x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		types, err := catalogfile.Read(data)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, c := range types.GetTypes() {
			b, err := protojson.Marshal(c)
			if err != nil {
				continue // text that is no UTF-8
			}
			again, err := catalogfile.Read(fmt.Appendf(nil, `{"types": [%s]}`, b))
			if err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if diff := cmp.Diff([]*gridcasev1.CaseType{c}, again.GetTypes(), protocmp.Transform()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
