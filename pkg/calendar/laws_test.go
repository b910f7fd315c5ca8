package calendar_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// The laws of working time and wall time. Their names begin with TestAlways: scripts/campaign calendar runs them on a million cases.

func TestAlwaysAddingTwiceIsAddingTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, basis, start, a, b := drawDistrict(t), drawBasis(t), drawMoment(t, "start"), drawTime(t, "a"), drawTime(t, "b")
		if twice, once := d.Add(d.Add(start, a, basis), b, basis), d.Add(start, a+b, basis); !twice.Equal(once) {
			t.Fatalf("%s + %s + %s is %s, their sum leads to %s", start, a, b, twice, once)
		}
	})
}

func TestAlwaysWhatWasAddedWasUsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, basis, start, a := drawDistrict(t), drawBasis(t), drawMoment(t, "start"), drawTime(t, "a")
		end := d.Add(start, a, basis)
		if got := d.Between(start, end, basis); got != a {
			t.Fatalf("between %s and %s lie %s of %s, not %s", start, end, got, basis, a)
		}
		if got := d.Between(end, start, basis); got != 0 {
			t.Fatalf("backwards lie %s", got)
		}
	})
}

func TestAlwaysWhatWasUsedAndWhatRemainsAreTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, drawBasis(t))
		due := d.Due(start, l)
		now := drawShare(t, "now", start, due, 1.5)
		used, remaining := d.Between(start, now, l.GetBasis()), d.Remaining(now, due, l.GetBasis())
		if whole := d.Between(start, due, l.GetBasis()); used+remaining != whole {
			t.Fatalf("from %s to %s were %s used and %s remain, of %s", start, now, used, remaining, whole)
		}
		if now.After(due) != (remaining < 0) && d.Between(due, now, l.GetBasis()) > 0 {
			t.Fatalf("at %s remain %s until %s", now, remaining, due)
		}
	})
}

func TestAlwaysADueTimeIsNeverInsideClosedTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, working)
		book := newBook(d.v)
		for _, at := range []time.Time{d.Due(start, l), d.WarnAt(start, l)} {
			if !book.open(at) && (d.v.GetDueAtOpening() || !book.open(at.Add(-1))) {
				t.Fatalf("%d %s from %s end inside closed time: %s", l.GetValue(), l.GetUnit(), start, at.In(d.Zone()))
			}
		}
	})
}

func TestAlwaysAStartInClosedTimeCountsFromTheOpening(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, a := drawDistrict(t), drawMoment(t, "start"), drawTime(t, "a")
		book := newBook(d.v)
		opening := start
		for !book.open(opening) {
			opening = opening.Truncate(time.Minute).Add(time.Minute)
		}
		if got, want := d.Add(start, a, working), d.Add(opening, a, working); !got.Equal(want) {
			t.Fatalf("from %s it leads to %s, from the opening at %s to %s", start, got, opening, want)
		}
	})
}

func TestAlwaysALaterStartIsNeverDueEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, working)
		later := start.Add(drawTime(t, "later"))
		if one, other := d.Due(start, l), d.Due(later, l); other.Before(one) {
			t.Fatalf("from %s it is due %s, from %s already %s", start, one, later, other)
		}
	})
}

func TestAlwaysAPauseMovesTheDueTimeByTheTimeInsideIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, drawBasis(t))
		due := d.Due(start, l)
		from := drawShare(t, "from", start, due, 1)
		to := from.Add(drawTime(t, "pause"))
		moved := d.Pause(due, from, to, l.GetBasis())
		if got, want := d.Between(due, moved, l.GetBasis()), d.Between(from, to, l.GetBasis()); got != want {
			t.Fatalf("the pause from %s to %s has %s of %s, the due time %s moved by %s to %s", from, to, want, l.GetBasis(), due, got, moved)
		}
		if used, whole := d.Between(start, from, l.GetBasis())+d.Between(to, moved, l.GetBasis()), d.Between(start, due, l.GetBasis()); moved.After(to) && used != whole {
			t.Fatalf("without the pause from %s to %s lie %s until %s, not %s", from, to, used, moved, whole)
		}
		if passed := d.Pause(due, due.Add(time.Nanosecond), to, l.GetBasis()); !passed.Equal(due) {
			t.Fatalf("a pause moved the due time %s that had passed to %s", due, passed)
		}
	})
}

func TestAlwaysTwoPausesMoveTheDueTimeByBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, basis, due := drawDistrict(t), drawBasis(t), drawMoment(t, "due")
		first, length, gap, second := due.Add(-drawTime(t, "before")), drawTime(t, "first"), drawTime(t, "gap"), drawTime(t, "second")
		one := d.Pause(due, first, first.Add(length), basis)
		from := first.Add(length + gap)
		want := one // it may have passed between the pauses
		if !one.Before(from) {
			want = d.Add(due, d.Between(first, first.Add(length), basis)+d.Between(from, from.Add(second), basis), basis)
		}
		if got := d.Pause(one, from, from.Add(second), basis); !got.Equal(want) {
			t.Fatalf("%s is due %s after both pauses, not %s", due, got, want)
		}
	})
}

func TestAlwaysExtendingCommutesWithPausing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, l := drawDistrict(t), drawLimit(t, drawBasis(t))
		due := d.Due(drawMoment(t, "start"), l)
		from := due.Add(-drawTime(t, "before"))
		to := from.Add(drawTime(t, "pause"))
		extended := d.Pause(d.Extend(due, l), from, to, l.GetBasis())
		if paused := d.Extend(d.Pause(due, from, to, l.GetBasis()), l); !paused.Equal(extended) {
			t.Fatalf("extended and then paused it is due %s, paused and then extended %s", extended, paused)
		}
	})
}

func TestAlwaysAWallLimitIgnoresPeriodsAndHolidays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, wall)
		plain := made(&gridcasev1.CalendarVersion{Zone: d.v.GetZone(), Periods: everyDay(0, 1440)})
		if got, want := d.Due(start, l), plain.Due(start, l); !got.Equal(want) {
			t.Fatalf("from %s it is due %s, without periods %s", start, got, want)
		}
		if got, want := d.WarnAt(start, l), plain.WarnAt(start, l); !got.Equal(want) {
			t.Fatalf("from %s it warns at %s, without periods at %s", start, got, want)
		}
	})
}

func TestAlwaysAWallDayKeepsTheLocalTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, n := drawDistrict(t), drawMoment(t, "start"), rapid.Uint32Range(1, 36525).Draw(t, "days")
		got := d.Due(start, limit(n, day, wall)).In(d.Zone())
		y, m, day := start.In(d.Zone()).Date()
		hour, minute, second := start.In(d.Zone()).Clock()
		want := time.Date(y, m, day+int(n), hour, minute, second, start.Nanosecond(), d.Zone())
		if !got.Equal(want) {
			t.Fatalf("%d days from %s lead to %s, not to %s", n, start.In(d.Zone()), got, want)
		}
	})
}

func TestAlwaysAWorkingDayIsTheConfiguredHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, days := drawDistrict(t), drawMoment(t, "start"), rapid.Uint32Range(1, 2000).Draw(t, "days")
		minutes := rapid.Uint32Range(1, 1440).Draw(t, "minutes of a day")
		v := proto.CloneOf(d.v)
		v.DayMinutes = minutes
		c := made(v)
		if got, want := c.Due(start, limit(days, day, working)), c.Due(start, limit(days*minutes, minute, working)); !got.Equal(want) {
			t.Fatalf("%d days of %d minutes end at %s, counted in minutes at %s", days, minutes, got, want)
		}
	})
}

func TestAlwaysAFutureHolidayLeavesAPassedDueTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, drawBasis(t))
		due := d.Due(start, l)
		v := proto.CloneOf(d.v)
		v.Workdays = nil
		v.Holidays = []string{due.In(d.Zone()).AddDate(0, 0, rapid.IntRange(2, 300).Draw(t, "days")).Format(time.DateOnly)}
		for _, day := range d.v.GetHolidays() {
			if day < v.GetHolidays()[0] {
				v.Holidays = append(v.Holidays, day)
			}
		}
		for _, day := range d.v.GetWorkdays() {
			if day < v.GetHolidays()[0] {
				v.Workdays = append(v.Workdays, day)
			}
		}
		if after := made(v).Due(start, l); !after.Equal(due) {
			t.Fatalf("due %s, and %s after %s became a holiday", due, after, v.GetHolidays()[0])
		}
	})
}

func TestAlwaysTheWarningComesAtFourFifths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, start, l := drawDistrict(t), drawMoment(t, "start"), drawLimit(t, drawBasis(t))
		used := d.Between(start, d.WarnAt(start, l), l.GetBasis())
		if whole := d.Between(start, d.Due(start, l), l.GetBasis()); used != whole/5*4 {
			t.Fatalf("warned after %s of %s", used, whole)
		}
	})
}

func TestAlwaysIntervalsFillTheTimeBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, basis, from := drawDistrict(t), drawBasis(t), drawMoment(t, "from")
		to := from.Add(min(drawTime(t, "length"), 1000*24*time.Hour))
		last, sum := from, time.Duration(0)
		all := d.Intervals(from, to, basis)
		for i, v := range all {
			if !v.From.Equal(last) || !v.To.After(v.From) || i > 0 && v.Why == all[i-1].Why {
				t.Fatalf("interval %d is %+v after %s", i, v, last)
			}
			if last = v.To; v.Counted {
				sum += v.To.Sub(v.From)
			}
		}
		if !last.Equal(to) || sum != d.Between(from, to, basis) {
			t.Fatalf("the intervals end at %s, not %s, and count %s, not %s", last, to, sum, d.Between(from, to, basis))
		}
		book := newBook(d.v)
		for _, v := range all[:min(len(all), 30)] {
			middle := v.From.Add(v.To.Sub(v.From) / 2)
			for _, at := range []time.Time{v.From, middle, v.To.Add(-1)} {
				if want := book.why(at, basis); v.Why != want {
					t.Fatalf("%s is %s, not %s", at.In(d.Zone()), v.Why, want)
				}
			}
		}
	})
}
