package whatif_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/whatif"
)

// next are the commands that somebody may send next, at a time; most of them the rules refuse.
func next(now time.Time) []casework.Command {
	return []casework.Command{files("B1"), files("B2"), &gridcasev1.RequestVerification{Worker: "worker"}, &gridcasev1.RequestVerification{Worker: "second-worker"},
		&gridcasev1.SubmitVerification{Result: gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS, Photos: passes.GetPhotos()}, sends("roads"), sends("water"), signs, handles,
		inspects, passes, fails, reworks, closes, extends, grants, &gridcasev1.RequestSuspension{Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_SEASON, Until: timestamppb.New(now.AddDate(0, 0, 30))},
		suspends, resumes, &gridcasev1.RequestReturn{}, &gridcasev1.DecideReturn{Decision: gridcasev1.Decision_DECISION_APPROVE}, &gridcasev1.WithdrawReturn{}, &gridcasev1.RecallDispatch{},
		&gridcasev1.ReclassifyCase{CaseType: "drain.pipe", Condition: "B1"}, &gridcasev1.ReclassifyCase{CaseType: "drain.pipe", Condition: "B2"}, reopens, &gridcasev1.SendBack{},
		&gridcasev1.SetPriority{Priority: gridcasev1.Priority_PRIORITY_URGENT}, &gridcasev1.DeclineCase{ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_NOT_EXISTS}, &gridcasev1.PassAudit{}}
}

// drawStories are cases that go random ways in the first days of November.
func drawStories(t *rapid.T) []*story {
	stories := make([]*story, rapid.IntRange(1, 4).Draw(t, "cases"))
	for i := range stories {
		s := &story{reference: reference{usual, hours}, id: fmt.Sprint("case-", i)}
		now := on("02 08:00").Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "begins")) * time.Minute)
		report := casework.Command(reports)
		if rapid.IntRange(0, 9).Draw(t, "fixed") == 0 {
			report = &gridcasev1.ReportAndFix{CaseType: "drain.pipe", Condition: "B1", Point: reports.GetPoint(), Photos: []*gridcasev1.Photo{{Kind: "before"}, {Kind: "after"}}}
		}
		if err := s.do(now, report); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 4, 11, 20, 45, 200, 1500}).Draw(t, "minutes")) * time.Minute)
			commands := next(now)
			first := rapid.IntRange(0, len(commands)-1).Draw(t, "command")
			for k := range commands {
				if s.do(now, commands[(first+k)%len(commands)]) == nil {
					break
				}
			}
		}
		stories[i] = s
	}
	return stories
}

func drawPeriod(t *rapid.T, o *whatif.Options) {
	o.From = on("02 08:00").Add(time.Duration(rapid.IntRange(-1, 5*24*60).Draw(t, "from")) * time.Minute)
	o.To = o.From.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "long")) * time.Minute)
}

// TestAlwaysTheRulesThatAppliedChangeNothing: neither a verdict nor a dispatch.
func TestAlwaysTheRulesThatAppliedChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := under(usual)
		o.Policy, o.Calendar = &gridcasev1.Policy{}, hours
		drawPeriod(t, &o)
		answer := study(t, o, drawStories(t)...)
		if len(answer.GetClocks()) > 0 || answer.GetRerouted() > 0 {
			t.Fatalf("%v %v", answer.GetClocks(), answer.GetRoutes())
		}
		for _, g := range answer.GetGroups() {
			for _, s := range g.GetStages() {
				if s.GetDue() != s.GetWouldBeDue() || s.GetOnTime() != s.GetWouldBeOnTime() || s.GetBecameLate()+s.GetBecameOnTime() > 0 {
					t.Fatalf("%v", s)
				}
			}
		}
		for _, l := range answer.GetLoads() {
			if l.GetDispatched() != l.GetWouldBeDispatched() {
				t.Fatalf("%v", l)
			}
		}
	})
}

// times is the usual catalogue with every limit, those of the desks too, n times as long and divided by d.
func times(n, d uint32) *catalog.Catalogue {
	minutes := func(m uint32, basis gridcasev1.LimitBasis) *gridcasev1.Limit {
		return limit(max(1, m*n/d), gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, basis)
	}
	p := &gridcasev1.Policy{}
	for stage := accept; int(stage) < len(gridcasev1.Stage_name); stage++ {
		if stage != handle {
			was, _ := usual.Policy().DeskLimit(stage, false)
			urgent, _ := usual.Policy().DeskLimit(stage, true)
			p.Stages = append(p.Stages, &gridcasev1.StageLimit{Stage: stage, Limit: minutes(was.GetValue(), was.GetBasis()), Urgent: minutes(urgent.GetValue(), urgent.GetBasis())})
		}
	}
	return city(minutes(4*60, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING), minutes(24*60, gridcasev1.LimitBasis_LIMIT_BASIS_WALL), p)
}

// TestAlwaysALongerLimitMakesNothingLateAndAShorterOneNothingOnTime, on any way, in any period.
func TestAlwaysALongerLimitMakesNothingLateAndAShorterOneNothingOnTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.Uint32Range(1, 6).Draw(t, "times"), rapid.Uint32Range(1, 6).Draw(t, "divided by")
		o := under(times(n, d))
		drawPeriod(t, &o)
		for _, k := range study(t, o, drawStories(t)...).GetClocks() {
			if n >= d && !k.GetWasLate() || n <= d && k.GetWasLate() {
				t.Fatalf("limits %d/%d as long: %v", n, d, k)
			}
		}
	})
}

// figures of the trade that say of a stage what a comparison says of it.
var figures = map[gridcasev1.Stage]string{verify: "verify_on_time", dispatch: "dispatch_on_time", handle: "handle_on_time", sendInspection: "send_inspection_on_time",
	inspect: "inspect_on_time", closing: "close_desk_on_time"}

type nobody struct{}

func (nobody) OnDuty(string) []string { return nil }
func (nobody) DutyGrids() []string    { return nil }
func (nobody) Patrolled(string) bool  { return true }

// TestAlwaysWhatWasIsWhatTheFiguresOfTheTradeSay of the same period.
func TestAlwaysWhatWasIsWhatTheFiguresOfTheTradeSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := under(times(1, 2))
		drawPeriod(t, &o)
		stories := drawStories(t)
		collector := kpi.New(kpi.Options{From: o.From, To: o.To, Version: kpi.Newest, Calendar: hours, Duties: nobody{}})
		for _, s := range stories {
			for _, e := range s.events {
				collector.Add(kpi.Event{Case: e.Case, At: e.Envelope.Time, Grid: cell, Message: e.Message})
			}
		}
		want, got := map[string][2]float64{}, map[string][2]float64{}
		for _, g := range collector.Groups() {
			for _, k := range g.GetKpis() {
				if slices.Contains([]string{"verify_on_time", "dispatch_on_time", "handle_on_time", "send_inspection_on_time", "inspect_on_time", "close_desk_on_time"}, k.GetName()) && k.GetDenominator() > 0 {
					want[k.GetName()] = [2]float64{k.GetNumerator(), k.GetDenominator()}
				}
			}
		}
		for _, g := range study(t, o, stories...).GetGroups() {
			for _, s := range g.GetStages() {
				if name := figures[s.GetStage()]; name != "" && s.GetDue() > 0 {
					got[name] = [2]float64{float64(s.GetOnTime()), float64(s.GetDue())}
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("from %s to %s (-figures of the trade +compared):\n%s", o.From, o.To, diff)
		}
	})
}

// TestAlwaysTheOrderOfCasesSaysNothing, and groups add up: by type to the district.
func TestAlwaysTheOrderOfCasesSaysNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := under(times(1, 2))
		drawPeriod(t, &o)
		stories := drawStories(t)
		straight := study(t, o, stories...)
		var events []whatif.Event
		for _, s := range stories {
			events = append(events, s.events...)
		}
		slices.SortStableFunc(events, func(a, b whatif.Event) int { return a.Envelope.Time.Compare(b.Envelope.Time) })
		byTime := compare(t, o, events)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(stories), func(i, k int) { stories[i], stories[k] = stories[k], stories[i] })
		o.By = whatif.CaseType
		byType := study(t, o, stories...)
		for _, g := range byType.GetGroups() {
			g.Id = ""
		}
		for _, other := range []*gridcasev1.WhatIfResponse{byTime, byType} {
			if diff := cmp.Diff(straight, other, protocmp.Transform(), protocmp.IgnoreFields(&gridcasev1.WhatIfResponse{}, "clocks", "routes")); diff != "" {
				t.Fatalf("(-straight +other):\n%s", diff)
			}
		}
	})
}
