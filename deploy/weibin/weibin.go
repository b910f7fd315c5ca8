// Package weibin is the demo district: Weibin in Baoji, with its real boundary, streets and communities, synthetic unit grids, the three
// first case types and demo users. It owns the data and how unit grids are made of it. It publishes nothing itself.
//
// # Decisions
//
// 2026-11: the boundary's coordinate reference system is unknown and treated as WGS 84. Unit grids are squares left whole at the rim, so that
// neighbours share their borders to the digit; no public source has real ones, nor the communities' borders.
package weibin

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/fault"
)

// District is the district's code.
const District = "610302"

var (
	//go:embed district.geojson
	boundaryJSON []byte
	//go:embed streets.csv
	streetsCSV string
	//go:embed communities.csv
	communitiesCSV string
)

// Catalogue returns the district's case types: the default ones.
func Catalogue() (*gridcasev1.PublishCatalogue, error) {
	v, err := catalogfile.Default()
	if err != nil {
		return nil, err
	}
	return &gridcasev1.PublishCatalogue{District: District, Types: v.GetTypes(), Policy: v.GetPolicy()}, nil
}

// Calendar returns the district's working time: 08:00 to 12:00 and 14:00 to 18:00, Monday to Friday, with the holidays and make-up workdays
// of 2026.
func Calendar() (*gridcasev1.PublishCalendar, error) {
	c, ok := calendar.BuiltIn("cn-2026")
	if !ok {
		return nil, fault.New(fault.Internal, "calendar.missing", "the calendar cn-2026 is not built in")
	}
	c.District = District
	return &gridcasev1.PublishCalendar{Calendar: c}, nil
}

// place is a real street or community.
type place struct{ code, name string }

func readPlaces(text string) ([]place, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	places := make([]place, 0, len(rows))
	for _, row := range rows[1:] {
		places = append(places, place{row[0], row[1]})
	}
	return places, nil
}
