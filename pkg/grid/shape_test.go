package grid_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

var (
	plot   = &gridcasev1.Ring{Coordinates: []float64{107, 34, 108, 34, 108, 35, 107, 35, 107, 34}}
	garden = &gridcasev1.Ring{Coordinates: []float64{107.4, 34.4, 107.6, 34.4, 107.6, 34.6, 107.4, 34.6, 107.4, 34.4}}
)

func TestAShapeHoldsWhatLiesInIt(t *testing.T) {
	t.Parallel()
	shape, err := grid.NewShape([]*gridcasev1.Ring{plot, garden})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what     string
		lon, lat float64
		holds    bool
	}{
		{"inside", 107.1, 34.1, true}, {"on its border", 107, 34.5, true}, {"at its corner", 108, 35, true}, {"outside", 106.9, 34.5, false},
		{"in its hole", 107.5, 34.5, false}, {"on the hole's border", 107.4, 34.5, true}, {"not on the globe", math.NaN(), 34.5, false},
	} {
		if got := shape.Holds(&gridcasev1.GeoPoint{Longitude: tt.lon, Latitude: tt.lat}); got != tt.holds {
			t.Errorf("%s: %t", tt.what, got)
		}
	}
	if (grid.Shape{}).Holds(&gridcasev1.GeoPoint{Longitude: 107, Latitude: 34}) {
		t.Error("the zero shape holds a point")
	}
}

func TestACircleIsAsWideAsItsRadius(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		centre := &gridcasev1.GeoPoint{Longitude: rapid.Float64Range(-179, 179).Draw(t, "longitude"), Latitude: rapid.Float64Range(-80, 80).Draw(t, "latitude")}
		radius := rapid.Float64Range(1, 2000).Draw(t, "radius")
		rings := grid.Circle(centre, radius)
		shape, err := grid.NewShape(rings)
		if err != nil || !shape.Holds(centre) {
			t.Fatalf("%v, it holds its centre: %t", err, shape.Holds(centre))
		}
		c := rings[0].GetCoordinates()
		for i := 0; i < len(c); i += 2 {
			if d := grid.Distance(centre, &gridcasev1.GeoPoint{Longitude: c[i], Latitude: c[i+1]}); math.Abs(d-radius) > radius/100 {
				t.Fatalf("corner %d lies %f m from the centre, want %f", i/2, d, radius)
			}
		}
	})
}

func TestAShapeIsReadAsGeoJSONOrWellKnownText(t *testing.T) {
	t.Parallel()
	centre := &gridcasev1.GeoPoint{Longitude: 107.1, Latitude: 34.3}
	for text, want := range map[string][]*gridcasev1.Ring{
		`POLYGON ((107 34, 108 34, 108 35, 107 35, 107 34))`:                                                           {plot},
		` polygon((107 34,108 34,108 35,107 35,107 34),(107.4 34.4,107.6 34.4,107.6 34.6,107.4 34.6,107.4 34.4)) `:     {plot, garden},
		`{"type":"Polygon","coordinates":[[[107,34],[108,34],[108,35],[107,35],[107,34]]]}`:                            {plot},
		`{"type":"MultiPolygon","coordinates":[[[[107,34,400],[108,34,400],[108,35,400],[107,35,400],[107,34,400]]]]}`: {plot},
		`POINT (107.1 34.3)`: grid.Circle(centre, 50),
	} {
		got, err := grid.ReadShape(text, 50)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	for what, text := range map[string]string{
		"nothing": "", "prose": "from the bridge to the school", "a line": "LINESTRING (107 34, 108 35)", "an open ring": "POLYGON ((107 34, 108 34, 108 35, 107 35))",
		"a point at the pole": "POINT (107 90)", "a point nowhere": "POINT (207 34)", "broken GeoJSON": `{"type":"Polygon"`, "a point in GeoJSON": `{"type":"Point","coordinates":[107,34]}`,
		"an endless number": "POINT (107 1e999)",
	} {
		if rings, err := grid.ReadShape(text, 50); err == nil || fault.Of(err).Code != "grid.outline" || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, %v", what, rings, err)
		}
	}
	for _, radius := range []float64{0, -5, 10_001, math.NaN(), math.Inf(1)} {
		if _, err := grid.ReadShape("POINT (107.1 34.3)", radius); err == nil {
			t.Errorf("a point with the radius %f is an area", radius)
		}
	}
}
