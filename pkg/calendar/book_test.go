package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
)

// book is the slow way to know what a calendar says: it looks up each moment, or each day, by itself.
type book struct {
	v          *gridcasev1.CalendarVersion
	zone       *time.Location
	exceptions map[int]bool // by day from 1970-01-01 on: open
	weekdays   [8][]*gridcasev1.WorkPeriod
}

func newBook(v *gridcasev1.CalendarVersion) book {
	zone, err := time.LoadLocation(v.GetZone())
	if err != nil {
		panic(err)
	}
	b := book{v: v, zone: zone, exceptions: map[int]bool{}}
	for _, p := range v.GetPeriods() {
		b.weekdays[p.GetWeekday()] = append(b.weekdays[p.GetWeekday()], p)
	}
	for _, d := range v.GetHolidays() {
		b.exceptions[dayOf(clock("UTC", d+" 00:00"))] = false
	}
	for _, d := range v.GetWorkdays() {
		b.exceptions[dayOf(clock("UTC", d+" 00:00"))] = true
	}
	return b
}

// dayOf numbers the day of a local time.
func dayOf(local time.Time) int {
	y, m, d := local.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// periods of a day, in no order.
func (b book) periods(day int) []*gridcasev1.WorkPeriod {
	open, special := b.exceptions[day]
	switch {
	case special && open:
		return b.weekdays[1]
	case special:
		return nil
	}
	return b.weekdays[((day+3)%7+7)%7+1] // 1970-01-01 was a Thursday, the fourth
}

// open tells whether a moment is working time.
func (b book) open(at time.Time) bool {
	local := at.In(b.zone)
	minute := uint32(local.Hour()*60 + local.Minute())
	for _, p := range b.periods(dayOf(local)) {
		if p.GetFrom() <= minute && minute < p.GetTo() {
			return true
		}
	}
	return false
}

func (b book) why(at time.Time, basis gridcasev1.LimitBasis) calendar.Why {
	open, special := b.exceptions[dayOf(at.In(b.zone))]
	switch {
	case basis == wall:
		return calendar.Wall
	case special && !open:
		return calendar.Holiday
	case !b.open(at):
		return calendar.Closed
	case special:
		return calendar.Makeup
	}
	return calendar.Open
}

func TestAlwaysWorkingTimeIsCountedByTheMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, minutes := drawDistrict(t), drawMoment(t, "start").Truncate(time.Minute), rapid.IntRange(1, 600).Draw(t, "minutes")
		b, end := newBook(d.v), start
		for counted := 0; counted < minutes; end = end.Add(time.Minute) {
			if b.open(end) {
				counted++
			}
		}
		for d.v.GetDueAtOpening() && !b.open(end) {
			end = end.Add(time.Minute)
		}
		if got := d.Due(start, limit(uint32(minutes), minute, working)); !got.Equal(end) {
			t.Fatalf("%d minutes from %s end at %s, counted one by one at %s", minutes, start, got.In(d.Zone()), end.In(d.Zone()))
		}
	})
}

// TestAlwaysACenturyIsCountedDayByDay takes limits of up to a hundred years in calendars that are closed when clocks are changed, so that
// their days can be counted without a look at the zone.
func TestAlwaysACenturyIsCountedDayByDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDaytime(t), drawMoment(t, "start"), drawLimit(t, working)
		local := start.In(d.Zone())
		left := d.Length(l)
		b, today := newBook(d.v), dayOf(local)
		now := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		var clock time.Duration
		for ; left > 0; today, now = today+1, 0 {
			for _, p := range b.periods(today) { // in order
				from, to := max(now, time.Duration(p.GetFrom())*time.Minute), time.Duration(p.GetTo())*time.Minute
				if length := max(0, to-from); left > 0 {
					clock, left = from+min(left, length), left-length
				}
			}
		}
		want := time.Date(1970, 1, today, int(clock/time.Hour), int(clock/time.Minute%60), int(clock/time.Second%60), int(clock%time.Second), d.Zone())
		for d.v.GetDueAtOpening() && !b.open(want) {
			want = want.Truncate(time.Minute).Add(time.Minute)
		}
		if got := d.Due(start, l); !got.Equal(want) {
			t.Fatalf("%d %s from %s end at %s, counted day by day at %s", l.GetValue(), l.GetUnit(), start, got.In(d.Zone()), want)
		}
	})
}
