package catalog_test

import (
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
)

// routed is a type that is routed by field, condition and area.
func routed() *gridcasev1.CatalogueVersion {
	return &gridcasev1.CatalogueVersion{Types: []*gridcasev1.CaseType{{
		Id:         "parking.motor",
		Fields:     []*gridcasev1.FieldRule{{Name: "where", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Choices: []string{"road", "green"}}, {Name: "permit", Kind: gridcasev1.FieldKind_FIELD_KIND_CODE}},
		Conditions: []*gridcasev1.Condition{{Id: "C1", Lead: "police", Urgent: true}, {Id: "C2"}},
		Routes: []*gridcasev1.Route{
			{Conditions: []string{"C2"}, Field: "where", Values: []string{"green"}, Department: "parks", Assisting: []string{"police"}},
			{Areas: []string{"610302001"}, Department: "street-office"},
		},
		Duplicates: &gridcasev1.DuplicateRule{RadiusM: 20, WindowMinutes: 60, SameField: "permit"},
	}, {Id: "plain", Conditions: []*gridcasev1.Condition{{Id: "P"}}}}}
}

func TestTheFirstRouteThatHoldsNamesTheDepartment(t *testing.T) {
	c, err := catalog.New(routed())
	if err != nil {
		t.Fatal(err)
	}
	green := []*gridcasev1.Field{{Name: "where", Value: &gridcasev1.Field_Choice{Choice: "green"}}}
	here, there := &gridcasev1.Place{Grid: "610302001001001"}, &gridcasev1.Place{Grid: "610302002001001"}
	for _, tt := range []struct {
		name, caseType, condition string
		fields                    []*gridcasev1.Field
		place                     *gridcasev1.Place
		department, why           string
	}{
		{"by field and condition", "parking.motor", "C2", green, here, "parks", "route 1 of parking.motor"},
		{"by area, where the condition is another", "parking.motor", "C1", green, here, "street-office", "route 2 of parking.motor"},
		{"by the condition, where no route holds", "parking.motor", "C1", green, there, "police", "condition C1"},
		{"nowhere, and it says why", "parking.motor", "C2", nil, there, "", "no route of parking.motor holds for this case, and condition C2 names no lead department"},
		{"a condition that isn't there", "plain", "C9", nil, here, "", `the case type plain has no condition "C9"`},
	} {
		got := c.Route(tt.caseType, tt.condition, tt.fields, tt.place)
		if got.Department != tt.department || got.Why != tt.why {
			t.Errorf("%s: %+v, want %q because of %q", tt.name, got, tt.department, tt.why)
		}
	}
	if c.Group("parking.motor") != "parking" || c.Group("plain") != "plain" || !c.Urgent("parking.motor", "C1") || c.Urgent("parking.motor", "C2") {
		t.Errorf("groups %q and %q", c.Group("parking.motor"), c.Group("plain"))
	}
	if c.DuplicateRule("parking.motor").GetRadiusM() != 20 || c.DuplicateRule("plain").GetRadiusM() != 50 {
		t.Error("another duplicate rule")
	}
}

func TestATextIsSeenByItsReaders(t *testing.T) {
	v := routed()
	v.Types[0].Fields = append(v.Types[0].Fields, &gridcasev1.FieldRule{Name: "contact", Kind: gridcasev1.FieldKind_FIELD_KIND_TEXT, SeenBy: []gridcasev1.Role{gridcasev1.Role_ROLE_ACCEPTOR}})
	c, err := catalog.New(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		field string
		role  gridcasev1.Role
		sees  bool
	}{{"contact", gridcasev1.Role_ROLE_ACCEPTOR, true}, {"contact", gridcasev1.Role_ROLE_HANDLER, false}, {"where", gridcasev1.Role_ROLE_HANDLER, true}} {
		if got := c.SeenBy("parking.motor", tt.field, tt.role); got != tt.sees {
			t.Errorf("%s by %s: %t", tt.field, tt.role, got)
		}
	}
}

func TestRoutesDuplicatesAndPolicyThatMakeNoSenseAreRefused(t *testing.T) {
	minute := &gridcasev1.Limit{Value: 1, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}
	accept, handle := gridcasev1.Stage_STAGE_ACCEPT, gridcasev1.Stage_STAGE_HANDLE
	for _, tt := range []struct {
		name   string
		change func(v *gridcasev1.CatalogueVersion)
		field  string
	}{
		{"a route by a condition that isn't there", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[0].Conditions[0] = "C9" }, "types[0].routes[0].conditions"},
		{"a route by a field that isn't there", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[0].Field = "when" }, "types[0].routes[0].field"},
		{"a route by a value that isn't there", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[0].Values[0] = "sea" }, "types[0].routes[0].values"},
		{"a route by a field without values", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[0].Values = nil }, "types[0].routes[0].values"},
		{"a route by an area of letters", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[1].Areas[0] = "north" }, "types[0].routes[1].areas"},
		{"a route to nobody", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[1].Department = "" }, "types[0].routes[1].department"},
		{"a lead that assists itself", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Routes[0].Assisting[0] = "parks" }, "types[0].routes[0].assisting"},
		{"duplicates by a choice", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Duplicates.SameField = "where" }, "types[0].duplicates.same_field"},
		{"duplicates of no time", func(v *gridcasev1.CatalogueVersion) { v.Types[0].Duplicates.WindowMinutes = 0 }, "types[0].duplicates"},
		{"readers of a choice", func(v *gridcasev1.CatalogueVersion) {
			v.Types[0].Fields[0].SeenBy = []gridcasev1.Role{gridcasev1.Role_ROLE_ACCEPTOR}
		}, "types[0].fields[0].seen_by"},
		{"an id of capitals", func(v *gridcasev1.CatalogueVersion) { v.Types[1].Id = "Plain" }, "types[1].id"},
		{"a desk's limit for handling", func(v *gridcasev1.CatalogueVersion) {
			v.Policy = &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: handle, Limit: minute}}}
		}, "policy.stages[0].stage"},
		{"a desk's limit twice", func(v *gridcasev1.CatalogueVersion) {
			v.Policy = &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: accept, Limit: minute}, {Stage: accept, Urgent: minute}}}
		}, "policy.stages[1].stage"},
		{"levels that fall", func(v *gridcasev1.CatalogueVersion) {
			v.Policy = &gridcasev1.Policy{Escalations: []*gridcasev1.EscalationRule{{Stage: handle, Level: 2}, {Stage: handle, Level: 1}}}
		}, "policy.escalations[1].level"},
	} {
		v := routed()
		tt.change(v)
		faults := catalog.Check(v)
		if len(faults) != 1 || faults[0].Field != tt.field {
			t.Errorf("%s: %v, want one at %s", tt.name, faults, tt.field)
		}
	}
	if faults := catalog.Check(routed()); len(faults) > 0 {
		t.Errorf("a sound one: %v", faults)
	}
}

func TestADeskHasTheLimitsOfItsCity(t *testing.T) {
	minutes := func(n uint32) *gridcasev1.Limit {
		return &gridcasev1.Limit{Value: n, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}
	}
	accept := gridcasev1.Stage_STAGE_ACCEPT
	city := catalog.NewPolicy(&gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: accept, Limit: minutes(7)}}})
	for _, tt := range []struct {
		name     string
		policy   catalog.Policy
		stage    gridcasev1.Stage
		urgent   bool
		minutes  uint32
		byPolicy bool
	}{
		{"by default", catalog.Policy{}, accept, false, 15, false},
		{"an urgent one by default", catalog.Policy{}, accept, true, 10, false},
		{"by policy", city, accept, false, 7, true},
		{"an urgent one that the policy leaves", city, accept, true, 10, false},
		{"another stage", city, gridcasev1.Stage_STAGE_INSPECT, false, 30, false},
	} {
		l, byPolicy := tt.policy.DeskLimit(tt.stage, tt.urgent)
		if l.GetValue() != tt.minutes || byPolicy != tt.byPolicy {
			t.Errorf("%s: %v, %t", tt.name, l, byPolicy)
		}
	}
}

func TestWhatAFileLeavesOutStaysAndIsNeverLost(t *testing.T) {
	old := routed()
	next := &gridcasev1.CatalogueVersion{Types: []*gridcasev1.CaseType{{Id: "parking.motor", Conditions: []*gridcasev1.Condition{{Id: "C1", Lead: "parks"}}}, {Id: "new", Conditions: []*gridcasev1.Condition{{Id: "N"}}}}}
	whole := catalog.Succeed(old, next)
	before, err := catalog.New(old)
	if err != nil {
		t.Fatal(err)
	}
	after, err := catalog.New(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := before.CheckSuccessor(after); err != nil {
		t.Error(err)
	}
	if c1, _ := after.Condition("parking.motor", "C1"); c1.GetLead() != "parks" || c1.GetInactive() {
		t.Errorf("C1 is %v", c1)
	}
	if c2, ok := after.Condition("parking.motor", "C2"); !ok || !c2.GetInactive() {
		t.Errorf("C2 is %v", c2)
	}
	if len(after.Types()) != 3 {
		t.Errorf("%d types", len(after.Types()))
	}
}
