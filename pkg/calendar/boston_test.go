package calendar_test

import (
	"encoding/csv"
	"os"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
)

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
