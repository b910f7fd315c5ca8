// Package boston311 maps records of Boston's 311 to ordinary commands of a synthetic district. It owns the reading of the city's CSV, the
// district's areas and case types, and which command each time stamp of a record stands for. It sends nothing.
//
// # Decisions
//
// 2026-11: a record is reported, filed, dispatched and signed at its open_dt, handled and closed at its closed_dt; verification and
// inspection are waived with the reason "import". The unit grid comes from the column police_district, not from the point.
package boston311

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	// District is the synthetic district's code: state 25 and county 025 of the US Census, and a zero less.
	District = "025025"
	// Department is the one department of the district: the city does not say which of its own would lead.
	Department = "city"
	// ImporterID is the user id of the district's one user.
	ImporterID = "0b057031-1025-4025-8000-000000000311"
	// Condition is the one filing condition of every type.
	Condition = "R1"

	zone      = "America/New_York"
	community = District + "001001"
)

//go:embed types.csv
var typesCSV string

// policeDistricts are the city's; a unit grid each, in this order, and the last one for records without.
var policeDistricts = []string{"A1", "A15", "A7", "B2", "B3", "C11", "C6", "D14", "D4", "E13", "E18", "E5", "unknown"}

// The bounding box of the city, degrees of WGS 84.
const west, south, east, north = -71.20, 42.22, -70.92, 42.40

// GridOf returns the unit grid of a police district; "" for one that the city doesn't have.
func GridOf(policeDistrict string) string {
	if policeDistrict == "" {
		policeDistrict = "unknown"
	}
	i := slices.Index(policeDistricts, policeDistrict)
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%s%03d", community, i+1)
}

// Grids returns the district's areas: the city's bounding box cut into strips of equal width, one a police district. The strips stand for
// the police districts by name only; they are synthetic.
func Grids() *gridcasev1.PublishGrids {
	areas := []*gridcasev1.Area{
		{Code: District, Name: "Boston (bounding box)", Synthetic: true, Rings: []*gridcasev1.Ring{box(west, east)}},
		{Code: District + "001", Name: "Boston", Synthetic: true},
		{Code: community, Name: "Boston", Synthetic: true},
	}
	width := (east - west) / float64(len(policeDistricts))
	for i, name := range policeDistricts {
		from := west + float64(i)*width
		areas = append(areas, &gridcasev1.Area{Code: GridOf(name), Name: name, Synthetic: true, Rings: []*gridcasev1.Ring{box(from, from+width)}})
	}
	return &gridcasev1.PublishGrids{District: District, Areas: areas}
}

func box(from, to float64) *gridcasev1.Ring {
	return &gridcasev1.Ring{Coordinates: []float64{from, south, to, south, to, north, from, north, from, south}}
}

// Calendar returns the city's working time: 08:30 to 17:00, Monday to Friday, holidays not skipped; a due time at a period's end moves to
// the next opening.
func Calendar() (*gridcasev1.PublishCalendar, error) {
	c, ok := calendar.BuiltIn("boston")
	if !ok {
		return nil, fault.New(fault.Internal, "calendar.missing", "the calendar boston is not built in")
	}
	c.District = District
	return &gridcasev1.PublishCalendar{Calendar: c}, nil
}

// Catalogue returns a case type for every type of the city that has a known limit, and for the given ones.
func Catalogue(types []string) (*gridcasev1.PublishCatalogue, error) {
	limits, err := readLimits()
	if err != nil {
		return nil, err
	}
	names := slices.Clone(types)
	for name := range limits {
		names = append(names, name)
	}
	slices.Sort(names)
	out := &gridcasev1.PublishCatalogue{District: District}
	for _, name := range slices.Compact(names) {
		out.Types = append(out.Types, &gridcasev1.CaseType{Id: TypeID(name), NameEn: name,
			Conditions: []*gridcasev1.Condition{{Id: Condition, NameEn: "reported", Limit: limits[name], Lead: Department}}})
	}
	return out, nil
}

// TypeID returns the case type of one of the city's types: "boston." and its words.
func TypeID(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	id := strings.Trim(b.String(), "_")
	return "boston." + strings.Trim(id[:min(len(id), 60)], "_")
}

// readLimits returns each type's limit: one a type.
func readLimits() (map[string]*gridcasev1.Limit, error) {
	rows, err := csv.NewReader(strings.NewReader(typesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read types: %w", err)
	}
	limits := map[string]*gridcasev1.Limit{}
	for _, row := range rows[1:] {
		days, err := strconv.ParseUint(row[1], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read types: %s: %w", row[0], err)
		}
		basis := gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
		if row[2] == "wall" {
			basis = gridcasev1.LimitBasis_LIMIT_BASIS_WALL
		}
		limits[row[0]] = &gridcasev1.Limit{Value: uint32(days), Unit: gridcasev1.LimitUnit_LIMIT_UNIT_DAY, Basis: basis}
	}
	return limits, nil
}
