package grid_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

// TestAPointInsideAUnitGridIsLocatedThere draws lattices whose inner corners are moved at random, so that neighbours share slanting borders,
// and a point inside one of the unit grids.
func TestAPointInsideAUnitGridIsLocatedThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLattice(t)
		m, err := grid.NewMap(version(l.units()...))
		if err != nil {
			t.Fatal(err)
		}
		column, row := rapid.IntRange(0, l.columns-1).Draw(t, "column"), rapid.IntRange(0, l.rows-1).Draw(t, "row")
		longitude, latitude := l.inside(t, column, row)
		place, ok := m.Locate(at(longitude, latitude))
		if want := l.code(column, row); !ok || place.GetGrid() != want {
			t.Fatalf("(%v, %v) lies in %q, want %s", longitude, latitude, place.GetGrid(), want)
		}
	})
}

// TestNoPointFallsBetweenNeighbours draws points on the borders inside a lattice: each belongs to a unit grid that has that border.
func TestNoPointFallsBetweenNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLattice(t)
		m, err := grid.NewMap(version(l.units()...))
		if err != nil {
			t.Fatal(err)
		}
		column, row := rapid.IntRange(1, l.columns-1).Draw(t, "column"), rapid.IntRange(0, l.rows-1).Draw(t, "row")
		a, b, part := l.corner(column, row), l.corner(column, row+1), rapid.Float64Range(0.01, 0.99).Draw(t, "part")
		place, ok := m.Locate(at(a[0]+part*(b[0]-a[0]), a[1]+part*(b[1]-a[1])))
		if !ok || place.GetGrid() != l.code(column-1, row) && place.GetGrid() != l.code(column, row) {
			t.Fatalf("a point on the border of %s and %s lies in %q", l.code(column-1, row), l.code(column, row), place.GetGrid())
		}
	})
}

// lattice is one of crooked squares.
type lattice struct {
	columns, rows int
	west, south   float64
	step          float64
	moved         [][2]float64 // of each corner, at most a quarter of a step
}

func drawLattice(t *rapid.T) lattice {
	l := lattice{columns: rapid.IntRange(2, 12).Draw(t, "columns"), rows: rapid.IntRange(2, 12).Draw(t, "rows"),
		west: rapid.Float64Range(-179, 160).Draw(t, "west"), south: rapid.Float64Range(-89, 70).Draw(t, "south"), step: rapid.Float64Range(0.0005, 1).Draw(t, "step")}
	shift := rapid.Float64Range(-0.25, 0.25)
	for range (l.columns + 1) * (l.rows + 1) {
		l.moved = append(l.moved, [2]float64{l.step * shift.Draw(t, "east"), l.step * shift.Draw(t, "north")})
	}
	return l
}

func (l lattice) corner(column, row int) [2]float64 {
	moved := l.moved[row*(l.columns+1)+column]
	return [2]float64{l.west + float64(column)*l.step + moved[0], l.south + float64(row)*l.step + moved[1]}
}

func (l lattice) code(column, row int) string {
	return fmt.Sprintf("%s%03d", community, row*l.columns+column+1)
}

func (l lattice) units() []*gridcasev1.Area {
	var units []*gridcasev1.Area
	for row := range l.rows {
		for column := range l.columns {
			var ring []float64
			for _, c := range [][2]int{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}} {
				p := l.corner(column+c[0], row+c[1])
				ring = append(ring, p[0], p[1])
			}
			units = append(units, unit(row*l.columns+column+1, ring))
		}
	}
	return units
}

// inside draws a point between the middle of a square, which no moved corner reaches, and a point on its way to a corner.
func (l lattice) inside(t *rapid.T, column, row int) (longitude, latitude float64) {
	corner := l.corner(column+rapid.IntRange(0, 1).Draw(t, "side"), row+rapid.IntRange(0, 1).Draw(t, "end"))
	part := rapid.Float64Range(0, 0.99).Draw(t, "part")
	x, y := l.west+(float64(column)+0.5)*l.step, l.south+(float64(row)+0.5)*l.step
	return x + part*(corner[0]-x), y + part*(corner[1]-y)
}

// BenchmarkLocate locates points in 40,000 unit grids, of which some are circles of 64 points.
func BenchmarkLocate(b *testing.B) {
	const side = 200
	v := &gridcasev1.GridsVersion{District: district, Version: 1, Areas: []*gridcasev1.Area{{Code: district}, {Code: street}}}
	for row := range side {
		of := fmt.Sprintf("%s%03d", street, row+1)
		v.Areas = append(v.Areas, &gridcasev1.Area{Code: of})
		for column := range side {
			v.Areas = append(v.Areas, &gridcasev1.Area{Code: fmt.Sprintf("%s%03d", of, column+1), Rings: []*gridcasev1.Ring{{Coordinates: outline(float64(column)/1000, float64(row)/1000)}}})
		}
	}
	m := newMap(b, v)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if _, ok := m.Locate(at(float64(n%side)/1000+0.0005, float64(n/side%side)/1000+0.0005)); !ok {
			b.Fatal("a point inside a unit grid is not located")
		}
	}
}

// outline is a ring of 64 points around the middle of a square of a thousandth of a degree.
func outline(west, south float64) []float64 {
	var ring []float64
	for i := range 64 {
		angle := float64(i) * math.Pi / 32
		ring = append(ring, west+0.0005+0.0005*math.Cos(angle), south+0.0005+0.0005*math.Sin(angle))
	}
	return append(ring, ring[0], ring[1])
}
