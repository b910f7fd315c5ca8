package calendar_test

import (
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

func TestAPauseMovesTheDueTime(t *testing.T) {
	for _, c := range []struct {
		name           string
		calendar       *gridcasev1.CalendarVersion
		due            string
		from, to       string
		basis          gridcasev1.LimitBasis
		after          string
		workingMinutes int
	}{
		{"a weekend in suspension adds exactly the working time inside it", china(), "2026-03-09 11:30", "2026-03-06 17:00", "2026-03-09 09:00", working, "2026-03-09 15:30", 120},
		{"a weekend in suspension adds every minute of urgent time", china(), "2026-03-06 18:00", "2026-03-06 17:00", "2026-03-09 09:00", wall, "2026-03-09 10:00", 120},
		{"a pause that begins and ends in closed time adds what was open between", china(), "2026-03-05 10:00", "2026-03-03 20:00", "2026-03-04 13:00", working, "2026-03-05 16:00", 240},
		{"a pause of a closed weekend adds nothing", china(), "2026-03-09 11:30", "2026-03-07 08:00", "2026-03-08 18:00", working, "2026-03-09 11:30", 0},
		{"a pause over the Spring Festival adds its make-up Saturday", china(), "2026-02-24 10:00", "2026-02-13 18:00", "2026-02-24 08:00", working, "2026-02-25 10:00", 480},
		{"a pause over lunch adds what lies around it", china(), "2026-03-04 17:00", "2026-03-04 11:00", "2026-03-04 15:00", working, "2026-03-05 09:00", 120},
		{"a pause while summer time begins adds the minutes that were", boston(), "2026-03-08 12:00", "2026-03-08 01:00", "2026-03-08 04:00", wall, "2026-03-08 14:00", 0},
		{"a pause behind the due time changes nothing", china(), "2026-03-04 10:00", "2026-03-04 10:01", "2026-03-05 10:00", working, "2026-03-04 10:00", 479},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, zone := newCalendar(t, c.calendar), c.calendar.GetZone()
			from, to := clock(zone, c.from), clock(zone, c.to)
			if got := k.Pause(clock(zone, c.due), from, to, c.basis); !got.Equal(clock(zone, c.after)) {
				t.Errorf("due %s, want %s", got.In(k.Zone()), c.after)
			}
			if got, want := k.Between(from, to, working), time.Duration(c.workingMinutes)*time.Minute; got != want {
				t.Errorf("the pause has %s of working time, want %s", got, want)
			}
		})
	}
}

// TestAnExtensionSurvivesASuspension extends, suspends and resumes: the limit, the extension and the time inside the suspension are all there.
func TestAnExtensionSurvivesASuspension(t *testing.T) {
	k, oneDay := newCalendar(t, china()), limit(1, day, working)
	at := func(text string) time.Time { return clock("Asia/Shanghai", text) }
	due := k.Extend(k.Due(at("2026-03-05 10:00"), oneDay), oneDay)
	if !due.Equal(at("2026-03-09 10:00")) {
		t.Errorf("extended it is due %s", due.In(k.Zone()))
	}
	if due = k.Pause(due, at("2026-03-06 09:00"), at("2026-03-09 09:00"), working); !due.Equal(at("2026-03-10 10:00")) {
		t.Errorf("resumed it is due %s", due.In(k.Zone()))
	}
}

func TestWhatRemains(t *testing.T) {
	k := newCalendar(t, china())
	due := clock("Asia/Shanghai", "2026-03-09 11:30")
	for _, c := range []struct {
		name, now string
		basis     gridcasev1.LimitBasis
		remaining time.Duration
	}{
		{"of working time before a weekend", "2026-03-06 17:30", working, 4 * time.Hour},
		{"of wall time before a weekend", "2026-03-06 17:30", wall, 66 * time.Hour},
		{"nothing at the due time", "2026-03-09 11:30", working, 0},
		{"nothing of working time at lunch, though half an hour is worked since", "2026-03-09 13:00", working, -30 * time.Minute},
		{"less than nothing when it is overdue", "2026-03-09 12:30", wall, -time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := k.Remaining(clock("Asia/Shanghai", c.now), due, c.basis); got != c.remaining {
				t.Errorf("%s remain, want %s", got, c.remaining)
			}
		})
	}
}
