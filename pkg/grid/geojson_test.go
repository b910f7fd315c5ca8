package grid_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

func TestAreasSurviveGeoJSON(t *testing.T) {
	synthetic := unit(2, []float64{0.1, 1.0 / 3, math.Pi, 0, 1e-9, 89.99999999999999, 0.1, 1.0 / 3})
	synthetic.Synthetic = true
	areas := []*gridcasev1.Area{{Code: district, Name: "渭滨区 <\"&>"}, {Code: street}, unit(1, box(10, 0, 13, 3), box(11, 1, 12, 2)), synthetic}
	b, err := grid.WriteGeoJSON(areas)
	if err != nil {
		t.Fatal(err)
	}
	got, err := grid.ReadGeoJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(areas, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestGeoJSONOfOtherProgramsIsRead(t *testing.T) {
	const polygon = `"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}`
	want := []*gridcasev1.Area{{Code: district, Rings: []*gridcasev1.Ring{{Coordinates: []float64{0, 0, 1, 0, 1, 1, 0, 0}}}}}
	for _, c := range []struct{ name, crs, geometry string }{
		{"with no crs", "", polygon},
		{"with members and properties of its own", `"name": "layer", "bbox": [0, 0, 1, 1],`, `"id": 5, ` + polygon},
		{"with a crs of null", `"crs": null,`, polygon},
		{"with CRS84", `"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},`, polygon},
		{"with EPSG 4326", `"crs": {"type": "name", "properties": {"name": "EPSG:4326"}},`, polygon},
		{"with a multipolygon of one", "", `"geometry": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}`},
		{"with heights", "", `"geometry": {"type": "Polygon", "coordinates": [[[0, 0, 5], [1, 0, 5], [1, 1, 5], [0, 0, 5]]]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := grid.ReadGeoJSON(collection(c.crs, `{"type": "Feature", "properties": {"code": "610399", "colour": 3}, `+c.geometry+`}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGeoJSONThatIsNotOfAreasIsRefused(t *testing.T) {
	feature := func(geometry string) string {
		return `{"type": "Feature", "properties": {"code": "610399001"}, "geometry": ` + geometry + `}`
	}
	const fine = `{"type": "Feature", "properties": {"code": "610399"}, "geometry": null}, `
	for _, c := range []struct {
		name        string
		data        []byte
		code, names string
	}{
		{"no JSON", []byte("code;name"), "geojson.malformed", "no GeoJSON"},
		{"a single feature", []byte(feature("null")), "geojson.malformed", "Feature"},
		{"Gauss-Krüger coordinates", collection(`"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}},`, feature("null")), "geojson.crs", "4547"},
		{"a crs that ends alike", collection(`"crs": {"type": "name", "properties": {"name": "EPSG:14326"}},`, feature("null")), "geojson.crs", "14326"},
		{"a crs without a name", collection(`"crs": {"type": "link"},`, feature("null")), "geojson.crs", "WGS 84"},
		{"a feature without a code", collection("", fine+`{"type": "Feature", "properties": {}, "geometry": null}`), "geojson.code", "features[1]"},
		{"a code as a number", collection("", fine+`{"type": "Feature", "properties": {"code": 610399001}, "geometry": null}`), "geojson.malformed", "features[1]"},
		{"something that is no feature", collection("", fine+`{"type": "Polygon", "properties": {"code": "610399001"}}`), "geojson.malformed", "features[1] (610399001)"},
		{"a point", collection("", fine+feature(`{"type": "Point", "coordinates": [0, 0]}`)), "geojson.geometry", "features[1] (610399001)"},
		{"two polygons", collection("", feature(`{"type": "MultiPolygon", "coordinates": [[], []]}`)), "geojson.geometry", "features[0] (610399001)"},
		{"multipolygon's coordinates of a polygon", collection("", feature(`{"type": "MultiPolygon", "coordinates": [[[0, 0]]]}`)), "geojson.geometry", "610399001"},
		{"coordinates as text", collection("", feature(`{"type": "Polygon", "coordinates": "0 0"}`)), "geojson.geometry", "610399001"},
		{"no coordinates", collection("", feature(`{"type": "Polygon"}`)), "geojson.geometry", "610399001"},
		{"a position of one number", collection("", feature(`{"type": "Polygon", "coordinates": [[[0]]]}`)), "geojson.geometry", "610399001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := grid.ReadGeoJSON(c.data)
			refused(t, err, c.code, c.names)
		})
	}
}

func TestAreasThatGeoJSONCannotHoldAreNotWritten(t *testing.T) {
	for name, ring := range map[string][]float64{"no number": box(0, 0, math.NaN(), 1), "half a point": {0, 0, 1}} {
		if b, err := grid.WriteGeoJSON([]*gridcasev1.Area{unit(1, ring)}); err == nil {
			t.Errorf("%s was written as %s", name, b)
		}
	}
}

func collection(members, features string) []byte {
	return fmt.Appendf(nil, `{"type": "FeatureCollection", %s "features": [%s]}`, members, features)
}
