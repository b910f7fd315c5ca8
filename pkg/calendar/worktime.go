package calendar

import (
	"slices"
	"sort"
	"time"
)

const secondsPerDay = 24 * 60 * 60

// era is a stretch of time without a change of the zone's clock: civil time runs evenly in it.
type era struct {
	offset int64     // seconds east of UTC
	end    time.Time // not included; zero: it lasts
}

// era returns the one that a moment lies in.
func (c *Calendar) era(t time.Time) era {
	local := t.In(c.zone)
	_, offset := local.Zone()
	_, end := local.ZoneBounds()
	if !end.IsZero() && !end.After(t) { // far in the future package time ends the eras at every 365th day of a year, of a leap year too
		end = end.Add(secondsPerDay * time.Second)
	}
	return era{int64(offset), end}
}

// holds tells whether the era lasts beyond a moment that lies behind its beginning.
func (e era) holds(t time.Time) bool { return e.end.IsZero() || t.Before(e.end) }

// read returns the civil day of a moment, from 1970-01-01 on, and the time after midnight.
func (e era) read(t time.Time) (day int, clock time.Duration) {
	seconds := t.Unix() + e.offset
	rest := (seconds%secondsPerDay + secondsPerDay) % secondsPerDay
	return int((seconds - rest) / secondsPerDay), time.Duration(rest)*time.Second + time.Duration(t.Nanosecond())
}

// at is the opposite of read.
func (e era) at(day int, clock time.Duration) time.Time {
	return time.Unix(int64(day)*secondsPerDay-e.offset, 0).Add(clock).UTC()
}

// weekday of a civil day; 1970-01-01 was a Thursday.
func weekday(day int) time.Weekday { return time.Weekday(((day+4)%7 + 7) % 7) }

// exception returns the place of the first exception from a civil day on, and whether it is that day.
func (c *Calendar) exception(day int) (int, bool) {
	return slices.BinarySearchFunc(c.exceptions, day, func(e exception, day int) int { return e.day - day })
}

// periods returns when a civil day is open.
func (c *Calendar) periods(day int) []period {
	i, special := c.exception(day)
	switch {
	case special && !c.exceptions[i].open:
		return nil
	case special:
		return c.weekdays[time.Monday]
	}
	return c.weekdays[weekday(day)]
}

// opened returns the working time of a civil day until a time after midnight.
func (c *Calendar) opened(day int, clock time.Duration) time.Duration {
	var sum time.Duration
	for _, p := range c.periods(day) {
		sum += max(0, min(p.to, clock)-p.from)
	}
	return sum
}

// days returns the working time of whole civil days, the last not included.
func (c *Calendar) days(from, to int) time.Duration {
	sum := time.Duration((to-from)/7) * c.week
	for day := to - (to-from)%7; day < to; day++ {
		sum += c.lengths[weekday(day)]
	}
	return sum + c.more(to) - c.more(from)
}

// more is what the exceptions before a civil day change.
func (c *Calendar) more(day int) time.Duration {
	if i, _ := c.exception(day); i > 0 {
		return c.exceptions[i-1].more
	}
	return 0
}

// worked returns the working time between two moments of an era.
func (c *Calendar) worked(e era, from, to time.Time) time.Duration {
	day, clock := e.read(from)
	last, end := e.read(to)
	return c.days(day, last) + c.opened(last, end) - c.opened(day, clock)
}

// reach returns the first moment until which d has been worked since start; start itself where d is nothing.
func (c *Calendar) reach(start time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return start.UTC()
	}
	for {
		e := c.era(start)
		if !e.end.IsZero() {
			if worked := c.worked(e, start, e.end); worked < d {
				start, d = e.end, d-worked
				continue
			}
		}
		day, clock := e.read(start)
		return e.at(c.find(day, c.opened(day, clock)+d))
	}
}

// find returns the civil day and time until which d, more than nothing, has been worked since the beginning of a day.
func (c *Calendar) find(day int, d time.Duration) (int, time.Duration) {
	most := 7 * (int(d/c.week) + 1)
	for c.days(day, day+most) < d {
		most *= 2
	}
	n := sort.Search(most, func(n int) bool { return c.days(day, day+n+1) >= d })
	d -= c.days(day, day+n)
	var clock time.Duration
	for _, p := range c.periods(day + n) {
		clock = min(p.to, p.from+d)
		if d -= p.to - p.from; d <= 0 {
			break
		}
	}
	return day + n, clock
}

// open tells whether a moment is working time.
func (c *Calendar) open(t time.Time) bool {
	day, clock := c.era(t).read(t)
	return slices.ContainsFunc(c.periods(day), func(p period) bool { return p.from <= clock && clock < p.to })
}

// opening returns the first moment of working time from t on.
func (c *Calendar) opening(t time.Time) time.Time {
	for {
		e := c.era(t)
		for day, clock := e.read(t); e.holds(e.at(day, clock)); day, clock = day+1, 0 {
			for _, p := range c.periods(day) {
				if at := e.at(day, max(clock, p.from)); clock < p.to && e.holds(at) {
					return at
				}
			}
		}
		t = e.end
	}
}
