// Package calendar knows a district's working time: work periods by weekday, holidays, make-up workdays (调休), time zone. It owns adding a
// limit to a time, what was used of it, what remains, what a pause and an extension do to it, and which time counted, in wall time or in
// working time; and the calendars that the product brings along. It is pure: it never asks what time it is, and a calendar never changes;
// another version is another Calendar.
//
// # Decisions
//
// 2026-11: a wall day is a civil day in the calendar's zone: it keeps the local hour across a change of summer time; minutes and hours are
// absolute. A working day is the calendar's minutes per day; where it names none, the open minutes of its longest weekday. A make-up workday
// has Monday's periods. A due time at a period's end stays there, unless the calendar moves it to the next opening.
//
// 2026-11: working time is real time: the moments whose civil reading lies in a period. Between two changes of the zone's clock civil time
// runs evenly, so each such stretch is counted by arithmetic; a period that a change falls into is an hour longer or shorter.
package calendar

import (
	"fmt"
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Calendar is one version of a district's working time. It is immutable and safe for concurrent use.
type Calendar struct {
	version      uint32
	zone         *time.Location
	weekdays     [7][]period      // from Sunday, as time.Weekday counts
	lengths      [7]time.Duration // the open time of each weekday
	exceptions   []exception      // by day
	dueAtOpening bool
	day, week    time.Duration // of working time; the week is one without exceptions
}

// period is an open stretch of a civil day, as times after midnight.
type period struct{ from, to time.Duration }

// exception is a day that is not as its weekday.
type exception struct {
	day  int // civil, from 1970-01-01 on
	open bool
	more time.Duration // what this day and the exceptions before it have more of working time than their weekdays; often below zero
}

// New returns the calendar of a version. A version that makes no sense is an Invalid fault that names the field.
func New(v *gridcasev1.CalendarVersion) (*Calendar, error) {
	zone, err := time.LoadLocation(v.GetZone())
	if err != nil || v.GetZone() == "" || v.GetZone() == "Local" {
		return nil, fault.BadField("zone", "calendar.zone", "%q is no time zone of the IANA database", v.GetZone())
	}
	if v.GetDayMinutes() > 24*60 {
		return nil, fault.BadField("day_minutes", "calendar.day_minutes", "a working day has at most 1440 minutes")
	}
	c := &Calendar{version: v.GetVersion(), zone: zone,
		dueAtOpening: v.GetDueAtOpening(), day: time.Duration(v.GetDayMinutes()) * time.Minute}
	if err := c.take(v.GetPeriods()); err != nil {
		return nil, err
	}
	known := map[int]bool{}
	if err := c.except("holidays", v.GetHolidays(), false, known); err != nil {
		return nil, err
	}
	if err := c.except("workdays", v.GetWorkdays(), true, known); err != nil {
		return nil, err
	}
	c.sumUp()
	if len(v.GetWorkdays()) > 0 && len(c.weekdays[time.Monday]) == 0 {
		return nil, fault.BadField("workdays", "calendar.workdays", "make-up workdays have Monday's periods, and Monday has none")
	}
	return c, nil
}

// take takes over the periods and, where none is given, the length of a working day.
func (c *Calendar) take(periods []*gridcasev1.WorkPeriod) error {
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
		for i, p := range day {
			if i > 0 && p.from < day[i-1].to {
				return fault.BadField("periods", "calendar.overlap", "two periods of a weekday overlap")
			}
			c.lengths[weekday] += p.to - p.from
		}
		longest = max(longest, c.lengths[weekday])
	}
	if longest == 0 {
		return fault.BadField("periods", "calendar.closed", "a calendar is open at some time of the week")
	}
	if c.day == 0 {
		c.day = longest
	}
	return nil
}

func (c *Calendar) except(field string, days []string, open bool, known map[int]bool) error {
	for i, s := range days {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return fault.BadField(fmt.Sprintf("%s[%d]", field, i), "calendar.day", "a day looks like 2026-02-14")
		}
		day := int(t.Unix() / secondsPerDay)
		if known[day] {
			return fault.BadField(fmt.Sprintf("%s[%d]", field, i), "calendar.day_twice", "%s is named twice", s)
		}
		known[day] = true
		c.exceptions = append(c.exceptions, exception{day: day, open: open})
	}
	return nil
}

// sumUp puts the exceptions in order and adds up what they change.
func (c *Calendar) sumUp() {
	slices.SortFunc(c.exceptions, func(a, b exception) int { return a.day - b.day })
	var more time.Duration
	for i := range c.exceptions {
		e := &c.exceptions[i]
		more -= c.lengths[weekday(e.day)]
		if e.open {
			more += c.lengths[time.Monday]
		}
		e.more = more
	}
}

// Version is the version's number.
func (c *Calendar) Version() uint32 { return c.version }

// Zone is the time zone of the district's civil days.
func (c *Calendar) Zone() *time.Location { return c.zone }
