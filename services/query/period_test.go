package query_test

import (
	"testing"
	"time"

	"github.com/gridcase/gridcase/services/query"
)

// TestANameMeansACivilPeriodOfTheZone: of the day, week, month or year that it is there, not in UTC, and whatever the clocks of the zone do.
func TestANameMeansACivilPeriodOfTheZone(t *testing.T) {
	t.Parallel()
	shanghai, newYork := zoneOf(t, "Asia/Shanghai"), zoneOf(t, "America/New_York")
	for _, tt := range []struct {
		now      time.Time
		name     string
		from, to string // of the same zone; to is now where it is empty
	}{
		{time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC).In(shanghai), "today", "2026-11-01T00:00:00+08:00", ""}, // the first of November there, a Sunday
		{time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC).In(shanghai), "yesterday", "2026-10-31T00:00:00+08:00", "2026-11-01T00:00:00+08:00"},
		{time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC).In(shanghai), "this-week", "2026-10-26T00:00:00+08:00", ""},
		{time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC).In(shanghai), "last-week", "2026-10-19T00:00:00+08:00", "2026-10-26T00:00:00+08:00"},
		{time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC).In(shanghai), "last-month", "2026-10-01T00:00:00+08:00", "2026-11-01T00:00:00+08:00"},
		{time.Date(2026, 10, 31, 15, 0, 0, 0, time.UTC).In(shanghai), "last-month", "2026-09-01T00:00:00+08:00", "2026-10-01T00:00:00+08:00"},
		{time.Date(2027, 1, 1, 9, 0, 0, 0, shanghai), "last-month", "2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"},
		{time.Date(2027, 1, 1, 9, 0, 0, 0, shanghai), "this-week", "2026-12-28T00:00:00+08:00", ""},
		{time.Date(2027, 3, 31, 9, 0, 0, 0, shanghai), "last-month", "2027-02-01T00:00:00+08:00", "2027-03-01T00:00:00+08:00"},
		{time.Date(2026, 11, 2, 0, 0, 0, 0, shanghai), "this-week", "2026-11-02T00:00:00+08:00", ""}, // a Monday
		{time.Date(2026, 11, 5, 9, 0, 0, 0, newYork), "this-month", "2026-11-01T00:00:00-04:00", ""}, // the clocks went back that day
		{time.Date(2026, 11, 2, 9, 0, 0, 0, newYork), "yesterday", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"},
		{time.Date(2026, 11, 2, 9, 0, 0, 0, newYork), "this-year", "2026-01-01T00:00:00-05:00", ""},
		{time.Date(2026, 11, 2, 9, 0, 0, 0, newYork), "last-year", "2025-01-01T00:00:00-05:00", "2026-01-01T00:00:00-05:00"},
	} {
		from, to := query.Named(tt.name, tt.now)
		if tt.to == "" {
			tt.to = tt.now.Format(time.RFC3339)
		}
		if from.Format(time.RFC3339) != tt.from || to.Format(time.RFC3339) != tt.to {
			t.Errorf("at %s %s is from %s to %s, want from %s to %s", tt.now, tt.name, from.Format(time.RFC3339), to.Format(time.RFC3339), tt.from, tt.to)
		}
	}
}

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
