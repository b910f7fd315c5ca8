package grid

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// collection is what is read and written of a FeatureCollection. The library's own reader would bring a database driver along.
type collection struct {
	Type     string            `json:"type"`
	CRS      *crs              `json:"crs,omitempty"`
	Features []json.RawMessage `json:"features"`
}

type crs struct {
	Properties struct {
		Name string `json:"name"`
	} `json:"properties"`
}

type feature struct {
	Type       string     `json:"type"`
	Properties properties `json:"properties"`
	Geometry   *geometry  `json:"geometry"`
}

type properties struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	Synthetic bool   `json:"synthetic,omitempty"`
}

type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// wgs84 are the names under which files say that their coordinates are WGS 84, in lower case.
var wgs84 = []string{
	"crs84", "ogc:crs84", "urn:ogc:def:crs:ogc:1.3:crs84", "urn:ogc:def:crs:ogc::crs84", "http://www.opengis.net/def/crs/ogc/1.3/crs84",
	"wgs84", "wgs 84", "epsg:4326", "urn:ogc:def:crs:epsg::4326", "http://www.opengis.net/def/crs/epsg/0/4326",
}

// ReadGeoJSON reads areas from a FeatureCollection (RFC 7946): properties code, name and synthetic, a Polygon, a MultiPolygon of one, or no
// geometry. Coordinates are WGS 84; a member crs that says otherwise is refused. Faults are Invalid and name the feature's index and code.
func ReadGeoJSON(data []byte) ([]*gridcasev1.Area, error) {
	var c collection
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fault.New(fault.Invalid, "geojson.malformed", "the file is no GeoJSON of areas: %v", err)
	}
	if c.Type != "FeatureCollection" {
		return nil, fault.New(fault.Invalid, "geojson.malformed", "the file is no FeatureCollection but %q", c.Type)
	}
	if c.CRS != nil && !slices.Contains(wgs84, strings.ToLower(c.CRS.Properties.Name)) {
		return nil, fault.New(fault.Invalid, "geojson.crs", "coordinates must be WGS 84; the file says %q", c.CRS.Properties.Name)
	}
	areas := make([]*gridcasev1.Area, len(c.Features))
	for i, raw := range c.Features {
		a, err := readFeature(fmt.Sprintf("features[%d]", i), raw)
		if err != nil {
			return nil, err
		}
		areas[i] = a
	}
	return areas, nil
}

func readFeature(place string, raw json.RawMessage) (*gridcasev1.Area, error) {
	var f feature
	err := json.Unmarshal(raw, &f)
	if err == nil && f.Type != "Feature" {
		err = fmt.Errorf("its type is %q", f.Type)
	}
	if err != nil {
		return nil, fault.BadField(place, "geojson.malformed", "%s (%s) is no feature of an area: %v", place, f.Properties.Code, err)
	}
	if f.Properties.Code == "" {
		return nil, fault.BadField(place, "geojson.code", "%s has no property code", place)
	}
	rings, err := f.Geometry.rings()
	if err != nil {
		return nil, fault.BadField(place, "geojson.geometry", "%s (%s): %v", place, f.Properties.Code, err)
	}
	return &gridcasev1.Area{Code: f.Properties.Code, Name: f.Properties.Name, Synthetic: f.Properties.Synthetic, Rings: rings}, nil
}

// rings returns a geometry's rings; none where there is no geometry.
func (g *geometry) rings() ([]*gridcasev1.Ring, error) {
	if g == nil {
		return nil, nil
	}
	outline, err := g.polygon()
	if err != nil {
		return nil, err
	}
	rings := make([]*gridcasev1.Ring, len(outline))
	for i, ring := range outline {
		rings[i] = &gridcasev1.Ring{Coordinates: make([]float64, 0, 2*len(ring))}
		for _, p := range ring {
			if len(p) < 2 {
				return nil, fmt.Errorf("a position has a longitude and a latitude")
			}
			rings[i].Coordinates = append(rings[i].Coordinates, p[0], p[1]) // a height is left out
		}
	}
	return rings, nil
}

func (g *geometry) polygon() ([][][]float64, error) {
	switch g.Type {
	case "Polygon":
		var outline [][][]float64
		if err := json.Unmarshal(g.Coordinates, &outline); err != nil {
			return nil, fmt.Errorf("the coordinates are no polygon's: %w", err)
		}
		return outline, nil
	case "MultiPolygon":
		var several [][][][]float64
		if err := json.Unmarshal(g.Coordinates, &several); err != nil {
			return nil, fmt.Errorf("the coordinates are no polygons': %w", err)
		}
		if len(several) != 1 {
			return nil, fmt.Errorf("an area is one polygon, not %d", len(several))
		}
		return several[0], nil
	}
	return nil, fmt.Errorf("an area is a polygon, not a %s", g.Type)
}

// WriteGeoJSON writes what ReadGeoJSON reads, every coordinate to its last digit.
func WriteGeoJSON(areas []*gridcasev1.Area) ([]byte, error) {
	c := collection{Type: "FeatureCollection", Features: make([]json.RawMessage, len(areas))}
	for i, a := range areas {
		b, err := writeFeature(a)
		if err != nil {
			return nil, fmt.Errorf("write area %s: %w", a.GetCode(), err)
		}
		c.Features[i] = b
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write geojson: %w", err)
	}
	return b, nil
}

func writeFeature(a *gridcasev1.Area) ([]byte, error) {
	f := feature{Type: "Feature", Properties: properties{Code: a.GetCode(), Name: a.GetName(), Synthetic: a.GetSynthetic()}}
	if len(a.GetRings()) == 0 {
		return json.Marshal(f)
	}
	outline := make([][][2]float64, len(a.GetRings()))
	for i, r := range a.GetRings() {
		for c := range slices.Chunk(r.GetCoordinates(), 2) {
			if len(c) < 2 {
				return nil, fmt.Errorf("a ring's last point has no latitude")
			}
			outline[i] = append(outline[i], [2]float64{c[0], c[1]})
		}
	}
	b, err := json.Marshal(outline)
	if err != nil {
		return nil, err
	}
	f.Geometry = &geometry{Type: "Polygon", Coordinates: b}
	return json.Marshal(f)
}
