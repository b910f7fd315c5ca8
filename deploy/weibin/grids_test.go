package weibin_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/weibin"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

func newGrids(t *testing.T, cells int, seed uint64) *gridcasev1.PublishGrids {
	t.Helper()
	g, err := weibin.Grids(cells, seed)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newMap(t *testing.T, areas []*gridcasev1.Area) *grid.Map {
	t.Helper()
	m, err := grid.NewMap(&gridcasev1.GridsVersion{District: weibin.District, Version: 1, Areas: areas})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// boundary is a map whose only unit grid is the real district.
func boundary(t *testing.T) *grid.Map {
	t.Helper()
	b, err := os.ReadFile("district.geojson")
	if err != nil {
		t.Fatal(err)
	}
	areas, err := grid.ReadGeoJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	areas = append(areas, &gridcasev1.Area{Code: "610302999"}, &gridcasev1.Area{Code: "610302999999"}, &gridcasev1.Area{Code: "610302999999999", Rings: areas[0].GetRings()})
	return newMap(t, areas)
}

func centre(cell *gridcasev1.Area) *gridcasev1.GeoPoint {
	c := cell.GetRings()[0].GetCoordinates()
	return &gridcasev1.GeoPoint{Longitude: (c[0] + c[4]) / 2, Latitude: (c[1] + c[5]) / 2}
}

func TestEveryUnitGridsCentreIsLocatedInIt(t *testing.T) {
	inside := boundary(t)
	for _, cells := range []int{128, 129, 777, 2000, 40000} {
		for _, seed := range []uint64{0, 1, 20261123} {
			t.Run(fmt.Sprintf("%d of seed %d", cells, seed), func(t *testing.T) {
				t.Parallel()
				m := newMap(t, newGrids(t, cells, seed).GetAreas())
				if len(m.Cells()) != cells {
					t.Fatalf("%d unit grids", len(m.Cells()))
				}
				for _, cell := range m.Cells() {
					place, ok := m.Locate(centre(cell))
					if !ok || place.GetGrid() != cell.GetCode() {
						t.Errorf("the centre of %s lies in %q", cell.GetCode(), place.GetGrid())
					}
					if _, ok := inside.Locate(centre(cell)); !ok {
						t.Errorf("the centre of %s lies outside the district", cell.GetCode())
					}
				}
			})
		}
	}
}

func TestTheDistrictHasItsStreetsAndCommunities(t *testing.T) {
	m := newMap(t, newGrids(t, 2000, 1).GetAreas())
	district, _ := m.Area(weibin.District)
	if district.GetName() != "渭滨区" || district.GetSynthetic() || len(district.GetRings()) != 1 || len(district.GetRings()[0].GetCoordinates()) < 3000 {
		t.Errorf("the district is %q (synthetic: %t) with %d rings", district.GetName(), district.GetSynthetic(), len(district.GetRings()))
	}
	streets := m.Parts(weibin.District)
	if len(streets) != 10 {
		t.Errorf("%d streets", len(streets))
	}
	communities := 0
	for _, street := range streets {
		for _, community := range m.Parts(street.GetCode()) {
			communities++
			if street.GetName() == "" || community.GetName() == "" || street.GetSynthetic() || community.GetSynthetic() {
				t.Errorf("%v of %v has no name, or says that it is synthetic", community, street)
			}
			if n := len(m.Parts(community.GetCode())); n < 1 || n > 999 {
				t.Errorf("%s has %d unit grids", community.GetName(), n)
			}
			for i, cell := range m.Parts(community.GetCode()) {
				if cell.GetCode() != fmt.Sprintf("%s%03d", community.GetCode(), i+1) || !cell.GetSynthetic() || !strings.HasPrefix(cell.GetName(), community.GetName()) {
					t.Errorf("unit grid %d of %s is %s %q (synthetic: %t)", i+1, community.GetCode(), cell.GetCode(), cell.GetName(), cell.GetSynthetic())
				}
			}
		}
	}
	if communities != 128 {
		t.Errorf("%d communities", communities)
	}
}

// TestUnitGridsShareBordersAndDontOverlap compares the squares of each row and column, which have their corners in common to the digit.
func TestUnitGridsShareBordersAndDontOverlap(t *testing.T) {
	for _, cells := range []int{128, 2000, 40000} {
		rows, columns := map[[2]float64]int{}, map[[2]float64]int{}
		taken := map[[2]float64]string{}
		for _, cell := range newGrids(t, cells, 1).GetAreas() {
			if len(cell.GetCode()) != 15 {
				continue
			}
			c := cell.GetRings()[0].GetCoordinates()
			columns[[2]float64{c[0], c[4]}]++
			rows[[2]float64{c[1], c[5]}]++
			if other := taken[[2]float64{c[0], c[1]}]; other != "" {
				t.Errorf("%s and %s are the same square", other, cell.GetCode())
			}
			taken[[2]float64{c[0], c[1]}] = cell.GetCode()
		}
		for name, spans := range map[string]map[[2]float64]int{"columns": columns, "rows": rows} {
			var all [][2]float64
			for span := range spans {
				all = append(all, span)
			}
			slices.SortFunc(all, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
			shared := 0
			for i := 1; i < len(all); i++ {
				if all[i][0] < all[i-1][1] {
					t.Errorf("of %d unit grids, two %s overlap: %v and %v", cells, name, all[i-1], all[i])
				}
				if all[i][0] == all[i-1][1] {
					shared++
				}
			}
			if shared < len(all)*9/10 {
				t.Errorf("of %d unit grids, %d of %d %s share a border with the next", cells, shared, len(all), name)
			}
		}
	}
}

func TestTheSameSeedGivesTheSameUnitGrids(t *testing.T) {
	if diff := cmp.Diff(newGrids(t, 500, 7), newGrids(t, 500, 7), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if proto.Equal(newGrids(t, 500, 7), newGrids(t, 500, 8)) {
		t.Error("another seed gives the same unit grids")
	}
}

func TestTooFewAndTooManyUnitGridsAreRefused(t *testing.T) {
	for _, cells := range []int{-1, 0, 127, 40001} {
		_, err := weibin.Grids(cells, 1)
		if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Code != "demo.cells" || f.Field != "cells" {
			t.Errorf("%d unit grids: %v", cells, err)
		}
	}
}
