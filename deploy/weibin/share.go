package weibin

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

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
