package calendar

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Due returns when a limit that starts at start is used up, in UTC. Limits of up to 100 years are exact.
func (c *Calendar) Due(start time.Time, l *gridcasev1.Limit) time.Time {
	if l.GetBasis() != gridcasev1.LimitBasis_LIMIT_BASIS_WORKING && l.GetUnit() == gridcasev1.LimitUnit_LIMIT_UNIT_DAY {
		return start.In(c.zone).AddDate(0, 0, int(l.GetValue())).UTC()
	}
	return c.Add(start, c.Length(l), l.GetBasis())
}

// WarnAt returns when 80 % of a limit that starts at start are used up, in UTC and in time of the limit's basis.
func (c *Calendar) WarnAt(start time.Time, l *gridcasev1.Limit) time.Time {
	if l.GetBasis() != gridcasev1.LimitBasis_LIMIT_BASIS_WORKING {
		return start.Add(c.Due(start, l).Sub(start) / 5 * 4).UTC()
	}
	return c.Add(start, c.Length(l)/5*4, l.GetBasis())
}

// Length returns a limit as time of its basis: a working day is the calendar's minutes per day, a wall day 24 hours.
func (c *Calendar) Length(l *gridcasev1.Limit) time.Duration {
	n := time.Duration(l.GetValue())
	switch {
	case l.GetUnit() == gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE:
		return n * time.Minute
	case l.GetUnit() == gridcasev1.LimitUnit_LIMIT_UNIT_HOUR:
		return n * time.Hour
	case l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WORKING:
		return n * c.day
	}
	return n * 24 * time.Hour
}

// Add returns the time at which d of the basis, not below zero, has passed since start. In working time a start outside the periods counts
// from the next opening, and the result is never inside closed time; at a period's end it stays, or moves to the next opening where the
// calendar says so.
func (c *Calendar) Add(start time.Time, d time.Duration, basis gridcasev1.LimitBasis) time.Time {
	if basis != gridcasev1.LimitBasis_LIMIT_BASIS_WORKING {
		return start.Add(d).UTC()
	}
	day, clock := c.split(start)
	for {
		for _, p := range c.periods(day) {
			from := max(clock, p.from)
			if from > p.to || from == p.to && c.dueAtOpening {
				continue
			}
			left := p.to - from
			if d < left || d == left && !c.dueAtOpening {
				return c.join(day, from+d)
			}
			d -= left
		}
		day, clock = day+1, 0
		weeks := c.weeks(day, int(max(0, d-1)/c.week)) // d-1: the end of the last week may be the result
		day, d = day+7*weeks, d-time.Duration(weeks)*c.week
	}
}

// Between returns how much time of the basis lies between two times; 0 where to is not after from.
func (c *Calendar) Between(from, to time.Time, basis gridcasev1.LimitBasis) time.Duration {
	if !to.After(from) {
		return 0
	}
	if basis != gridcasev1.LimitBasis_LIMIT_BASIS_WORKING {
		return to.Sub(from)
	}
	day, clock := c.split(from)
	last, end := c.split(to)
	var sum time.Duration
	for day <= last {
		for _, p := range c.periods(day) {
			until := p.to
			if day == last {
				until = min(until, end)
			}
			sum += max(0, until-max(clock, p.from))
		}
		day, clock = day+1, 0
		weeks := c.weeks(day, max(0, last-day)/7)
		day, sum = day+7*weeks, sum+time.Duration(weeks)*c.week
	}
	return sum
}
