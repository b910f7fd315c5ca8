package calendar

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// china2026 is mainland China's public holidays and make-up workdays of 2026, after the notice of the State Council's General Office of
// 2025-11-04: first day, last day, holiday or workday, occasion. Facts only.
//
//go:embed cn-2026.csv
var china2026 string

// builtIn makes the calendars that the product brings along.
var builtIn = map[string]func() *gridcasev1.CalendarVersion{
	"weekdays": func() *gridcasev1.CalendarVersion {
		return &gridcasev1.CalendarVersion{Zone: "UTC", DayMinutes: 480, Periods: mondayToFriday(8*60, 12*60, 14*60, 18*60)}
	},
	"cn-2026": func() *gridcasev1.CalendarVersion {
		v := &gridcasev1.CalendarVersion{Zone: "Asia/Shanghai", DayMinutes: 480, Periods: mondayToFriday(8*60, 12*60, 14*60, 18*60)}
		v.Holidays, v.Workdays = exceptionsIn(china2026)
		return v
	},
	"boston": func() *gridcasev1.CalendarVersion {
		return &gridcasev1.CalendarVersion{Zone: "America/New_York", DayMinutes: 510, DueAtOpening: true, Periods: mondayToFriday(8*60+30, 17*60)}
	},
}

// BuiltIns returns the names of the calendars that the product brings along, in order.
//
//   - boston: 08:30 to 17:00 from Monday to Friday in Boston, a working day of 510 minutes, a due time at 17:00 moved to the next opening
//   - cn-2026: 08:00 to 12:00 and 14:00 to 18:00 from Monday to Friday in China, with the holidays and make-up workdays of 2026
//   - weekdays: the same hours in UTC, without exceptions; for another zone set Zone
func BuiltIns() []string {
	names := make([]string, 0, len(builtIn))
	for name := range builtIn {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// BuiltIn returns a new copy of the calendar of a name, whose district and version are the caller's to fill in; false where there is none.
func BuiltIn(name string) (*gridcasev1.CalendarVersion, bool) {
	create, ok := builtIn[name]
	if !ok {
		return nil, false
	}
	return create(), true
}

// mondayToFriday opens each weekday from the first of two minutes after midnight to the second, from the third to the fourth, …
func mondayToFriday(minutes ...uint32) []*gridcasev1.WorkPeriod {
	var periods []*gridcasev1.WorkPeriod
	for day := uint32(1); day <= 5; day++ {
		for hours := range slices.Chunk(minutes, 2) {
			periods = append(periods, &gridcasev1.WorkPeriod{Weekday: day, From: hours[0], To: hours[1]})
		}
	}
	return periods
}

// exceptionsIn reads a table that stands in this package; it panics where that one is broken.
func exceptionsIn(table string) (holidays, workdays []string) {
	_, rows, _ := strings.Cut(table, "\n")
	for row := range strings.Lines(rows) {
		columns := strings.Split(strings.TrimSpace(row), ",")
		days := daysFrom(columns[0], columns[1])
		if columns[2] == "workday" {
			workdays = append(workdays, days...)
		} else {
			holidays = append(holidays, days...)
		}
	}
	return holidays, workdays
}

// daysFrom lists the days from the first to the last.
func daysFrom(first, last string) []string {
	day, err := time.Parse(time.DateOnly, first)
	if err != nil {
		panic(fmt.Sprintf("calendar: a built-in day is %q", first))
	}
	days := []string{first}
	for days[len(days)-1] < last {
		day = day.AddDate(0, 0, 1)
		days = append(days, day.Format(time.DateOnly))
	}
	return days
}
