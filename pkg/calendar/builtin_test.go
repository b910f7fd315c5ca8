package calendar_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gridcase/gridcase/pkg/calendar"
)

func TestTheBuiltInCalendars(t *testing.T) {
	for _, c := range []struct {
		name, zone   string
		dayMinutes   uint32
		dueAtOpening bool
		openDays     int // in 2026
	}{
		{"boston", "America/New_York", 510, true, 261},
		{"cn-2026", "Asia/Shanghai", 480, false, 248}, // as the notice of the year's holidays leaves them
		{"weekdays", "UTC", 480, false, 261},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, ok := calendar.BuiltIn(c.name)
			if !ok || v.GetZone() != c.zone || v.GetDayMinutes() != c.dayMinutes || v.GetDueAtOpening() != c.dueAtOpening {
				t.Fatalf("%t: %v", ok, v)
			}
			open := newCalendar(t, v).Between(clock(c.zone, "2026-01-01 00:00"), clock(c.zone, "2027-01-01 00:00"), working)
			if length := time.Duration(c.dayMinutes) * time.Minute; open != time.Duration(c.openDays)*length {
				t.Errorf("%.2f days are open, want %d", float64(open)/float64(length), c.openDays)
			}
		})
	}
	if got, want := calendar.BuiltIns(), []string{"boston", "cn-2026", "weekdays"}; !slices.Equal(got, want) {
		t.Errorf("built in are %q, want %q", got, want)
	}
	if v, ok := calendar.BuiltIn("cn-1926"); ok {
		t.Errorf("there is a calendar of 1926: %v", v)
	}
}

func TestTheChineseHolidaysOf2026(t *testing.T) {
	v := china()
	for _, c := range []struct {
		day              string
		holiday, workday bool
	}{
		{"2026-01-01", true, false}, {"2026-01-03", true, false}, {"2026-01-04", false, true},
		{"2026-02-13", false, false}, {"2026-02-14", false, true}, {"2026-02-15", true, false}, {"2026-02-23", true, false}, {"2026-02-24", false, false},
		{"2026-02-28", false, true}, {"2026-05-09", false, true}, {"2026-09-20", false, true}, {"2026-10-07", true, false}, {"2026-10-10", false, true},
	} {
		if holiday, workday := slices.Contains(v.GetHolidays(), c.day), slices.Contains(v.GetWorkdays(), c.day); holiday != c.holiday || workday != c.workday {
			t.Errorf("%s: holiday %t, make-up workday %t", c.day, holiday, workday)
		}
	}
	if len(v.GetHolidays()) != 33 || len(v.GetWorkdays()) != 6 {
		t.Errorf("%d holidays and %d make-up workdays", len(v.GetHolidays()), len(v.GetWorkdays()))
	}
}

func TestABuiltInCalendarIsTheCallersOwn(t *testing.T) {
	mine := china()
	mine.Zone, mine.Periods[0].From, mine.Holidays[0] = "UTC", 0, "2026-01-02"
	if theirs := china(); proto.Equal(mine, theirs) || theirs.GetPeriods()[0].GetFrom() != 480 {
		t.Errorf("a change of one copy shows in another: %v", theirs)
	}
}
