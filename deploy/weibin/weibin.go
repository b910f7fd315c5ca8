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
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalogfile"
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
	//go:embed cn-2026.csv
	holidaysCSV string
	//go:embed catalogue.yaml
	catalogueYAML []byte
)

// Catalogue returns the district's case types.
func Catalogue() (*gridcasev1.PublishCatalogue, error) {
	types, err := catalogfile.Read(catalogueYAML)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.PublishCatalogue{District: District, Types: types}, nil
}

// Calendar returns the district's working time: 08:00 to 12:00 and 14:00 to 18:00, Monday to Friday, with the holidays and make-up workdays
// of 2026.
func Calendar() (*gridcasev1.PublishCalendar, error) {
	c := &gridcasev1.CalendarVersion{District: District, Zone: "Asia/Shanghai", DayMinutes: 480}
	for day := uint32(1); day <= 5; day++ {
		c.Periods = append(c.Periods, &gridcasev1.WorkPeriod{Weekday: day, From: 8 * 60, To: 12 * 60}, &gridcasev1.WorkPeriod{Weekday: day, From: 14 * 60, To: 18 * 60})
	}
	rows, err := csv.NewReader(strings.NewReader(holidaysCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	for _, row := range rows[1:] {
		days, err := daysBetween(row[0], row[1])
		if err != nil {
			return nil, fmt.Errorf("read holidays: %w", err)
		}
		if row[2] == "workday" {
			c.Workdays = append(c.Workdays, days...)
		} else {
			c.Holidays = append(c.Holidays, days...)
		}
	}
	return &gridcasev1.PublishCalendar{Calendar: c}, nil
}

func daysBetween(first, last string) ([]string, error) {
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil, err
	}
	to, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil, err
	}
	var days []string
	for ; !from.After(to); from = from.AddDate(0, 0, 1) {
		days = append(days, from.Format(time.DateOnly))
	}
	return days, nil
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
