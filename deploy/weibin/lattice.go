package weibin

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// square is one square of the lattice, by its place in it.
type square struct{ column, row int }

// lattice is a regular lattice of squares over the boundary.
type lattice struct {
	west, south float64
	step        float64 // degrees of latitude; a degree of longitude is shorter by squeeze
	squeeze     float64
}

// outline is the district's boundary.
type outline struct {
	rings                    []*gridcasev1.Ring
	west, south, east, north float64
}

func newOutline(boundary *gridcasev1.Area) outline {
	o := outline{rings: boundary.GetRings(), west: 180, south: 90, east: -180, north: -90}
	for _, r := range o.rings {
		for p := range slices.Chunk(r.GetCoordinates(), 2) {
			o.west, o.east = min(o.west, p[0]), max(o.east, p[0])
			o.south, o.north = min(o.south, p[1]), max(o.north, p[1])
		}
	}
	return o
}

// crossings returns where a parallel crosses the outline, from west to east: it is inside from the first to the second, from the third to
// the fourth, …
func (o outline) crossings(latitude float64) []float64 {
	var found []float64
	for _, r := range o.rings {
		c := r.GetCoordinates()
		for i := 0; i+3 < len(c); i += 2 {
			if (c[i+1] > latitude) != (c[i+3] > latitude) {
				found = append(found, c[i]+(latitude-c[i+1])/(c[i+3]-c[i+1])*(c[i+2]-c[i]))
			}
		}
	}
	slices.Sort(found)
	return found
}

// cover finds a lattice of which at least n squares have their centres in the outline, and drops those farthest from the middle.
func cover(o outline, n int) (lattice, []square, error) {
	l := lattice{west: o.west, south: o.south, squeeze: math.Cos((o.south + o.north) / 2 * math.Pi / 180)}
	even := math.Sqrt((o.east - o.west) * l.squeeze * (o.north - o.south) / float64(n)) // were the outline its bounding box
	low, high := even/4, even
	for range 16 { // halves the interval each time
		l.step = (low + high) / 2
		if len(l.within(o)) >= n {
			low = l.step
		} else {
			high = l.step
		}
	}
	l.step = low
	squares := l.within(o)
	if len(squares) < n {
		return l, nil, fmt.Errorf("no lattice has %d squares in the boundary", n)
	}
	x, y := (o.west+o.east)/2, (o.south+o.north)/2
	slices.SortStableFunc(squares, func(p, q square) int { return cmp.Compare(l.distance(p, x, y), l.distance(q, x, y)) })
	return l, squares[:n], nil
}

// within returns the squares whose centres lie in the outline, row by row.
func (l lattice) within(o outline) []square {
	var found []square
	for row := 0; l.south+float64(row)*l.step < o.north; row++ {
		_, latitude := l.centre(square{0, row})
		for inside := range slices.Chunk(o.crossings(latitude), 2) {
			column := int(math.Ceil((inside[0]-l.west)/l.width() - 0.5))
			for ; ; column++ {
				if x, _ := l.centre(square{column, row}); x >= inside[1] {
					break
				}
				found = append(found, square{column, row})
			}
		}
	}
	return found
}

func (l lattice) width() float64 { return l.step / l.squeeze }

// corner is the south-west corner, rounded to a hundred-millionth of a degree so that neighbours share theirs to the digit.
func (l lattice) corner(s square) (x, y float64) {
	round := func(v float64) float64 { return math.Round(v*1e8) / 1e8 }
	return round(l.west + float64(s.column)*l.width()), round(l.south + float64(s.row)*l.step)
}

func (l lattice) centre(s square) (x, y float64) {
	return l.west + (float64(s.column)+0.5)*l.width(), l.south + (float64(s.row)+0.5)*l.step
}

// distance is the square of a centre's distance from a point, in degrees of latitude.
func (l lattice) distance(s square, x, y float64) float64 {
	cx, cy := l.centre(s)
	dx, dy := (cx-x)*l.squeeze, cy-y
	return dx*dx + dy*dy
}

func (l lattice) ring(s square) *gridcasev1.Ring {
	west, south := l.corner(s)
	east, north := l.corner(square{s.column + 1, s.row + 1})
	return &gridcasev1.Ring{Coordinates: []float64{west, south, east, south, east, north, west, north, west, south}}
}
