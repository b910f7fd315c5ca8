// Package calendar knows a district's working time: work periods by weekday, holidays, make-up workdays (调休), time zone. It owns adding a
// limit to a time and counting the time between two, in wall time or in working time. It is pure: it never asks what time it is, and a
// calendar never changes; another version is another Calendar.
//
// # Decisions
//
// 2026-11: a wall day is a civil day in the calendar's zone: it keeps the local hour across a change of summer time; minutes and hours are
// absolute. A working day is the calendar's minutes per day; where it names none, the open minutes of its longest weekday. A make-up workday
// has Monday's periods. A due time at a period's end stays there, unless the calendar moves it to the next opening.
package calendar

import (
	"fmt"
	"math"
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Calendar is one version of a district's working time. It is immutable and safe for concurrent use.
type Calendar struct {
	version      uint32
	zone         *time.Location
	weekdays     [7][]period  // from Sunday, as time.Weekday counts
	exceptions   map[int]bool // by civil day: open like a Monday, or closed
	first, last  int          // exceptions, as civil days
	dueAtOpening bool
	day, week    time.Duration // of working time; the week is one without exceptions
}

// period is an open stretch of a civil day, as times after midnight.
type period struct{ from, to time.Duration }

// New returns the calendar of a version. A version that makes no sense is an Invalid fault that names the field.
func New(v *gridcasev1.CalendarVersion) (*Calendar, error) {
	zone, err := time.LoadLocation(v.GetZone())
	if err != nil || v.GetZone() == "" || v.GetZone() == "Local" {
		return nil, fault.BadField("zone", "calendar.zone", "%q is no time zone of the IANA database", v.GetZone())
	}
	if v.GetDayMinutes() > 24*60 {
		return nil, fault.BadField("day_minutes", "calendar.day_minutes", "a working day has at most 1440 minutes")
	}
	c := &Calendar{version: v.GetVersion(), zone: zone, exceptions: map[int]bool{}, first: math.MaxInt, last: math.MinInt,
		dueAtOpening: v.GetDueAtOpening(), day: time.Duration(v.GetDayMinutes()) * time.Minute}
	if err := c.open(v.GetPeriods()); err != nil {
		return nil, err
	}
	if err := c.except("holidays", v.GetHolidays(), false); err != nil {
		return nil, err
	}
	if err := c.except("workdays", v.GetWorkdays(), true); err != nil {
		return nil, err
	}
	if len(v.GetWorkdays()) > 0 && len(c.weekdays[time.Monday]) == 0 {
		return nil, fault.BadField("workdays", "calendar.workdays", "make-up workdays have Monday's periods, and Monday has none")
	}
	return c, nil
}

// open takes over the periods and, where none is given, the length of a working day.
func (c *Calendar) open(periods []*gridcasev1.WorkPeriod) error {
	var longest time.Duration
	for i, p := range periods {
		field := fmt.Sprintf("periods[%d]", i)
		if p.GetWeekday() < 1 || p.GetWeekday() > 7 || p.GetFrom() >= p.GetTo() || p.GetTo() > 24*60 {
			return fault.BadField(field, "calendar.period", "a period has a weekday from 1 to 7 and begins before it ends, within the day")
		}
		weekday := p.GetWeekday() % 7
		c.weekdays[weekday] = append(c.weekdays[weekday], period{time.Duration(p.GetFrom()) * time.Minute, time.Duration(p.GetTo()) * time.Minute})
		c.week += time.Duration(p.GetTo()-p.GetFrom()) * time.Minute
	}
	for weekday := range c.weekdays {
		day := c.weekdays[weekday]
		slices.SortFunc(day, func(a, b period) int { return int(a.from - b.from) })
		var sum time.Duration
		for i, p := range day {
			if i > 0 && p.from < day[i-1].to {
				return fault.BadField("periods", "calendar.overlap", "two periods of a weekday overlap")
			}
			sum += p.to - p.from
		}
		longest = max(longest, sum)
	}
	if longest == 0 {
		return fault.BadField("periods", "calendar.closed", "a calendar is open at some time of the week")
	}
	if c.day == 0 {
		c.day = longest
	}
	return nil
}

func (c *Calendar) except(field string, days []string, open bool) error {
	for i, s := range days {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return fault.BadField(fmt.Sprintf("%s[%d]", field, i), "calendar.day", "a day looks like 2026-02-14")
		}
		day := civilDay(t)
		if _, twice := c.exceptions[day]; twice {
			return fault.BadField(fmt.Sprintf("%s[%d]", field, i), "calendar.day_twice", "%s is named twice", s)
		}
		c.exceptions[day] = open
		c.first, c.last = min(c.first, day), max(c.last, day)
	}
	return nil
}

// Version is the version's number.
func (c *Calendar) Version() uint32 { return c.version }

// Zone is the time zone of the district's civil days.
func (c *Calendar) Zone() *time.Location { return c.zone }

// periods returns when a civil day is open.
func (c *Calendar) periods(day int) []period {
	open, special := c.exceptions[day]
	switch {
	case special && !open:
		return nil
	case special:
		return c.weekdays[time.Monday]
	}
	return c.weekdays[((day+4)%7+7)%7] // 1970-01-01 was a Thursday
}

// weeks returns how many whole weeks from a civil day on, at most so many, have no exceptions.
func (c *Calendar) weeks(day, most int) int {
	switch {
	case day > c.last:
		return most
	case day < c.first:
		return min(most, (c.first-day)/7)
	}
	return 0
}

// civilDay numbers the civil day of t, in t's own zone, from 1970-01-01 on.
func civilDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// split returns the civil day of t in the calendar's zone and the civil time of day.
func (c *Calendar) split(t time.Time) (day int, clock time.Duration) {
	local := t.In(c.zone)
	h, m, s := local.Clock()
	return civilDay(local), time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(local.Nanosecond())
}

// join is the opposite of split.
func (c *Calendar) join(day int, clock time.Duration) time.Time {
	return time.Date(1970, 1, 1+day, int(clock/time.Hour), int(clock/time.Minute%60), int(clock/time.Second%60), int(clock%time.Second), c.zone).UTC()
}
