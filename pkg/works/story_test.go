package works_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/works"
)

const (
	planned   = gridcasev1.ProjectState_PROJECT_STATE_PLANNED
	permitted = gridcasev1.ProjectState_PROJECT_STATE_PERMITTED
	underWay  = gridcasev1.ProjectState_PROJECT_STATE_UNDER_WAY
	completed = gridcasev1.ProjectState_PROJECT_STATE_COMPLETED
	accepted  = gridcasev1.ProjectState_PROJECT_STATE_ACCEPTED
	cancelled = gridcasev1.ProjectState_PROJECT_STATE_CANCELLED

	pass = gridcasev1.InspectionResult_INSPECTION_RESULT_PASS
	fail = gridcasev1.InspectionResult_INSPECTION_RESULT_FAIL
)

// day is an instant of 2026, in days from 1 March.
func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

func stamp(n int) *timestamppb.Timestamp { return timestamppb.New(day(n)) }

// The district has one unit grid, from 107 to 108 and from 34 to 35 degrees.
var district = func() *grid.Map {
	const code = "610399"
	m, err := grid.NewMap(&gridcasev1.GridsVersion{District: code, Areas: []*gridcasev1.Area{{Code: code}, {Code: code + "001"}, {Code: code + "001001"},
		{Code: code + "001001001", Rings: square(107, 34, 1)}}})
	if err != nil {
		panic(err)
	}
	return m
}()

// square is an outline with its south-west corner at a point, of a side in degrees.
func square(west, south, side float64) []*gridcasev1.Ring {
	return []*gridcasev1.Ring{{Coordinates: []float64{west, south, west + side, south, west + side, south + side, west, south + side, west, south}}}
}

var (
	site    = square(107.5, 34.5, 0.01)
	inSite  = &gridcasev1.GeoPoint{Longitude: 107.505, Latitude: 34.505}
	offSite = &gridcasev1.GeoPoint{Longitude: 107.6, Latitude: 34.6}
)

// step is a command with the day on which it is sent.
type step struct {
	on  int
	cmd works.Command
}

// The steps of a project of two segments, under a permit from day 1 to day 60, planned from day 5 to day 40.
var (
	plans    = step{0, &gridcasev1.PlanProject{Road: "Sample Road", Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION, Contractor: "Sample Works Ltd", Segments: segments(2), PlannedStart: stamp(5), PlannedEnd: stamp(40)}}
	permits  = step{1, grant("P-1", 1, 60)}
	starts   = step{5, &gridcasev1.StartWorks{}}
	revokes  = step{6, &gridcasev1.RevokePermit{Number: "P-1", Reason: gridcasev1.RevocationReason_REVOCATION_REASON_DANGER}}
	accepts  = step{35, &gridcasev1.AcceptProject{}}
	cancels  = step{35, &gridcasev1.CancelProject{Reason: gridcasev1.CancellationReason_CANCELLATION_REASON_FUNDS}}
	begun    = []step{plans, permits, starts}
	done     = append(begun[:3:3], completes(20, "S1"), completes(30, "S2"))
	examined = append(done[:5:5], inspects(31, "S1", pass), inspects(32, "S2", pass))
	finished = append(examined[:7:7], accepts)
)

func segments(n int) []*gridcasev1.Segment {
	var all []*gridcasev1.Segment
	for i := range n {
		all = append(all, &gridcasev1.Segment{Id: fmt.Sprintf("S%d", i+1), LengthM: 100})
	}
	return all
}

func grant(number string, from, to int) *gridcasev1.GrantPermit {
	return &gridcasev1.GrantPermit{Number: number, ValidFrom: stamp(from), ValidTo: stamp(to), Rings: site}
}

func completes(on int, segment string) step {
	return step{on, &gridcasev1.CompleteSegment{Segment: segment}}
}

func inspects(on int, segment string, result gridcasev1.InspectionResult) step {
	return step{on, &gridcasev1.InspectSegment{Segment: segment, Result: result}}
}

// story is a project with the events that it came by.
type story struct {
	works.Project
	events []works.Recorded
}

// take decides a step and, where it is accepted, records its event as the write side does.
func (s story) take(next step) (story, proto.Message, error) {
	m, err := works.Decide(s.Project, next.cmd, works.Facts{Now: day(next.on), Grids: district})
	if err != nil {
		return s, m, err
	}
	env := &gridcasev1.Envelope{Type: gridcasev1.EventType(m), Time: day(next.on), Version: s.Version + 1, Prev: s.Hash, CommandID: fmt.Sprint("command ", s.Version+1)}
	r := works.Recorded{Envelope: env, Message: m, Seq: 10 * env.Version, Hash: fmt.Sprint("hash ", env.Version)}
	return story{works.Evolve(s.Project, r), append(s.events[:len(s.events):len(s.events)], r)}, m, nil
}

// play takes every step.
func play(t interface {
	Helper()
	Fatalf(string, ...any)
}, steps ...step) story {
	t.Helper()
	s := story{Project: works.Project{Code: "P"}}
	for _, next := range steps {
		after, _, err := s.take(next)
		if err != nil {
			t.Fatalf("%T: %v", next.cmd, err)
		}
		s = after
	}
	return s
}

// sameProject compares projects; what a permit's outline is made into is compared by the outline.
var sameProject = cmp.Options{cmpopts.IgnoreUnexported(works.Permit{}), protocmp.Transform()}

func TestAProjectGoesFromItsPlanToItsAcceptance(t *testing.T) {
	t.Parallel()
	s := play(t, finished...)
	if s.State != accepted || !s.StartedAt.Equal(day(5)) || !s.EndedAt.Equal(day(35)) || s.Version != 8 || s.Seq != 80 || s.Hash != "hash 8" || !s.At.Equal(day(35)) {
		t.Errorf("%+v", s.Project)
	}
	want := &gridcasev1.WorksProgress{Segments: 2, SegmentsCompleted: 2, SegmentsPassed: 2, LengthM: 200, CompletedM: 200, PassedM: 200}
	if diff := cmp.Diff(want, s.Progress(), protocmp.Transform()); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if done, ok := s.Done("command 3"); !ok || done.Version != 3 || done.Seq != 30 || done.State != underWay {
		t.Errorf("command 3 is remembered as %+v, %t", done, ok)
	}
}
