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

// Extend returns a due time moved by one more limit. It is moved by time, a wall day being 24 hours: so extending and pausing lead to the
// same due time in either order, whatever the zone's clock does.
func (c *Calendar) Extend(due time.Time, l *gridcasev1.Limit) time.Time {
	return c.Add(due, c.Length(l), l.GetBasis())
}

// Pause returns a due time after a pause: moved by exactly the time of the basis inside it. One that had passed when the pause began stays.
func (c *Calendar) Pause(due, from, to time.Time, basis gridcasev1.LimitBasis) time.Time {
	if due.Before(from) {
		return due.UTC()
	}
	return c.Add(due, c.Between(from, to, basis), basis)
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
	end := c.reach(start, d)
	if c.open(end) || !c.dueAtOpening && c.open(end.Add(-1)) {
		return end
	}
	return c.opening(end)
}

// Between returns how much time of the basis lies between two times: what was used since a start, or what a pause took. It is 0 where to is
// not after from.
func (c *Calendar) Between(from, to time.Time, basis gridcasev1.LimitBasis) time.Duration {
	if !to.After(from) {
		return 0
	}
	if basis != gridcasev1.LimitBasis_LIMIT_BASIS_WORKING {
		return to.Sub(from)
	}
	var sum time.Duration
	for {
		e := c.era(from)
		if e.holds(to) {
			return sum + c.worked(e, from, to)
		}
		sum, from = sum+c.worked(e, from, e.end), e.end
	}
}

// Remaining returns how much time of the basis is left at now until a due time; below zero, how much it is overdue.
func (c *Calendar) Remaining(now, due time.Time, basis gridcasev1.LimitBasis) time.Duration {
	if now.After(due) {
		return -c.Between(due, now, basis)
	}
	return c.Between(now, due, basis)
}
