package calendar_test

import (
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

func TestDue(t *testing.T) {
	for _, c := range []struct {
		name     string
		calendar *gridcasev1.CalendarVersion
		start    string
		limit    *gridcasev1.Limit
		due      string
	}{
		{"urgent hours run through the night: 22:36 and two hours are 00:36", china(), "2026-03-04 22:36", limit(2, hour, wall), "2026-03-05 00:36"},
		{"urgent hours run through a holiday", china(), "2026-02-17 22:36", limit(2, hour, wall), "2026-02-18 00:36"},
		{"working hours rest at the weekend: Friday 17:30 and four hours are Monday 11:30", china(), "2026-03-06 17:30", limit(4, hour, working), "2026-03-09 11:30"},
		{"working days pass a make-up Saturday and the Spring Festival", china(), "2026-02-13 09:00", limit(2, day, working), "2026-02-24 09:00"},
		{"the make-up Saturday is open", china(), "2026-02-13 17:00", limit(2, hour, working), "2026-02-14 09:00"},
		{"a start inside lunch counts from 14:00", china(), "2026-03-04 12:40", limit(1, hour, working), "2026-03-04 15:00"},
		{"lunch is not worked", china(), "2026-03-04 11:30", limit(1, hour, working), "2026-03-04 14:30"},
		{"a start at night counts from the morning", china(), "2026-03-04 20:00", limit(30, minute, working), "2026-03-05 08:30"},
		{"a start on a holiday counts from the next workday", china(), "2026-10-03 10:00", limit(1, hour, working), "2026-10-08 09:00"},
		{"a due time at lunch stays before lunch", china(), "2026-03-04 08:00", limit(4, hour, working), "2026-03-04 12:00"},
		{"a due time at the evening stays in the evening", china(), "2026-03-04 08:00", limit(1, day, working), "2026-03-04 18:00"},
		{"one working day is eight working hours", china(), "2026-03-04 10:15", limit(1, day, working), "2026-03-05 10:15"},
		{"fifteen working days", china(), "2026-03-04 10:15", limit(15, day, working), "2026-03-25 10:15"},
		{"a wall day ignores weekends and holidays", china(), "2026-02-13 09:00", limit(3, day, wall), "2026-02-16 09:00"},
		{"a leap day is a day", china(), "2028-02-28 09:00", limit(2, day, wall), "2028-03-01 09:00"},
		{"a leap day is a workday", china(), "2028-02-28 09:00", limit(2, day, working), "2028-03-01 09:00"},
		{"more than 24 days", china(), "2026-03-02 10:15", limit(90, day, wall), "2026-05-31 10:15"},
		{"more than 24 days in minutes", china(), "2026-03-02 10:15", limit(90*24*60, minute, wall), "2026-05-31 10:15"},
		{"more than 24 working days pass two holidays", china(), "2026-03-02 10:15", limit(60, day, working), "2026-05-28 10:15"},
		{"seconds are kept", china(), "2026-03-06 17:59:50", limit(1, minute, working), "2026-03-09 08:00:50"},
		{"after the last known holiday weekdays hold", china(), "2026-12-31 17:00", limit(10, day, working), "2027-01-14 17:00"},
		{"before the first known holiday weekdays hold", china(), "2025-12-01 09:00", limit(5, day, working), "2025-12-08 09:00"},
		{"from before the first holiday to behind it", china(), "2025-12-30 09:00", limit(4, day, working), "2026-01-06 09:00"},

		{"a wall day keeps the local hour when summer time begins", boston(), "2026-03-07 12:00", limit(1, day, wall), "2026-03-08 12:00"},
		{"24 urgent hours don't", boston(), "2026-03-07 12:00", limit(24, hour, wall), "2026-03-08 13:00"},
		{"a wall day keeps the local hour when summer time ends", boston(), "2026-10-31 12:00", limit(1, day, wall), "2026-11-01 12:00"},
		{"ninety wall days keep the local hour", boston(), "2026-01-21 13:47", limit(90, day, wall), "2026-04-21 13:47"},
		{"working hours pass the change of summer time", boston(), "2026-03-06 16:30", limit(1, hour, working), "2026-03-09 09:00"},
		{"an open night loses the hour that the clock skips", always("America/New_York"), "2026-03-08 01:00", limit(2, hour, working), "2026-03-08 04:00"},
		{"and has the hour twice that it repeats", always("America/New_York"), "2026-11-01 00:30", limit(3, hour, working), "2026-11-01 02:30"},
		{"a due time inside the hour that is skipped is when it was skipped", always("America/New_York"), "2026-03-08 01:00", limit(1, hour, working), "2026-03-08 03:00"},
		{"Boston's working day has 510 minutes", boston(), "2026-01-05 10:00", limit(1, day, working), "2026-01-06 10:00"},
		{"Boston moves a due time at the evening to the next opening", boston(), "2026-01-05 08:30", limit(1, day, working), "2026-01-06 08:30"},
		{"Boston moves it over the weekend too", boston(), "2026-01-09 08:30", limit(1, day, working), "2026-01-12 08:30"},
		{"a start in Boston's evening counts from the next opening", boston(), "2026-01-09 17:00", limit(1, day, working), "2026-01-13 08:30"},
		{"a start on Boston's Sunday counts from Monday", boston(), "2026-01-11 11:00", limit(2, day, working), "2026-01-14 08:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := newCalendar(t, c.calendar).Due(clock(c.calendar.Zone, c.start), c.limit)
			if want := clock(c.calendar.Zone, c.due); !got.Equal(want) {
				t.Errorf("due %s, want %s", got.In(want.Location()), want)
			}
		})
	}
}

// always is open day and night.
func always(zone string) *gridcasev1.CalendarVersion {
	return &gridcasev1.CalendarVersion{Zone: zone, Periods: everyDay(0, 1440)}
}

func TestTheWarningComesAtFourFifths(t *testing.T) {
	for _, c := range []struct {
		name     string
		calendar *gridcasev1.CalendarVersion
		start    string
		limit    *gridcasev1.Limit
		warning  string
	}{
		{"of urgent hours", china(), "2026-03-04 22:36", limit(2, hour, wall), "2026-03-05 00:12"},
		{"of desk minutes", china(), "2026-03-04 22:36", limit(15, minute, wall), "2026-03-04 22:48"},
		{"of working hours, in working time", china(), "2026-03-06 17:30", limit(5, hour, working), "2026-03-09 11:30"},
		{"of working days, in working time", china(), "2026-02-13 09:00", limit(5, day, working), "2026-02-26 09:00"},
		{"of wall days", china(), "2026-02-13 09:00", limit(5, day, wall), "2026-02-17 09:00"},
		{"of a wall day of 23 hours", boston(), "2026-03-07 12:00", limit(1, day, wall), "2026-03-08 07:24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := newCalendar(t, c.calendar).WarnAt(clock(c.calendar.Zone, c.start), c.limit)
			if want := clock(c.calendar.Zone, c.warning); !got.Equal(want) {
				t.Errorf("warned at %s, want %s", got.In(want.Location()), want)
			}
		})
	}
}

// TestAHundredYears has the longest limits that a catalogue may hold.
func TestAHundredYears(t *testing.T) {
	c := newCalendar(t, china())
	start := clock("Asia/Shanghai", "2027-01-04 09:00") // a Monday behind the last holiday
	for _, l := range []struct {
		name  string
		limit *gridcasev1.Limit
		days  int // of the civil calendar
	}{
		{"wall days", limit(36525, day, wall), 36525},
		{"wall hours", limit(36525*24, hour, wall), 36525},
		{"wall minutes", limit(36525*24*60, minute, wall), 36525},
		{"working days", limit(5*5217, day, working), 7 * 5217},
		{"working hours", limit(5*5217*8, hour, working), 7 * 5217},
		{"working minutes", limit(5*5217*480, minute, working), 7 * 5217},
	} {
		t.Run(l.name, func(t *testing.T) {
			if got, want := c.Due(start, l.limit), start.AddDate(0, 0, l.days); !got.Equal(want) {
				t.Errorf("due %s, want %s", got, want)
			}
			warned, share := c.WarnAt(start, l.limit).Sub(start), time.Duration(l.days)*24*time.Hour/5*4
			if warned < share-72*time.Hour || warned > share+72*time.Hour {
				t.Errorf("warned after %s, want about %s", warned, share)
			}
		})
	}
}

// BenchmarkDue shows that a due time costs about a microsecond, of a century too; a tenth of a millisecond where the zone's clock changes
// 280 times on the way.
func BenchmarkDue(b *testing.B) {
	for _, c := range []struct {
		name     string
		calendar *gridcasev1.CalendarVersion
		limit    *gridcasev1.Limit
	}{
		{"2 hours wall", china(), limit(2, hour, wall)},
		{"2 days working", china(), limit(2, day, working)},
		{"2 days working in Boston", boston(), limit(2, day, working)},
		{"100 years working", china(), limit(26085, day, working)},
		{"100 years working in Boston", boston(), limit(26085, day, working)},
	} {
		b.Run(c.name, func(b *testing.B) {
			k := newCalendar(b, c.calendar)
			start := clock(c.calendar.GetZone(), "2026-02-13 09:00")
			for b.Loop() {
				if !k.Due(start, c.limit).After(start) {
					b.Fatal("a limit takes time")
				}
			}
		})
	}
}
