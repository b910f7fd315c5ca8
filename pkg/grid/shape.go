package grid

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Shape is an outline by itself, of no district's hierarchy, such as the area of a permit. It is immutable; the zero Shape holds no point.
type Shape struct {
	box     orb.Bound
	outline orb.Polygon
}

// NewShape returns the shape of an outer ring and its holes. What is no outline is an Invalid fault, grid.outline.
func NewShape(rings []*gridcasev1.Ring) (Shape, error) {
	if len(rings) == 0 {
		return Shape{}, fault.BadField("rings", "grid.outline", "an area has an outer ring")
	}
	var outline orb.Polygon
	for i, r := range rings {
		closed, err := ring(r.GetCoordinates())
		if err != nil {
			return Shape{}, fault.BadField(fmt.Sprintf("rings[%d]", i), "grid.outline", "the outline is none: %v", err)
		}
		outline = append(outline, closed)
	}
	return Shape{box: outline.Bound(), outline: outline}, nil
}

// Holds tells whether a point lies in the shape. The border is part of it, a hole's too.
func (s Shape) Holds(p *gridcasev1.GeoPoint) bool {
	at := orb.Point{p.GetLongitude(), p.GetLatitude()}
	return len(s.outline) > 0 && s.box.Contains(at) && contains(s.outline, at)
}

// circleCorners is how many corners stand for a circle: its area is then right to 1 %.
const circleCorners = 32

// Circle returns the ring of a circle on the ground; radius in metres.
func Circle(centre *gridcasev1.GeoPoint, radius float64) []*gridcasev1.Ring {
	north := radius / earthRadius * 180 / math.Pi
	east := north / math.Cos(radians(centre.GetLatitude()))
	r := &gridcasev1.Ring{}
	for i := range circleCorners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / circleCorners)
		r.Coordinates = append(r.Coordinates, centre.GetLongitude()+east*cos, centre.GetLatitude()+north*sin)
	}
	r.Coordinates = append(r.Coordinates, r.GetCoordinates()[0], r.GetCoordinates()[1])
	return []*gridcasev1.Ring{r}
}

// ReadShape reads an outline from text: a Polygon, in GeoJSON (RFC 7946) or as well-known text, or a POINT of well-known text with a radius in
// metres about it. Coordinates are WGS 84. Faults are Invalid.
func ReadShape(text string, radius float64) ([]*gridcasev1.Ring, error) {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "grid.outline", "the area can't be read: "+format, args...)
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") {
		var g geometry
		if err := json.Unmarshal([]byte(text), &g); err != nil {
			return nil, bad("%v", err)
		}
		rings, err := g.rings()
		if err != nil {
			return nil, bad("%v", err)
		}
		return checked(rings)
	}
	read, err := wkt.Unmarshal(text)
	if err != nil {
		return nil, bad("it is neither GeoJSON nor well-known text")
	}
	switch g := read.(type) {
	case orb.Polygon:
		return checked(ringsOf(g))
	case orb.Point:
		if !onGlobe(g) || math.Abs(g[1]) > 89 || !(radius > 0 && radius <= 10_000) {
			return nil, bad("a point needs a longitude, a latitude and a radius of at most 10,000 m")
		}
		return Circle(&gridcasev1.GeoPoint{Longitude: g[0], Latitude: g[1]}, radius), nil
	}
	return nil, bad("it is a %s, not a polygon or a point", read.GeoJSONType())
}

func checked(rings []*gridcasev1.Ring) ([]*gridcasev1.Ring, error) {
	if _, err := NewShape(rings); err != nil {
		return nil, err
	}
	return rings, nil
}

func ringsOf(p orb.Polygon) []*gridcasev1.Ring {
	rings := make([]*gridcasev1.Ring, len(p))
	for i, closed := range p {
		rings[i] = &gridcasev1.Ring{}
		for _, at := range closed {
			rings[i].Coordinates = append(rings[i].Coordinates, at[0], at[1])
		}
	}
	return rings
}
