// Package grid knows the areas of a district: codes and their hierarchy, outlines, and which unit grid (单元网格) a point lies in. It owns the
// checks of a version of areas and the index from point to unit grid. It never changes a map, another version is another Map; and it never
// converts coordinates, it takes all of them as WGS 84.
//
// # Decisions
//
// 2026-11: a district's scheme names each level's length, 6, 9, 12, 15 where it names none; a unit grid's code is the longest. A point on a
// border belongs to the unit grid of the lowest code, so that the same point always counts once.
package grid

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Map is one version of a district's areas. It is immutable and safe for concurrent use.
type Map struct {
	version  uint32
	district string
	scheme   Scheme
	areas    map[string]*gridcasev1.Area
	parts    map[string][]*gridcasev1.Area // one level down, by code
	cells    []*gridcasev1.Area
	index    rtree.RTreeG[*cell]
}

// cell is a unit grid with its outline.
type cell struct {
	code    string
	outline orb.Polygon
}

// NewMap returns the map of a whole version. The first thing that makes no sense is an Invalid fault that names the code.
func NewMap(v *gridcasev1.GridsVersion) (*Map, error) {
	scheme, err := NewScheme(v.GetLevels())
	if err != nil {
		return nil, err
	}
	m := &Map{version: v.GetVersion(), district: v.GetDistrict(), scheme: scheme, areas: make(map[string]*gridcasev1.Area, len(v.GetAreas())), parts: map[string][]*gridcasev1.Area{}}
	if !scheme.valid(m.district) || scheme.Parent(m.district) != "" {
		return nil, fault.BadField("district", "grid.district", "a district's code has %d digits; %q is none", scheme.levels[0], m.district)
	}
	for _, a := range v.GetAreas() {
		if err := m.add(a); err != nil {
			return nil, err
		}
	}
	if err := m.link(); err != nil {
		return nil, err
	}
	byCode := func(a, b *gridcasev1.Area) int { return strings.Compare(a.GetCode(), b.GetCode()) }
	slices.SortFunc(m.cells, byCode)
	for _, parts := range m.parts {
		slices.SortFunc(parts, byCode)
	}
	return m, nil
}

// add checks an area by itself.
func (m *Map) add(a *gridcasev1.Area) error {
	code := a.GetCode()
	if !m.scheme.valid(code) {
		return fault.New(fault.Invalid, "grid.code", "the code %q is not of the district's scheme: digits of the lengths %v", code, m.scheme.Levels())
	}
	if !strings.HasPrefix(code, m.district) {
		return fault.New(fault.Invalid, "grid.district", "the code %s does not begin with the district's, %s", code, m.district)
	}
	if m.areas[code] != nil {
		return fault.New(fault.Invalid, "grid.duplicate", "the code %s is used twice", code)
	}
	m.areas[code] = a
	outline, err := polygon(a)
	if err != nil {
		return err
	}
	if !m.scheme.Unit(code) {
		return nil
	}
	if len(outline) == 0 {
		return fault.New(fault.Invalid, "grid.outline", "unit grid %s has no outline", code)
	}
	m.cells = append(m.cells, a)
	b := outline.Bound()
	m.index.Insert(b.Min, b.Max, &cell{code: code, outline: outline})
	return nil
}

// link checks that each area lies in another one of the version.
func (m *Map) link() error {
	if m.areas[m.district] == nil {
		return fault.New(fault.Invalid, "grid.parent", "the district %s itself is not among the areas", m.district)
	}
	for code, a := range m.areas {
		parent := m.scheme.Parent(code)
		if parent == "" {
			continue
		}
		if m.areas[parent] == nil {
			return fault.New(fault.Invalid, "grid.parent", "the area %s lies in %s, which is not among the areas", code, parent)
		}
		m.parts[parent] = append(m.parts[parent], a)
	}
	if len(m.cells) == 0 {
		return fault.New(fault.Invalid, "grid.empty", "the district %s has no unit grid", m.district)
	}
	return nil
}

// Version is the version's number.
func (m *Map) Version() uint32 { return m.version }

// District is the district's code.
func (m *Map) District() string { return m.district }

// Scheme is the scheme of the codes.
func (m *Map) Scheme() Scheme { return m.scheme }

// Area returns an area by its code.
func (m *Map) Area(code string) (*gridcasev1.Area, bool) {
	a, ok := m.areas[code]
	return a, ok
}

// Cells returns the unit grids, by code.
func (m *Map) Cells() []*gridcasev1.Area { return m.cells }

// Parts returns the areas one level below an area, by code.
func (m *Map) Parts(code string) []*gridcasev1.Area { return m.parts[code] }

// Locate returns the unit grid that holds a point, with the areas above it; of several on a shared border, the one of the lowest code. A
// point that is not on the globe lies in none.
func (m *Map) Locate(p *gridcasev1.GeoPoint) (*gridcasev1.Place, bool) {
	at := orb.Point{p.GetLongitude(), p.GetLatitude()}
	if !onGlobe(at) {
		return nil, false
	}
	found := ""
	m.index.Search(at, at, func(_, _ [2]float64, c *cell) bool {
		if (found == "" || c.code < found) && contains(c.outline, at) {
			found = c.code
		}
		return true
	})
	return m.Place(found, p)
}

// Place returns the place of a point in a known unit grid, wherever the point lies.
func (m *Map) Place(code string, p *gridcasev1.GeoPoint) (*gridcasev1.Place, bool) {
	if _, ok := m.areas[code]; !ok || !m.scheme.Unit(code) {
		return nil, false
	}
	place := &gridcasev1.Place{Grid: code, District: m.district, Point: p}
	place.Community = m.scheme.Parent(code)
	place.Street = m.scheme.Parent(place.Community)
	if place.Street == m.district { // a scheme of three levels has no street
		place.Street = ""
	}
	return place, true
}
