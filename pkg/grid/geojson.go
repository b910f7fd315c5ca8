package grid

import (
	"encoding/json"
	"fmt"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// collection is what is read and written of a FeatureCollection. The library's own reader would bring a database driver along.
type collection struct {
	Type     string    `json:"type"`
	CRS      *crs      `json:"crs,omitempty"`
	Features []feature `json:"features"`
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

// ReadGeoJSON reads areas from a FeatureCollection (RFC 7946): properties code, name and synthetic, a Polygon, a MultiPolygon of one, or no
// geometry. Coordinates are WGS 84; a member crs that says otherwise is refused. Faults name the feature's index.
func ReadGeoJSON(data []byte) ([]*gridcasev1.Area, error) {
	var c collection
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fault.New(fault.Invalid, "geojson.malformed", "the file is no GeoJSON of areas: %v", err)
	}
	if c.Type != "FeatureCollection" {
		return nil, fault.New(fault.Invalid, "geojson.malformed", "the file is no FeatureCollection but %q", c.Type)
	}
	if c.CRS != nil && !strings.HasSuffix(c.CRS.Properties.Name, "CRS84") && !strings.HasSuffix(c.CRS.Properties.Name, ":4326") {
		return nil, fault.New(fault.Invalid, "geojson.crs", "coordinates must be WGS 84; the file says %q", c.CRS.Properties.Name)
	}
	areas := make([]*gridcasev1.Area, len(c.Features))
	for i, f := range c.Features {
		if f.Properties.Code == "" {
			return nil, fault.New(fault.Invalid, "geojson.code", "feature %d has no property code", i)
		}
		rings, err := f.Geometry.rings()
		if err != nil {
			return nil, fault.New(fault.Invalid, "geojson.geometry", "feature %d (%s): %v", i, f.Properties.Code, err)
		}
		areas[i] = &gridcasev1.Area{Code: f.Properties.Code, Name: f.Properties.Name, Synthetic: f.Properties.Synthetic, Rings: rings}
	}
	return areas, nil
}

func (g *geometry) rings() ([]*gridcasev1.Ring, error) {
	if g == nil {
		return nil, nil
	}
	var outline [][][]float64
	switch g.Type {
	case "Polygon":
		if err := json.Unmarshal(g.Coordinates, &outline); err != nil {
			return nil, fmt.Errorf("the coordinates are no polygon's: %w", err)
		}
	case "MultiPolygon":
		var several [][][][]float64
		if err := json.Unmarshal(g.Coordinates, &several); err != nil {
			return nil, fmt.Errorf("the coordinates are no polygons': %w", err)
		}
		if len(several) != 1 {
			return nil, fmt.Errorf("an area is one polygon, not %d", len(several))
		}
		outline = several[0]
	default:
		return nil, fmt.Errorf("an area is a polygon, not a %s", g.Type)
	}
	rings := make([]*gridcasev1.Ring, len(outline))
	for i, ring := range outline {
		rings[i] = &gridcasev1.Ring{}
		for _, p := range ring {
			if len(p) < 2 {
				return nil, fmt.Errorf("a position has a longitude and a latitude")
			}
			rings[i].Coordinates = append(rings[i].Coordinates, p[0], p[1])
		}
	}
	return rings, nil
}

// WriteGeoJSON writes what ReadGeoJSON reads.
func WriteGeoJSON(areas []*gridcasev1.Area) ([]byte, error) {
	c := collection{Type: "FeatureCollection", Features: make([]feature, len(areas))}
	for i, a := range areas {
		c.Features[i] = feature{Type: "Feature", Properties: properties{Code: a.GetCode(), Name: a.GetName(), Synthetic: a.GetSynthetic()}}
		if len(a.GetRings()) == 0 {
			continue
		}
		var outline [][][2]float64
		for _, r := range a.GetRings() {
			var ring [][2]float64
			for k := 0; k+1 < len(r.GetCoordinates()); k += 2 {
				ring = append(ring, [2]float64{r.GetCoordinates()[k], r.GetCoordinates()[k+1]})
			}
			outline = append(outline, ring)
		}
		b, err := json.Marshal(outline)
		if err != nil {
			return nil, fmt.Errorf("write area %s: %w", a.GetCode(), err)
		}
		c.Features[i].Geometry = &geometry{Type: "Polygon", Coordinates: b}
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write geojson: %w", err)
	}
	return b, nil
}
