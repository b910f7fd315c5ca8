package weibin

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// maxCells is how many unit grids the demo may have.
const maxCells = 40000

// square is one square of the lattice, by its place in it.
type square struct{ column, row int }

// lattice is a regular lattice of squares over the boundary.
type lattice struct {
	west, south float64
	step        float64 // degrees of latitude; a degree of longitude is shorter by squeeze
	squeeze     float64
}

// Grids returns the district's areas with exactly cells unit grids: squares of a lattice whose centres lie in the real boundary, shared out
// among the real communities by seeded points, nearest first. The same cells and seed give the same areas. The unit grids are synthetic and
// say so.
func Grids(cells int, seed uint64) (*gridcasev1.PublishGrids, error) {
	areas, err := grid.ReadGeoJSON(boundaryJSON)
	if err != nil {
		return nil, err
	}
	boundary := areas[0]
	streets, err := readPlaces(streetsCSV)
	if err != nil {
		return nil, err
	}
	communities, err := readPlaces(communitiesCSV)
	if err != nil {
		return nil, err
	}
	if cells < len(communities) || cells > maxCells {
		return nil, fault.BadField("cells", "demo.cells", "the demo has %d to %d unit grids", len(communities), maxCells)
	}
	l, squares, err := cover(boundary, cells)
	if err != nil {
		return nil, err
	}
	for _, p := range append(streets, communities...) {
		areas = append(areas, &gridcasev1.Area{Code: p.code, Name: p.name})
	}
	for i, owned := range share(l, squares, len(communities), seed) {
		for k, s := range owned {
			areas = append(areas, &gridcasev1.Area{Code: fmt.Sprintf("%s%03d", communities[i].code, k+1), Name: fmt.Sprintf("%s%03d", communities[i].name, k+1),
				Synthetic: true, Rings: []*gridcasev1.Ring{l.ring(s)}})
		}
	}
	return &gridcasev1.PublishGrids{District: District, Areas: areas}, nil
}

// cover finds a lattice of which at least n squares have their centres in the boundary, and drops those farthest from the middle.
func cover(boundary *gridcasev1.Area, n int) (lattice, []square, error) {
	inside, err := outline(boundary)
	if err != nil {
		return lattice{}, nil, err
	}
	b := bounds(boundary)
	l := lattice{west: b[0], south: b[1], squeeze: math.Cos((b[1] + b[3]) / 2 * math.Pi / 180)}
	even := math.Sqrt((b[2] - b[0]) * l.squeeze * (b[3] - b[1]) / float64(n)) // were the boundary its bounding box
	low, high := even/4, even
	for range 16 { // halves the interval each time
		l.step = (low + high) / 2
		if len(l.within(inside, b)) >= n {
			low = l.step
		} else {
			high = l.step
		}
	}
	l.step = low
	squares := l.within(inside, b)
	if len(squares) < n {
		return l, nil, fmt.Errorf("no lattice has %d squares in the boundary", n)
	}
	x, y := (b[0]+b[2])/2, (b[1]+b[3])/2
	slices.SortStableFunc(squares, func(p, q square) int { return cmp.Compare(l.distance(p, x, y), l.distance(q, x, y)) })
	return l, squares[:n], nil
}

// outline tells whether a point lies in the boundary.
func outline(boundary *gridcasev1.Area) (func(x, y float64) bool, error) {
	unit := &gridcasev1.Area{Code: District + "001001001", Rings: boundary.GetRings()}
	m, err := grid.NewMap(&gridcasev1.GridsVersion{District: District, Areas: []*gridcasev1.Area{{Code: District}, {Code: District + "001"}, {Code: District + "001001"}, unit}})
	if err != nil {
		return nil, err
	}
	return func(x, y float64) bool {
		_, ok := m.Locate(&gridcasev1.GeoPoint{Longitude: x, Latitude: y})
		return ok
	}, nil
}

// bounds are west, south, east, north.
func bounds(a *gridcasev1.Area) [4]float64 {
	b := [4]float64{180, 90, -180, -90}
	for _, r := range a.GetRings() {
		for i := 0; i+1 < len(r.GetCoordinates()); i += 2 {
			x, y := r.GetCoordinates()[i], r.GetCoordinates()[i+1]
			b = [4]float64{min(b[0], x), min(b[1], y), max(b[2], x), max(b[3], y)}
		}
	}
	return b
}

// within returns the squares whose centres lie inside, row by row.
func (l lattice) within(inside func(x, y float64) bool, b [4]float64) []square {
	var found []square
	for row := 0; l.south+float64(row)*l.step < b[3]; row++ {
		for column := 0; l.west+float64(column)*l.width() < b[2]; column++ {
			s := square{column, row}
			if x, y := l.centre(s); inside(x, y) {
				found = append(found, s)
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

// share gives each of n owners at least one square and at most 999: seeded points are spread over the squares, and each square goes to the
// nearest whose share is not full.
func share(l lattice, squares []square, n int, seed uint64) [][]square {
	points := spread(l, squares, n, rand.New(rand.NewPCG(seed, 0)))
	limit := min(999, 4*len(squares)/n+1)
	owned := make([][]square, n)
	for i, p := range points {
		owned[i] = []square{p}
	}
	for _, s := range squares {
		if slices.Contains(points, s) {
			continue
		}
		x, y := l.centre(s)
		best := -1
		for i, p := range points {
			if len(owned[i]) < limit && (best < 0 || l.distance(p, x, y) < l.distance(points[best], x, y)) {
				best = i
			}
		}
		owned[best] = append(owned[best], s)
	}
	for _, o := range owned {
		slices.SortFunc(o, func(a, b square) int { return cmp.Or(cmp.Compare(b.row, a.row), cmp.Compare(a.column, b.column)) })
	}
	return owned
}

// spread chooses n different squares: each the farthest of ten from those chosen before.
func spread(l lattice, squares []square, n int, dice *rand.Rand) []square {
	chosen := make([]square, 0, n)
	taken := map[square]bool{}
	for len(chosen) < n {
		var best square
		far := -1.0
		for range 10 {
			s := squares[dice.IntN(len(squares))]
			if taken[s] {
				continue
			}
			x, y := l.centre(s)
			near := math.Inf(1)
			for _, c := range chosen {
				near = min(near, l.distance(c, x, y))
			}
			if near > far {
				best, far = s, near
			}
		}
		if far < 0 {
			continue
		}
		taken[best] = true
		chosen = append(chosen, best)
	}
	return chosen
}
