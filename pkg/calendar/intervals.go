package calendar

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Why says what an interval is.
type Why string

// The kinds of intervals. Open, Makeup and Wall count.
const (
	Open    Why = "open"    // working time of a usual day
	Makeup  Why = "makeup"  // working time of a make-up workday
	Wall    Why = "wall"    // every minute counts
	Closed  Why = "closed"  // outside the periods of a day that has some, or of a weekday that has none
	Holiday Why = "holiday" // a day that the calendar closes
)

// Interval is a stretch of time of one kind, To not included, in UTC.
type Interval struct {
	From, To time.Time
	Counted  bool
	Why      Why
}

// Intervals divides the time between two times into what counts on a basis and what does not, without gaps; neighbours differ in kind.
// There is none where to is not after from. The counted ones add up to Between.
func (c *Calendar) Intervals(from, to time.Time, basis gridcasev1.LimitBasis) []Interval {
	if !to.After(from) {
		return nil
	}
	if basis != gridcasev1.LimitBasis_LIMIT_BASIS_WORKING {
		return []Interval{{from.UTC(), to.UTC(), true, Wall}}
	}
	r := ruler{from: from.UTC(), to: to.UTC()}
	for r.from.Before(r.to) {
		e := c.era(r.from)
		day, _ := e.read(r.from)
		end := r.to
		if !e.holds(r.to) {
			end = e.end.UTC()
		}
		for ; r.from.Before(end); day++ {
			c.divide(&r, e, day, end)
		}
	}
	return r.marked
}

// divide marks what a civil day has until a moment of the era.
func (c *Calendar) divide(r *ruler, e era, day int, end time.Time) {
	open, closed := Open, Closed
	if i, special := c.exception(day); special {
		open = Makeup
		if !c.exceptions[i].open {
			closed = Holiday
		}
	}
	mark := func(clock time.Duration, why Why) {
		until := e.at(day, clock)
		if until.After(end) {
			until = end
		}
		r.mark(until, why)
	}
	for _, p := range c.periods(day) {
		mark(p.from, closed)
		mark(p.to, open)
	}
	mark(24*time.Hour, closed)
}

// ruler marks the kinds of time from one moment to another.
type ruler struct {
	from, to time.Time
	marked   []Interval
}

// mark says what the time is from the last mark on.
func (r *ruler) mark(until time.Time, why Why) {
	if !until.After(r.from) {
		return
	}
	if n := len(r.marked); n > 0 && r.marked[n-1].Why == why {
		r.marked[n-1].To = until
	} else {
		r.marked = append(r.marked, Interval{r.from, until, why == Open || why == Makeup, why})
	}
	r.from = until
}
