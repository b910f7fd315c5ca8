package calendar_test

import (
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
)

// zones change their clocks not at all, by an hour, by half an hour, at midnight, on the other half of the year, by a whole day.
var zones = []string{"Asia/Shanghai", "Asia/Kathmandu", "UTC", "America/New_York", "Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Beirut",
	"Pacific/Apia", "Africa/Casablanca"}

// weeks are the working hours of the built-in calendars, and some that are open when clocks are changed.
var weeks = [][]*gridcasev1.WorkPeriod{
	china().GetPeriods(),
	boston().GetPeriods(),
	{{Weekday: 1, From: 480, To: 720}, {Weekday: 3, From: 600, To: 601}, {Weekday: 6, From: 0, To: 720}},
	append(boston().GetPeriods(), &gridcasev1.WorkPeriod{Weekday: 7, From: 0, To: 1440}),
	{{Weekday: 1, From: 1, To: 1439}, {Weekday: 7, From: 0, To: 90}, {Weekday: 7, From: 120, To: 150}, {Weekday: 6, From: 1320, To: 1440}},
	everyDay(0, 1440),
	everyDay(0, 180),
}

func everyDay(from, to uint32) []*gridcasev1.WorkPeriod {
	var periods []*gridcasev1.WorkPeriod
	for weekday := uint32(1); weekday <= 7; weekday++ {
		periods = append(periods, &gridcasev1.WorkPeriod{Weekday: weekday, From: from, To: to})
	}
	return periods
}

// district is a calendar and the version that it was made of.
type district struct {
	*calendar.Calendar
	v *gridcasev1.CalendarVersion
}

// districts are made once: each zone with each week, with and without exceptions.
var districts = sync.OnceValue(func() []district {
	var all []district
	for _, week := range weeks {
		for _, zone := range zones {
			for i := range 4 {
				v := &gridcasev1.CalendarVersion{Zone: zone, Periods: week, DueAtOpening: i%2 == 1}
				if i > 1 {
					v.Holidays, v.Workdays = china().GetHolidays(), china().GetWorkdays()
				}
				all = append(all, made(v))
			}
		}
	}
	return all
})

func made(v *gridcasev1.CalendarVersion) district {
	c, err := calendar.New(v)
	if err != nil {
		panic(err)
	}
	return district{c, v}
}

// drawDistrict draws one of all, now and then with a day of its own that it closes or opens.
func drawDistrict(t *rapid.T) district {
	return special(t, rapid.SampledFrom(districts()).Draw(t, "calendar"))
}

// drawDaytime draws one that is closed when clocks are changed: of the first two weeks, and not where a day was left out.
func drawDaytime(t *rapid.T) district {
	return special(t, rapid.SampledFrom(daytime()).Draw(t, "calendar"))
}

var daytime = sync.OnceValue(func() []district {
	all := districts()
	return slices.DeleteFunc(slices.Clone(all[:len(all)/len(weeks)*2]), func(d district) bool { return d.v.GetZone() == "Pacific/Apia" })
})

func special(t *rapid.T, d district) district {
	if rapid.IntRange(0, 9).Draw(t, "special") > 0 {
		return d
	}
	v := proto.CloneOf(d.v)
	for range rapid.IntRange(1, 4).Draw(t, "exceptions") {
		date := rapid.SampledFrom(anchors).Draw(t, "near").AddDate(0, 0, rapid.IntRange(-10, 10).Draw(t, "days")).Format(time.DateOnly)
		switch {
		case slices.Contains(v.GetHolidays(), date) || slices.Contains(v.GetWorkdays(), date):
		case rapid.Bool().Draw(t, "workday"):
			v.Workdays = append(v.Workdays, date)
		default:
			v.Holidays = append(v.Holidays, date)
		}
	}
	return made(v)
}

// anchors are times near which calendars go wrong: changes of clocks, leap days, holidays next to weekends, the ends of years, the day that
// Samoa left out, the century without a leap day.
var anchors = []time.Time{
	clock("UTC", "2026-03-08 07:00"), clock("UTC", "2026-11-01 06:00"), clock("UTC", "2026-03-29 01:00"), clock("UTC", "2026-10-24 21:00"),
	clock("UTC", "2026-04-04 15:00"), clock("UTC", "2011-12-30 10:00"), clock("UTC", "2028-02-29 00:00"), clock("UTC", "2100-02-28 12:00"),
	clock("UTC", "2026-02-13 01:00"), clock("UTC", "2026-10-01 00:00"), clock("UTC", "2026-01-01 00:00"), clock("UTC", "2026-04-03 10:00"),
	clock("UTC", "2026-07-15 04:00"), clock("UTC", "1969-12-30 04:00"),
}

// drawMoment draws a time near an anchor, on the minute or on any nanosecond.
func drawMoment(t *rapid.T, name string) time.Time {
	at := rapid.SampledFrom(anchors).Draw(t, name+" near").Add(time.Duration(rapid.IntRange(-12*24*60, 12*24*60).Draw(t, name+" minutes")) * time.Minute)
	if rapid.IntRange(0, 3).Draw(t, name+" exact") == 0 {
		at = at.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, name+" nanoseconds")))
	}
	return at
}

// drawShare draws a time at up to so many times the way from one time to another, which may be centuries.
func drawShare(t *rapid.T, name string, from, to time.Time, most float64) time.Time {
	share := rapid.Float64Range(0, most).Draw(t, name)
	at := time.Unix(from.Unix()+int64(share*float64(to.Unix()-from.Unix())), int64(from.Nanosecond()))
	if share <= 1 && at.After(to) { // by less than a second
		return to
	}
	return at
}

// drawTime draws a length of time, mostly some hours or days, at times a century.
func drawTime(t *rapid.T, name string) time.Duration {
	most := rapid.SampledFrom([]int64{10, 480, 480, 20 * 480, 20 * 480, 500 * 480, 36525 * 480}).Draw(t, name+" at most")
	return time.Duration(rapid.Int64Range(1, most).Draw(t, name)) * time.Minute
}

func drawBasis(t *rapid.T) gridcasev1.LimitBasis {
	return rapid.SampledFrom([]gridcasev1.LimitBasis{working, working, working, wall}).Draw(t, "basis")
}

// drawLimit draws a limit of a basis, at times of a century.
func drawLimit(t *rapid.T, basis gridcasev1.LimitBasis) *gridcasev1.Limit {
	unit := rapid.SampledFrom([]gridcasev1.LimitUnit{minute, hour, day}).Draw(t, "unit")
	most := map[gridcasev1.LimitUnit]uint32{minute: 36525 * 1440, hour: 36525 * 24, day: 36525}[unit]
	if rapid.IntRange(0, 7).Draw(t, "long") > 0 {
		most = map[gridcasev1.LimitUnit]uint32{minute: 600, hour: 80, day: 40}[unit]
	}
	return limit(rapid.Uint32Range(1, most).Draw(t, "value"), unit, basis)
}
