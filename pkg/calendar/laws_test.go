package calendar_test

import (
	"encoding/csv"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
)

// drawCalendar draws one of the two kinds of calendar, some of them of a week with gaps.
func drawCalendar(t *rapid.T) (*calendar.Calendar, *gridcasev1.CalendarVersion) {
	v := rapid.SampledFrom([]*gridcasev1.CalendarVersion{china(), boston()}).Draw(t, "calendar")
	v.DueAtOpening = rapid.Bool().Draw(t, "due at opening")
	if rapid.Bool().Draw(t, "odd week") {
		v.Periods = append(v.Periods[:5:5], &gridcasev1.WorkPeriod{Weekday: 7, From: 0, To: 1440})
	}
	c, err := calendar.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return c, v
}

func drawStart(t *rapid.T, c *calendar.Calendar) time.Time {
	return time.Date(2025, 12, 1, 0, 0, 0, 0, c.Zone()).Add(time.Duration(rapid.Int64Range(0, 14*30*24*60).Draw(t, "minutes")) * time.Minute)
}

func drawTime(t *rapid.T, name string) time.Duration {
	most := rapid.SampledFrom([]int64{480, 60 * 480, 1000 * 480}).Draw(t, name+" at most")
	return time.Duration(rapid.Int64Range(1, most).Draw(t, name)) * time.Minute
}

func TestAddingTwiceIsAddingTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCalendar(t)
		start, a, b := drawStart(t, c), drawTime(t, "a"), drawTime(t, "b")
		if twice, once := c.Add(c.Add(start, a, working), b, working), c.Add(start, a+b, working); !twice.Equal(once) {
			t.Fatalf("%s + %s + %s is %s, their sum leads to %s", start, a, b, twice, once)
		}
	})
}

func TestWhatWasAddedLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCalendar(t)
		start, a := drawStart(t, c), drawTime(t, "a")
		for _, basis := range []gridcasev1.LimitBasis{wall, working} {
			end := c.Add(start, a, basis)
			if got := c.Between(start, end, basis); got != a {
				t.Fatalf("between %s and %s lie %s of %s, not %s", start, end, got, basis, a)
			}
			if got := c.Between(end, start, basis); got != 0 {
				t.Fatalf("backwards lie %s", got)
			}
		}
	})
}

// TestWorkingTimeCountedByTheMinute compares with a count of every open minute.
func TestWorkingTimeCountedByTheMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, v := drawCalendar(t)
		start, minutes := drawStart(t, c), rapid.IntRange(1, 3000).Draw(t, "minutes")
		want, counted := start, 0
		for ; counted < minutes; want = want.Add(time.Minute) {
			if open(v, want.In(c.Zone())) {
				counted++
			}
		}
		for v.GetDueAtOpening() && !open(v, want.In(c.Zone())) {
			want = want.Add(time.Minute)
		}
		if got := c.Due(start, limit(uint32(minutes), minute, working)); !got.Equal(want) {
			t.Fatalf("%d minutes from %s end at %s, counted one by one at %s", minutes, start, got.In(c.Zone()), want.In(c.Zone()))
		}
	})
}

// open tells whether the minute that begins at a local time is a working one.
func open(v *gridcasev1.CalendarVersion, local time.Time) bool {
	weekday := (uint32(local.Weekday())+6)%7 + 1
	date := local.Format(time.DateOnly)
	for _, d := range v.GetHolidays() {
		if d == date {
			return false
		}
	}
	for _, d := range v.GetWorkdays() {
		if d == date {
			weekday = 1
		}
	}
	at := uint32(local.Hour()*60 + local.Minute())
	for _, p := range v.GetPeriods() {
		if p.GetWeekday() == weekday && p.GetFrom() <= at && at < p.GetTo() {
			return true
		}
	}
	return false
}

// TestBostonsOwnTargets takes 100 real cases of Boston's 311: the city's own due times are the judge of 89 of them.
func TestBostonsOwnTargets(t *testing.T) {
	f, err := os.Open("../../deploy/boston311/cases.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c := newCalendar(t, boston())
	working, wall := map[uint32]int{}, map[uint32]int{}
	for _, row := range rows[1:] {
		if row[2] == "" {
			continue
		}
		opened, target := clock("America/New_York", row[1]), clock("America/New_York", row[2])
		if n, ok := days(c, opened, target, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING); ok {
			working[n]++
		} else if n, ok := days(c, opened, target, gridcasev1.LimitBasis_LIMIT_BASIS_WALL); ok {
			wall[n]++
		} else {
			t.Errorf("case %s, opened %s, is due %s: no number of days leads there", row[0], row[1], row[2])
		}
	}
	if working[1] != 47 || working[2] != 7 || working[5] != 7 || working[10] != 4 || total(working) != 81 || total(wall) != 8 {
		t.Errorf("limits in working days: %v, in wall days: %v", working, wall)
	}
}

// days returns the number of days, up to 400, whose due time is within a minute of the target.
func days(c *calendar.Calendar, opened, target time.Time, basis gridcasev1.LimitBasis) (uint32, bool) {
	for n := uint32(1); n <= 400; n++ {
		if off := c.Due(opened, limit(n, day, basis)).Sub(target); off.Abs() <= time.Minute {
			return n, true
		}
	}
	return 0, false
}

func total(counts map[uint32]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}
