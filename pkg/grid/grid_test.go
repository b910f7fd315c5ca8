package grid_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

const (
	district  = "610399"
	street    = district + "001"
	community = street + "001"
)

// unit returns unit grid n of the community, with rings of longitude, latitude, longitude, …
func unit(n int, rings ...[]float64) *gridcasev1.Area {
	a := &gridcasev1.Area{Code: fmt.Sprintf("%s%03d", community, n), Name: fmt.Sprintf("unit %d", n)}
	for _, r := range rings {
		a.Rings = append(a.Rings, &gridcasev1.Ring{Coordinates: r})
	}
	return a
}

func box(west, south, east, north float64) []float64 {
	return []float64{west, south, east, south, east, north, west, north, west, south}
}

// version returns a whole version with these unit grids.
func version(units ...*gridcasev1.Area) *gridcasev1.GridsVersion {
	return &gridcasev1.GridsVersion{District: district, Version: 7, Areas: append([]*gridcasev1.Area{{Code: district, Name: "district"}, {Code: street}, {Code: community}}, units...)}
}

func newMap(t testing.TB, v *gridcasev1.GridsVersion) *grid.Map {
	t.Helper()
	m, err := grid.NewMap(v)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func at(longitude, latitude float64) *gridcasev1.GeoPoint {
	return &gridcasev1.GeoPoint{Longitude: longitude, Latitude: latitude, Crs: gridcasev1.Crs_CRS_WGS84}
}

func TestAPointIsLocatedInItsUnitGrid(t *testing.T) {
	// 1 and 2 are neighbours, 3 has a hole that 4 fills, 5 has a hole that nothing fills, 6 and 7 share a slanting border.
	m := newMap(t, version(
		unit(2, box(1, 0, 2, 1)), unit(1, box(0, 0, 1, 1)),
		unit(3, box(10, 0, 13, 3), box(11, 1, 12, 2)), unit(4, box(11, 1, 12, 2)),
		unit(5, box(20, 0, 23, 3), box(21, 1, 22, 2)),
		unit(6, []float64{30, 0, 34, 0, 30, 4, 30, 0}), unit(7, []float64{34, 0, 34, 4, 30, 4, 34, 0}),
	))
	for _, c := range []struct {
		name                string
		longitude, latitude float64
		unit                int // 0: outside
	}{
		{"in the middle", 0.5, 0.5, 1},
		{"in its neighbour", 1.5, 0.5, 2},
		{"on a shared border the lowest code has it", 1, 0.5, 1},
		{"on a shared corner too", 1, 1, 1},
		{"the outer border belongs to the unit grid", 2, 0.3, 2},
		{"beyond the outer border there is none", math.Nextafter(2, 3), 0.3, 0},
		{"around a hole", 10.5, 0.5, 3},
		{"in a hole that another unit grid fills", 11.5, 1.5, 4},
		{"on the border of that hole the lowest code has it", 11, 1.5, 3},
		{"on the corner of that hole too", 12, 2, 3},
		{"in a hole that nothing fills", 21.5, 1.5, 0},
		{"on the border of that hole", 21, 1.5, 5},
		{"on a slanting border the lowest code has it", 33, 1, 6},
		{"beside a slanting border", 33, 1.001, 7},
		{"in the box around a unit grid, outside its outline", 34.5, 1, 0},
		{"far away", -120, 45, 0},
		{"a longitude that is no number", math.NaN(), 0.5, 0},
		{"an infinite latitude", 0.5, math.Inf(1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := at(c.longitude, c.latitude)
			got, ok := m.Locate(p)
			if !ok {
				if c.unit != 0 {
					t.Errorf("not located, want unit grid %d", c.unit)
				}
				return
			}
			want := &gridcasev1.Place{Grid: fmt.Sprintf("%s%03d", community, c.unit), Community: community, Street: street, District: district, Point: p}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAKnownUnitGridHasItsPlaceWhereverThePointLies(t *testing.T) {
	m := newMap(t, version(unit(1, box(0, 0, 1, 1))))
	p := at(50, 50)
	got, ok := m.Place(community+"001", p)
	want := &gridcasev1.Place{Grid: community + "001", Community: community, Street: street, District: district, Point: p}
	if diff := cmp.Diff(want, got, protocmp.Transform()); !ok || diff != "" {
		t.Error(ok, diff)
	}
	if _, ok := m.Place(community+"001", nil); !ok {
		t.Error("a unit grid without a point has a place too")
	}
	for _, code := range []string{community, community + "002", "", "x"} {
		if got, ok := m.Place(code, p); ok {
			t.Errorf("%q is no unit grid of the map, but has the place %v", code, got)
		}
	}
}

func TestAMapKnowsItsAreas(t *testing.T) {
	m := newMap(t, version(unit(2, box(1, 0, 2, 1)), unit(1, box(0, 0, 1, 1))))
	if m.Version() != 7 || m.District() != district || !m.Scheme().Unit(community+"001") {
		t.Errorf("version %d of district %s", m.Version(), m.District())
	}
	codes := func(areas []*gridcasev1.Area) string {
		var all []string
		for _, a := range areas {
			all = append(all, a.GetCode())
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct{ name, got, want string }{
		{"the unit grids by code", codes(m.Cells()), community + "001 " + community + "002"},
		{"the parts of a community by code", codes(m.Parts(community)), community + "001 " + community + "002"},
		{"the parts of a district", codes(m.Parts(district)), street},
		{"a unit grid has no parts", codes(m.Parts(community + "001")), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	if a, ok := m.Area(community + "002"); !ok || a.GetName() != "unit 2" {
		t.Errorf("unit grid 2 is %v", a)
	}
	if a, ok := m.Area(community + "003"); ok {
		t.Errorf("unit grid 3 is %v, but there is none", a)
	}
}

func TestAVersionThatMakesNoSenseIsRefused(t *testing.T) {
	good := box(0, 0, 1, 1)
	without := func(code string) *gridcasev1.GridsVersion {
		v := version(unit(1, good))
		for i, a := range v.Areas {
			if a.Code == code {
				v.Areas = append(v.Areas[:i], v.Areas[i+1:]...)
				return v
			}
		}
		panic("no such area: " + code)
	}
	of := func(code string) *gridcasev1.GridsVersion {
		v := version(unit(1, good))
		v.District = code
		return v
	}
	scheme := version(unit(1, good))
	scheme.Levels = []uint32{6, 9}
	for _, c := range []struct {
		name    string
		version *gridcasev1.GridsVersion
		code    string
		names   string
	}{
		{"a scheme that is none", scheme, "grid.scheme", "3 to 6"},
		{"a district with a street's code", of(street), "grid.district", street},
		{"no district", of(""), "grid.district", `""`},
		{"a unit grid of another district", of("610398"), "grid.district", district},
		{"a code of a length that the scheme doesn't have", version(unit(1, good), &gridcasev1.Area{Code: "6103990011"}), "grid.code", "6103990011"},
		{"a code with a letter", version(unit(1, good), &gridcasev1.Area{Code: "61039900A"}), "grid.code", "61039900A"},
		{"a code with digits of another script", version(unit(1, good), &gridcasev1.Area{Code: "610399٠٠١"[:9]}), "grid.code", "610399"},
		{"a code twice", version(unit(1, good), unit(1, good)), "grid.duplicate", community + "001"},
		{"a unit grid without its community", without(community), "grid.parent", community},
		{"a community without its street", without(street), "grid.parent", street},
		{"no area of the district itself", without(district), "grid.parent", district},
		{"no unit grid", version(), "grid.empty", district},
		{"a unit grid without an outline", version(unit(1)), "grid.outline", community + "001"},
		{"an open ring", version(unit(1, []float64{0, 0, 1, 0, 1, 1, 0, 1})), "grid.outline", community + "001"},
		{"a ring of three points", version(unit(1, []float64{0, 0, 1, 0, 0, 0})), "grid.outline", community + "001"},
		{"a point without a latitude", version(unit(1, append(box(0, 0, 1, 1), 3))), "grid.outline", community + "001"},
		{"a ring that encloses nothing", version(unit(1, []float64{0, 0, 1, 1, 2, 2, 0, 0})), "grid.outline", community + "001"},
		{"a coordinate that is no number", version(unit(1, box(0, 0, math.NaN(), 1))), "grid.outline", community + "001"},
		{"an infinite coordinate", version(unit(1, box(0, 0, 1, math.Inf(1)))), "grid.outline", community + "001"},
		{"longitude and latitude in metres", version(unit(1, box(500000, 0, 500100, 1))), "grid.outline", community + "001"},
		{"a latitude beyond the pole", version(unit(1, box(0, 89, 1, 91))), "grid.outline", community + "001"},
		{"a broken hole", version(unit(1, good, []float64{0, 0, 1, 0})), "grid.outline", community + "001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := grid.NewMap(c.version)
			refused(t, err, c.code, c.names)
		})
	}
}

// refused checks that err is an Invalid fault of this code whose text names the thing.
func refused(t *testing.T, err error, code, names string) {
	t.Helper()
	if err == nil {
		t.Fatalf("nothing was refused, want %s", code)
	}
	f := fault.Of(err)
	if f.Kind != fault.Invalid || f.Code != code || !strings.Contains(f.Text, names) {
		t.Errorf("%s %s: %q, want invalid %s that names %q", f.Kind, f.Code, f.Text, code, names)
	}
}
