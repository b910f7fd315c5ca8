package grid

import (
	"fmt"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// polygon returns an area's outline; empty where it has none.
func polygon(a *gridcasev1.Area) (orb.Polygon, error) {
	var outline orb.Polygon
	for _, r := range a.GetRings() {
		ring, err := ring(r.GetCoordinates())
		if err != nil {
			return nil, fault.New(fault.Invalid, "grid.outline", "the outline of %s: %v", a.GetCode(), err)
		}
		outline = append(outline, ring)
	}
	return outline, nil
}

func ring(c []float64) (orb.Ring, error) {
	if len(c)%2 != 0 || len(c) < 8 {
		return nil, fmt.Errorf("a ring has at least four points, each a longitude and a latitude")
	}
	r := make(orb.Ring, 0, len(c)/2)
	for i := 0; i < len(c); i += 2 {
		p := orb.Point{c[i], c[i+1]}
		if !onGlobe(p) {
			return nil, fmt.Errorf("point %d is not on the globe", i/2)
		}
		r = append(r, p)
	}
	if r[0] != r[len(r)-1] {
		return nil, fmt.Errorf("a ring ends where it begins")
	}
	if planar.Area(r) == 0 {
		return nil, fmt.Errorf("a ring encloses an area")
	}
	return r, nil
}

// onGlobe tells whether a point has a longitude and a latitude in degrees; one that is no number has none.
func onGlobe(p orb.Point) bool {
	return p[0] >= -180 && p[0] <= 180 && p[1] >= -90 && p[1] <= 90
}

// contains tells whether a point lies in the outline. A border is part of it, a hole's too.
func contains(outline orb.Polygon, at orb.Point) bool {
	if !planar.RingContains(outline[0], at) {
		return false
	}
	for _, hole := range outline[1:] {
		if planar.RingContains(hole, at) && !onRing(hole, at) {
			return false
		}
	}
	return true
}

// onRing tells whether a point lies on one of the ring's lines.
func onRing(r orb.Ring, at orb.Point) bool {
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		straight := (b[0]-a[0])*(at[1]-a[1]) == (b[1]-a[1])*(at[0]-a[0])
		if straight && (orb.LineString{a, b}).Bound().Contains(at) {
			return true
		}
	}
	return false
}
