package reference_test

import (
	"slices"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// spot is a place in unit grid n of the test district.
func spot(n int) *gridcasev1.Place {
	cell := referencetest.Cell(n)
	return &gridcasev1.Place{Grid: cell, Community: cell[:12], Street: cell[:9], District: cell[:6]}
}

func user(name string, role gridcasev1.Role, areas, duty []string) *gridcasev1.User {
	return &gridcasev1.User{Id: "id-of-" + name, Name: name, Role: role, Areas: areas, DutyGrids: duty, TokenSha256: "token-of-" + name}
}

func TestTheNearestWorkersAreSent(t *testing.T) {
	t.Parallel()
	d := running(t)
	referencetest.Publish(t, d)
	worker := gridcasev1.Role_ROLE_GRID_WORKER
	code := referencetest.Cell(1)
	left := user("h-left", worker, nil, []string{code})
	left.Inactive = true
	people := []*gridcasev1.User{
		user("f-far", worker, []string{"610399002"}, nil), left,
		user("e-street", worker, []string{code[:9]}, nil),
		user("d-community", worker, []string{code[:12]}, nil),
		user("c-community", worker, []string{code[:12]}, nil),
		user("b-duty", worker, nil, []string{referencetest.Cell(2), code}),
		user("a-duty", worker, nil, []string{code}),
		user("g-acceptor", gridcasev1.Role_ROLE_ACCEPTOR, []string{code}, []string{code}),
	}
	if _, err := d.PublishAccess(t.Context(), &gridcasev1.PublishAccess{District: referencetest.District, Users: people}); err != nil {
		t.Fatal(err)
	}
	district, err := d.District(referencetest.District)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		rule string
		at   *gridcasev1.Place
		skip []string
		want []string
	}{
		{"those on duty for the unit grid, by name", spot(1), nil, []string{"a-duty", "b-duty"}},
		{"the one who is left on duty", spot(1), []string{"a-duty"}, []string{"b-duty"}},
		{"the one on duty for another grid too", spot(2), nil, []string{"b-duty"}},
		{"those of the community, where nobody is on duty", spot(3), nil, []string{"c-community", "d-community"}},
		{"those of the community, where all on duty are left out", spot(1), []string{"a-duty", "b-duty"}, []string{"c-community", "d-community"}},
		{"those of the street, where the community has nobody", &gridcasev1.Place{Grid: "610399001009001", Community: "610399001009", Street: "610399001"}, nil, []string{"e-street"}},
		{"those of the street, where all nearer are left out", spot(1), []string{"a-duty", "b-duty", "c-community", "d-community"}, []string{"e-street"}},
		{"all of the district, where the street has nobody", &gridcasev1.Place{Grid: "610399009009001", Community: "610399009009", Street: "610399009"}, nil,
			[]string{"a-duty", "b-duty", "c-community", "d-community", "e-street", "f-far"}},
		{"nobody, where all are left out", spot(1), []string{"a-duty", "b-duty", "c-community", "d-community", "e-street", "f-far"}, nil},
	} {
		var without []string
		for _, name := range tt.skip {
			without = append(without, "id-of-"+name)
		}
		found := district.Workers(tt.at, without)
		var names []string
		for _, u := range found {
			names = append(names, u.GetName())
		}
		if !slices.Equal(names, tt.want) {
			t.Errorf("%s: %v, want %v", tt.rule, names, tt.want)
		}
	}
	if all := district.Workers(spot(1), nil); len(all) != 2 {
		t.Errorf("without anybody to leave out: %v", all)
	}
	if u, ok := district.User("id-of-h-left"); ok {
		t.Errorf("who left is found as %v", u)
	}
	if u, ok := district.User("id-of-e-street"); !ok || u.GetName() != "e-street" {
		t.Errorf("%v, %t; want the user", u, ok)
	}
	if district.Department("roads") || len(district.Departments()) != 0 {
		t.Errorf("departments %v; the newest version has none", district.Departments())
	}
}
