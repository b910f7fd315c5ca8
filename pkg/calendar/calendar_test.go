package calendar_test

import (
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	minute  = gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE
	hour    = gridcasev1.LimitUnit_LIMIT_UNIT_HOUR
	day     = gridcasev1.LimitUnit_LIMIT_UNIT_DAY
	wall    = gridcasev1.LimitBasis_LIMIT_BASIS_WALL
	working = gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
)

func limit(value uint32, unit gridcasev1.LimitUnit, basis gridcasev1.LimitBasis) *gridcasev1.Limit {
	return &gridcasev1.Limit{Value: value, Unit: unit, Basis: basis}
}

// china is 08:00-12:00 and 14:00-18:00, Monday to Friday, with the holidays and make-up workdays of mainland China in 2026.
func china() *gridcasev1.CalendarVersion { return builtIn("cn-2026", "610302") }

// boston is 08:30-17:00, Monday to Friday, without holidays; a due time at a period's end moves to the next opening.
func boston() *gridcasev1.CalendarVersion { return builtIn("boston", "025025") }

func builtIn(name, district string) *gridcasev1.CalendarVersion {
	v, ok := calendar.BuiltIn(name)
	if !ok {
		panic("there is no calendar " + name)
	}
	v.District, v.Version = district, 3
	return v
}

func newCalendar(t testing.TB, v *gridcasev1.CalendarVersion) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clock reads a local time of a zone, with or without seconds.
func clock(zone, text string) time.Time {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	layout := "2006-01-02 15:04:05"
	t, err := time.ParseInLocation(layout[:len(text)], text, location)
	if err != nil {
		panic(err)
	}
	return t
}

func TestACalendarKnowsItsVersionAndZone(t *testing.T) {
	c := newCalendar(t, china())
	if c.Version() != 3 || c.Zone().String() != "Asia/Shanghai" {
		t.Errorf("version %d in %s", c.Version(), c.Zone())
	}
}

func TestAWorkingDayWithoutLengthIsTheLongestWeekday(t *testing.T) {
	v := china()
	v.Periods = append(v.Periods[:1:1], v.Periods[2:]...) // Monday is open in the morning alone
	if got := newCalendar(t, v).Length(limit(2, day, working)); got != 16*time.Hour {
		t.Errorf("two working days are %s, want 16h", got)
	}
}

func TestACalendarThatMakesNoSenseIsRefused(t *testing.T) {
	for _, c := range []struct {
		name        string
		change      func(v *gridcasev1.CalendarVersion)
		code, field string
	}{
		{"no zone", func(v *gridcasev1.CalendarVersion) { v.Zone = "" }, "calendar.zone", "zone"},
		{"the machine's own zone", func(v *gridcasev1.CalendarVersion) { v.Zone = "Local" }, "calendar.zone", "zone"},
		{"a zone that is none", func(v *gridcasev1.CalendarVersion) { v.Zone = "Asia/Baoji" }, "calendar.zone", "zone"},
		{"no period", func(v *gridcasev1.CalendarVersion) { v.Periods = nil }, "calendar.closed", "periods"},
		{"a weekday 0", func(v *gridcasev1.CalendarVersion) { v.Periods[1].Weekday = 0 }, "calendar.period", "periods[1]"},
		{"a weekday 8", func(v *gridcasev1.CalendarVersion) { v.Periods[1].Weekday = 8 }, "calendar.period", "periods[1]"},
		{"a period that ends before it begins", func(v *gridcasev1.CalendarVersion) { v.Periods[1].To = 60 }, "calendar.period", "periods[1]"},
		{"a period that ends when it begins", func(v *gridcasev1.CalendarVersion) { v.Periods[1].To = v.Periods[1].From }, "calendar.period", "periods[1]"},
		{"a period beyond midnight", func(v *gridcasev1.CalendarVersion) { v.Periods[1].To = 1441 }, "calendar.period", "periods[1]"},
		{"two periods at once", func(v *gridcasev1.CalendarVersion) { v.Periods[1].From = 11 * 60 }, "calendar.overlap", "periods"},
		{"a day of 25 hours", func(v *gridcasev1.CalendarVersion) { v.DayMinutes = 1500 }, "calendar.day_minutes", "day_minutes"},
		{"a day that is none", func(v *gridcasev1.CalendarVersion) { v.Holidays[1] = "2026-02-30" }, "calendar.day", "holidays[1]"},
		{"a day twice", func(v *gridcasev1.CalendarVersion) { v.Holidays[1] = v.Holidays[0] }, "calendar.day_twice", "holidays[1]"},
		{"a holiday that is a workday too", func(v *gridcasev1.CalendarVersion) { v.Workdays[0] = v.Holidays[0] }, "calendar.day_twice", "workdays[0]"},
		{"make-up workdays like a Monday that is closed", func(v *gridcasev1.CalendarVersion) { v.Periods = v.Periods[2:] }, "calendar.workdays", "workdays"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := china()
			c.change(v)
			_, err := calendar.New(v)
			if err == nil {
				t.Fatalf("nothing was refused, want %s", c.code)
			}
			if f := fault.Of(err); f.Kind != fault.Invalid || f.Code != c.code || f.Field != c.field {
				t.Errorf("%s %s at %q: %q, want invalid %s at %q", f.Kind, f.Code, f.Field, f.Text, c.code, c.field)
			}
		})
	}
}
