package works_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/works"
)

// draw picks a command with what a user may put into it, sensible or not.
func draw(t *rapid.T, now int) works.Command {
	number := rapid.SampledFrom([]string{"P-1", "P-2", "P-3"}).Draw(t, "number")
	segment := rapid.SampledFrom([]string{"S1", "S2", "S3", "S4"}).Draw(t, "segment")
	to := now + rapid.IntRange(-5, 60).Draw(t, "to")
	return rapid.SampledFrom([]works.Command{
		&gridcasev1.PlanProject{Road: "R", Segments: segments(rapid.IntRange(1, 3).Draw(t, "segments")), PlannedStart: stamp(now), PlannedEnd: stamp(to)},
		grant(number, now-rapid.IntRange(-3, 10).Draw(t, "from"), to),
		grant(number, now, to+10),
		&gridcasev1.ExtendPermit{Number: number, ValidTo: stamp(to)},
		&gridcasev1.RevokePermit{Number: number},
		&gridcasev1.StartWorks{}, &gridcasev1.StartWorks{},
		&gridcasev1.CompleteSegment{Segment: segment}, &gridcasev1.CompleteSegment{Segment: segment}, &gridcasev1.CompleteSegment{Segment: segment},
		&gridcasev1.InspectSegment{Segment: segment, Result: pass}, &gridcasev1.InspectSegment{Segment: segment, Result: pass},
		&gridcasev1.InspectSegment{Segment: segment, Result: fail},
		&gridcasev1.AcceptProject{}, &gridcasev1.AcceptProject{},
		&gridcasev1.DelayProject{PlannedEnd: stamp(to)},
		&gridcasev1.CancelProject{},
	}).Draw(t, "command")
}

// fits is the command that brings the project on from where it stands.
func fits(s story, now int) works.Command {
	open := func(is func(works.Segment) bool) string {
		i := slices.IndexFunc(s.Segments, is)
		if i < 0 {
			return ""
		}
		return s.Segments[i].ID
	}
	switch s.State {
	case planned:
		return grant(fmt.Sprintf("P-%d", s.Version), now, now+30)
	case permitted:
		return &gridcasev1.StartWorks{}
	case underWay:
		return &gridcasev1.CompleteSegment{Segment: open(func(k works.Segment) bool { return k.CompletedAt.IsZero() })}
	case completed:
		if unseen := open(func(k works.Segment) bool { return k.PassedAt.IsZero() }); unseen != "" {
			return &gridcasev1.InspectSegment{Segment: unseen, Result: pass}
		}
		return &gridcasev1.AcceptProject{}
	}
	return &gridcasev1.PlanProject{Road: "R", Segments: segments(2), PlannedStart: stamp(now), PlannedEnd: stamp(now + 30)}
}

func TestARandomWayThroughTheRulesHoldsTheLawsOfAProject(t *testing.T) {
	t.Parallel()
	ended := map[gridcasev1.ProjectState]bool{}
	rapid.Check(t, func(t *rapid.T) {
		s, now := story{Project: works.Project{Code: "P"}}, 1
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			now += rapid.IntRange(0, 3).Draw(t, "days")
			before := s
			next := step{now, fits(s, now)}
			if rapid.Bool().Draw(t, "any") {
				next.cmd = draw(t, now)
			}
			after, m, err := s.take(next)
			if err != nil {
				if m != nil || fault.KindOf(err) == fault.Internal {
					t.Fatalf("refused with %v: %v", m, err)
				}
				continue
			}
			if before.Ended() {
				t.Fatalf("an ended project took %T", m)
			}
			s = after
			check(t, s, now)
		}
		if diff := cmp.Diff(s.Project, refold(s.events), sameProject); diff != "" {
			t.Fatalf("the project (-decided on +folded):\n%s", diff)
		}
		if s.Ended() {
			ended[s.State] = true
		}
	})
	if !ended[accepted] || !ended[cancelled] {
		t.Errorf("the walks never ended in each way: %v", ended)
	}
}

// check holds of a project at any time.
func check(t *rapid.T, s story, now int) {
	for i, r := range s.events {
		if r.Envelope.Version != uint64(i+1) {
			t.Fatalf("event %d has version %d", i+1, r.Envelope.Version)
		}
	}
	if s.Version != uint64(len(s.events)) || len(s.Commands) != len(s.events) {
		t.Fatalf("version %d and %d commands after %d events", s.Version, len(s.Commands), len(s.events))
	}
	g := s.Progress()
	if g.GetSegmentsPassed() > g.GetSegmentsCompleted() || g.GetSegmentsCompleted() > g.GetSegments() || g.GetPassedM() > g.GetCompletedM() || g.GetCompletedM() > g.GetLengthM() {
		t.Fatalf("progress above the whole: %v", g)
	}
	if s.State == accepted && (g.GetSegmentsPassed() != g.GetSegments() || g.GetPassedM() != g.GetLengthM()) {
		t.Fatalf("accepted with %v", g)
	}
	if whole := g.GetSegmentsCompleted() == g.GetSegments(); s.State == completed && !whole || s.State == underWay && whole {
		t.Fatalf("%s with %v", s.State, g)
	}
	if dug := slices.Contains([]gridcasev1.ProjectState{underWay, completed, accepted}, s.State); dug && s.StartedAt.IsZero() {
		t.Fatalf("%s and never started", s.State)
	}
	holding := s.PermitsAt(inSite, day(now))
	for _, k := range s.Permits {
		held := slices.ContainsFunc(holding, func(p *gridcasev1.Permit) bool { return p.GetNumber() == k.Number })
		if held && (!k.RevokedAt.IsZero() || s.Ended() || day(now).Before(k.From) || day(now).After(k.To)) {
			t.Fatalf("permit %s holds on day %d: %+v of a project %s", k.Number, now, k, s.State)
		}
	}
	if len(s.PermitsAt(offSite, day(now))) > 0 {
		t.Fatalf("a permit holds beside its area")
	}
	if s.PlannedEnd.Before(s.FirstPlannedEnd) {
		t.Fatalf("the planned end went back from %s to %s", s.FirstPlannedEnd, s.PlannedEnd)
	}
}

func refold(events []works.Recorded) works.Project {
	p := works.Project{Code: "P"}
	for _, r := range events {
		p = works.Evolve(p, r)
	}
	return p
}
