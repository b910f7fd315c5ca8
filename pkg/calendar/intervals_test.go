package calendar_test

import (
	"fmt"
	"slices"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

func TestIntervals(t *testing.T) {
	for _, c := range []struct {
		name     string
		calendar *gridcasev1.CalendarVersion
		from, to string
		basis    gridcasev1.LimitBasis
		want     []string
	}{
		{"a weekend is one closed stretch", china(), "2026-03-06 17:30", "2026-03-09 11:30", working, []string{
			"03-06 17:30 - 03-06 18:00 counts: open", "03-06 18:00 - 03-09 08:00: closed", "03-09 08:00 - 03-09 11:30 counts: open"}},
		{"a make-up Saturday and the Spring Festival", china(), "2026-02-13 17:00", "2026-02-24 09:00", working, []string{
			"02-13 17:00 - 02-13 18:00 counts: open", "02-13 18:00 - 02-14 08:00: closed",
			"02-14 08:00 - 02-14 12:00 counts: makeup", "02-14 12:00 - 02-14 14:00: closed", "02-14 14:00 - 02-14 18:00 counts: makeup",
			"02-14 18:00 - 02-15 00:00: closed", "02-15 00:00 - 02-24 00:00: holiday", "02-24 00:00 - 02-24 08:00: closed",
			"02-24 08:00 - 02-24 09:00 counts: open"}},
		{"urgent time is one stretch", china(), "2026-02-13 22:36", "2026-02-16 00:36", wall, []string{"02-13 22:36 - 02-16 00:36 counts: wall"}},
		{"an open night is one stretch", always("Europe/London"), "2026-03-28 12:00", "2026-03-30 12:00", working, []string{"03-28 12:00 - 03-30 12:00 counts: open"}},
		{"no time has no stretch", china(), "2026-03-06 17:30", "2026-03-06 17:30", working, nil},
		{"nor has what lies behind", china(), "2026-03-06 17:30", "2026-03-05 17:30", wall, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, zone := newCalendar(t, c.calendar), c.calendar.GetZone()
			var got []string
			for _, i := range k.Intervals(clock(zone, c.from), clock(zone, c.to), c.basis) {
				counts := ""
				if i.Counted {
					counts = " counts"
				}
				got = append(got, fmt.Sprintf("%s - %s%s: %s", i.From.In(k.Zone()).Format("01-02 15:04"), i.To.In(k.Zone()).Format("01-02 15:04"), counts, i.Why))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%q, want\n%q", got, c.want)
			}
		})
	}
}
