package casework_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
)

// sameClocks compares what clocks say of due times. What a timer has recorded of them comes by other moments in a replay.
var sameClocks = cmp.Options{protocmp.Transform(), cmpopts.IgnoreFields(casework.Clock{}, "WarnedOf", "Breached")}

// lasting are the clocks but for those of which nothing is left but what a timer recorded.
func lasting(c *casework.Case) map[gridcasev1.Stage]casework.Clock {
	all := maps.Collect(c.Clocks.All())
	maps.DeleteFunc(all, func(stage gridcasev1.Stage, k casework.Clock) bool { return stage != handle && k.Due.IsZero() })
	return all
}

// asItWas are the facts by which an event was decided.
func (w *walk) asItWas(e *gridcasev1.Envelope) casework.Facts {
	f := casework.Facts{Catalogue: w.catalogue}
	for _, c := range calendars {
		if c.Version() == e.Calendar {
			f.Calendar = c
		}
	}
	return f
}

// TestAlwaysAReplayByTheFactsThatDecidedGivesTheRecordedClocks, after every event of every case of a random way, also where a calendar was
// corrected on it.
func TestAlwaysAReplayByTheFactsThatDecidedGivesTheRecordedClocks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := startWalk(t)
		for range length(t) {
			w.advance(t)
		}
		for _, c := range w.cases {
			var was, replayed casework.Case
			for _, r := range c.events {
				was, replayed = casework.Evolve(was, r), casework.Replay(replayed, r, w.asItWas(r.Envelope))
				if diff := cmp.Diff(lasting(&was), lasting(&replayed), sameClocks); diff != "" {
					t.Fatalf("after event %d, %T (-recorded +replayed):\n%s", was.Version, r.Message, diff)
				}
			}
			if was.State != replayed.State || was.Department != replayed.Department || was.Condition != replayed.Condition || was.Version != replayed.Version {
				t.Fatalf("the replayed case is %s, the recorded one %s", standing(&replayed), standing(&was))
			}
		}
	})
}

// otherCities are catalogues with limits, urgent types and a policy that differ from the district's.
var otherCities = []*catalog.Catalogue{
	scaled(1, 3, nil), scaled(2, 1, nil), scaled(1, 1, &gridcasev1.Policy{ReworkFloorPercent: proto.Uint32(90), Stages: []*gridcasev1.StageLimit{{Stage: accept, Limit: twoWorking, Urgent: quarter}}}),
	must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 4, Types: swapped(types())})),
}

// scaled is the district's catalogue with every limit of handling n times as long, divided by d, in minutes.
func scaled(n, d uint32, p *gridcasev1.Policy) *catalog.Catalogue {
	v := types()
	for _, t := range v {
		for _, c := range t.GetConditions() {
			if c.GetLimit() != nil {
				c.Limit = limit(uint32(workingHours.Length(c.GetLimit()).Minutes())*n/d, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, c.GetLimit().GetBasis())
			}
		}
	}
	return must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 4, Types: v, Policy: p}))
}

// swapped makes urgent what is not, and gives a limit to what has none.
func swapped(v []*gridcasev1.CaseType) []*gridcasev1.CaseType {
	for _, t := range v {
		t.Urgent = !t.GetUrgent()
		for _, c := range t.GetConditions() {
			if c.GetLimit() == nil {
				c.Limit = twoWorking
			} else {
				c.Limit = nil
			}
		}
	}
	return v
}

// otherCalendars are working times that differ from the district's.
var otherCalendars = []*calendar.Calendar{workingHours, calendars[1], must(calendar.New(&gridcasev1.CalendarVersion{District: district, Version: 4, Zone: "Asia/Shanghai",
	Periods: []*gridcasev1.WorkPeriod{{Weekday: 1, From: 600, To: 900}, {Weekday: 2, From: 60, To: 120}, {Weekday: 6, From: 0, To: 1440}}}))}

// TestAlwaysAReplayIsTheCaseThatTheSameCommandsMakeUnderTheOtherRules: a case that is played under other rules from its report on, each
// command by the same person at the same time, has the clocks that the replay of the recorded events gives. A command that one of the two
// refuses ends the comparison, since the cases differ from then on.
func TestAlwaysAReplayIsTheCaseThatTheSameCommandsMakeUnderTheOtherRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := startWalk(t)
		w.catalogue = pressing // returns need a decision, as in the other cities
		other := casework.Facts{Catalogue: otherCities[pick(t, "other city", len(otherCities))], Calendar: otherCalendars[pick(t, "other calendar", len(otherCalendars))]}
		was, fresh := &walked{id: "case-1"}, story{}
		w.cases = []*walked{was}
		var replayed casework.Case
		next := fits([]string{"ReportCase", "ReportAndFix"}[pick(t, "report", 2)], &was.Case, w.moment())
		for range length(t) {
			seen := len(was.events)
			if !bothTake(&was.story, &fresh, next, other) {
				return
			}
			for _, r := range was.events[seen:] {
				replayed = casework.Replay(replayed, r, other)
			}
			if diff := cmp.Diff(lasting(&fresh.Case), lasting(&replayed), sameClocks); diff != "" {
				t.Fatalf("after %T (-played under the other rules +replayed):\n%s", next.cmd, diff)
			}
			w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{0, 60, 600, 600, 3600, 9000}).Draw(t, "seconds")) * time.Second)
			next = w.drawNext(t, was)
		}
	})
}

// bothTake plays a step in a case and in its twin under other rules.
func bothTake(was, fresh *story, next step, other casework.Facts) bool {
	twin := next
	twin.with = func(f *casework.Facts) {
		next.with(f)
		f.Catalogue, f.Calendar = other.Catalogue, other.Calendar
	}
	one, _, err := was.take(next)
	two, _, otherErr := fresh.take(twin)
	*was, *fresh = one, two
	return err == nil && otherErr == nil
}

// drawNext draws what somebody does next with a case. Timers go by the clocks that there are, so they are left out.
func (w *walk) drawNext(t *rapid.T, c *walked) step {
	w.steps++
	timers := map[string]bool{"WarnStage": true, "BreachStage": true, "EscalateCase": true, "CorrectDeadline": true, "ReportCase": true, "ReportAndFix": true}
	var able, next []string
	for _, name := range sentNames {
		if timers[name] || !takes(name, &c.Case, w.moment()) {
			continue
		}
		able = append(able, name)
		if moveRules[name].places <= 5 {
			next = append(next, name)
		}
	}
	if len(next) > 0 && rapid.IntRange(0, 5).Draw(t, "onward") > 0 {
		able = next
	}
	s := fits(able[w.turn(t, "fitting", len(able))], &c.Case, w.moment())
	s.cmd = w.vary(t, c, proto.CloneOf[proto.Message](s.cmd).(casework.Command))
	return s
}

// TestAlwaysLongerLimitsBringNoDueTimeForward, whatever was extended, laid aside, returned and reworked on the way.
func TestAlwaysLongerLimitsBringNoDueTimeForward(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := startWalk(t)
		w.catalogue = scaled(1, 1, &gridcasev1.Policy{})
		times := rapid.Uint32Range(1, 5).Draw(t, "times")
		longer := casework.Facts{Catalogue: scaled(times, 1, &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: sign, Limit: twoWorking}}})}
		for range length(t) {
			w.advance(t)
		}
		for _, c := range w.cases {
			var was, replayed casework.Case
			for _, r := range c.events {
				longer.Calendar = w.asItWas(r.Envelope).Calendar
				was, replayed = casework.Evolve(was, r), casework.Replay(replayed, r, longer)
				for stage := range was.Clocks.All() {
					if replayed.Clocks.Of(stage).Due.Before(was.Clocks.Of(stage).Due) {
						t.Fatalf("after event %d, %T: stage %d is due %s by limits %d times as long, was %s", was.Version, r.Message, stage, replayed.Clocks.Of(stage).Due, times, was.Clocks.Of(stage).Due)
					}
				}
			}
		}
	})
}

// TestAReplayKnowsEveryEventThatMovesClocks: each event of the contract that has clocks is replayed by some row with the clocks of the row.
func TestAReplayKnowsEveryEventThatMovesClocks(t *testing.T) {
	t.Parallel()
	for _, r := range allRows() {
		if r.event == nil {
			continue
		}
		var was, replayed casework.Case
		var facts casework.Facts
		s, seen := story{}, 0
		for _, next := range then(r.given, r.when) {
			facts = next.facts()
			s, _, _ = s.take(next) // a step that is refused fails where the row is played
			for _, e := range s.events[seen:] {
				was, replayed = casework.Evolve(was, e), casework.Replay(replayed, e, facts)
			}
			seen = len(s.events)
		}
		if diff := cmp.Diff(lasting(&was), lasting(&replayed), sameClocks); diff != "" {
			t.Errorf("%s (-recorded +replayed):\n%s", r.rule, diff)
		}
	}
}
