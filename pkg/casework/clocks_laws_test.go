package casework_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
)

// limited is a district whose pipes have this limit, and many extensions and suspensions.
func limited(l *gridcasev1.Limit) *catalog.Catalogue {
	many := uint32(9)
	v := types()
	v[1].Conditions = []*gridcasev1.Condition{{Id: "B2", Limit: l}}
	return must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 3, Types: v, Policy: &gridcasev1.Policy{MaxExtensions: &many, MaxSuspensions: &many}}))
}

// pipe is a case of a blocked pipe whose handling began at a time, under a limit of its own.
type pipe struct {
	t     rapid.TB
	types *catalog.Catalogue
	story
}

func handlesPipe(t rapid.TB, began time.Time, l *gridcasev1.Limit) *pipe {
	p := &pipe{t: t, types: limited(l)}
	p.do("worker", began, &gridcasev1.ReportCase{CaseType: "drain.pipe", Point: spot(1)})
	p.do("acceptor", began, &gridcasev1.FileCase{Condition: "B2"})
	p.do("dispatcher", began, &gridcasev1.DispatchCase{Department: "roads"})
	p.do("manager", began, &gridcasev1.SignTask{})
	return p
}

// do sends a command that must be taken.
func (p *pipe) do(by string, at time.Time, cmd casework.Command) {
	p.t.Helper()
	next := step{by: by, at: "02 09:00", cmd: cmd, with: func(f *casework.Facts) { f.Now, f.Catalogue = at, p.types }}
	var err error
	if p.story, _, err = p.take(next); err != nil {
		p.t.Fatalf("%T at %s: %v", cmd, at.In(zone), err)
	}
}

// extended has one more limit granted at a time.
func (p *pipe) extended(at time.Time) {
	p.t.Helper()
	p.do("manager", at, &gridcasev1.RequestExtension{Reason: "a text"})
	p.do("dispatcher", at, &gridcasev1.DecideExtension{Decision: approve})
}

// aside has the case laid aside between two times.
func (p *pipe) aside(from, to time.Time) {
	p.t.Helper()
	p.do("manager", from, &gridcasev1.RequestSuspension{Kind: engineering, Until: stamp(to.Add(time.Hour)), Reason: "a text"})
	p.do("dispatcher", from, &gridcasev1.DecideSuspension{Decision: approve})
	p.do("dispatcher", to, &gridcasev1.ResumeCase{})
}

func (p *pipe) due() time.Time { return p.Clocks.Of(handle).Due }

func (p *pipe) wants(due string, why string) {
	p.t.Helper()
	want := must(time.ParseInLocation("2006-01-02 15:04", due, zone))
	if got := p.due(); !got.Equal(want) {
		p.t.Errorf("%s: due %s, want %s", why, got.In(zone), want)
	}
}

var (
	oneWorkingDay = limit(1, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING)
	twoWallDays   = limit(2, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)
)

// TestAnExtensionOutlivesASuspension: a system that counts the due time anew from the start when a case is resumed gives the original limit
// back.
func TestAnExtensionOutlivesASuspension(t *testing.T) {
	t.Parallel()
	p := handlesPipe(t, on("02 09:00"), oneWorkingDay) // a Monday
	p.wants("2026-11-03 09:00", "one working day")
	p.extended(on("02 10:00"))
	p.wants("2026-11-04 09:00", "with one more")
	p.aside(on("02 11:00"), on("04 11:00"))
	p.wants("2026-11-06 09:00", "two working days later")
}

// TestAWeekendInASuspensionMovesNoWorkingLimit: a system that measures a pause by the wall and adds it as working time gives six working
// days for a weekend.
func TestAWeekendInASuspensionMovesNoWorkingLimit(t *testing.T) {
	t.Parallel()
	p := handlesPipe(t, on("06 09:00"), oneWorkingDay) // a Friday
	p.wants("2026-11-09 09:00", "one working day from Friday")
	p.aside(on("06 18:00"), on("09 08:00"))
	p.wants("2026-11-09 09:00", "after a weekend aside")

	p = handlesPipe(t, on("06 09:00"), oneWorkingDay)
	p.aside(on("06 17:00"), on("09 08:30"))
	p.wants("2026-11-09 10:30", "an hour of Friday and half an hour of Monday lie in the suspension")

	p = handlesPipe(t, on("06 09:00"), twoWallDays)
	p.wants("2026-11-08 09:00", "two wall days from Friday")
	p.aside(on("06 18:00"), on("09 08:00"))
	p.wants("2026-11-10 23:00", "a wall limit counts every hour of the weekend")
}

// TestALimitAboveTwentyFourDaysIsExact: a number of milliseconds in 32 bits overflows there.
func TestALimitAboveTwentyFourDaysIsExact(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit *gridcasev1.Limit
		due   string
	}{
		{limit(25, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WALL), "2026-11-27 09:00"},
		{limit(365, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WALL), "2027-11-02 09:00"},
		{limit(30, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING), "2026-12-14 09:00"},
		{limit(250, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING), "2027-10-18 09:00"},
		{limit(1000, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WALL), "2026-12-14 01:00"},
		{limit(60000, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL), "2026-12-14 01:00"},
	} {
		handlesPipe(t, on("02 09:00"), tt.limit).wants(tt.due, tt.limit.String())
	}
}

// drawLimit is any limit that a suspension of some days still leaves time of.
func drawLimit(t *rapid.T) *gridcasev1.Limit {
	unit := gridcasev1.LimitUnit(rapid.Int32Range(2, 3).Draw(t, "unit"))
	return limit(uint32(rapid.IntRange(1, 60).Draw(t, "value")), unit, gridcasev1.LimitBasis(rapid.Int32Range(1, 2).Draw(t, "basis")))
}

// beforeItIsUsedUp draws a time at which something of the limit is left.
func beforeItIsUsedUp(t *rapid.T, p *pipe, began time.Time, l *gridcasev1.Limit) time.Time {
	return rapid.Map(rapid.Int64Range(0, int64(p.due().Sub(began))-1), func(after int64) time.Time { return began.Add(time.Duration(after)) }).
		Filter(func(at time.Time) bool { return workingHours.Between(at, p.due(), l.GetBasis()) > 0 }).Draw(t, "aside from")
}

// TestExtendingCommutesWithSuspending: granted before a case is laid aside or after, one more limit leads to the same due time.
func TestExtendingCommutesWithSuspending(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		began, l := on("02 08:00").Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(t, "began"))*time.Minute), drawLimit(t)
		first, last := handlesPipe(t, began, l), handlesPipe(t, began, l)
		from := beforeItIsUsedUp(t, first, began, l)
		to := from.Add(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "aside for")) * time.Minute)
		first.extended(from)
		first.aside(from, to)
		last.aside(from, to)
		last.extended(to)
		if !first.due().Equal(last.due()) {
			t.Fatalf("%s from %s, aside from %s to %s: extended first due %s, extended last due %s", l, began.In(zone), from.In(zone), to.In(zone), first.due().In(zone), last.due().In(zone))
		}
	})
}

// TestASuspensionMovesTheDueTimeByTheTimeOfTheLimitsBasisInsideIt, and by nothing else.
func TestASuspensionMovesTheDueTimeByTheTimeOfTheLimitsBasisInsideIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		began, l := on("02 08:00").Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(t, "began"))*time.Minute), drawLimit(t)
		p := handlesPipe(t, began, l)
		due := p.due()
		from := beforeItIsUsedUp(t, p, began, l)
		to := from.Add(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "aside for")) * time.Minute)
		left := workingHours.Between(from, due, l.GetBasis())
		p.aside(from, to)
		if got := workingHours.Between(to, p.due(), l.GetBasis()); got != left {
			t.Fatalf("%s from %s, aside from %s to %s: %s were left, then %s", l, began.In(zone), from.In(zone), to.In(zone), left, got)
		}
		if p.due().Before(due) {
			t.Fatalf("the due time moved back, from %s to %s", due.In(zone), p.due().In(zone))
		}
	})
}
