package works_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/works"
)

// row is one rule: what happened before, what somebody then sends, and either the event with the state after it or the fault.
type row struct {
	rule  string
	given []step
	when  step

	event proto.Message // nil: refused
	state gridcasev1.ProjectState

	kind  fault.Kind
	code  string
	field string
}

func with(given []step, more ...step) []step { return append(given[:len(given):len(given)], more...) }

var rules = []row{
	{rule: "a planned project waits for its permit", when: plans, state: planned,
		event: &gridcasev1.ProjectPlanned{Road: "Sample Road", Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION, Contractor: "Sample Works Ltd", Segments: segments(2), PlannedStart: stamp(5), PlannedEnd: stamp(40)}},
	{rule: "a code stands for one project", given: []step{plans}, when: plans, kind: fault.Invalid, code: "project.exists", field: "target.project_code"},
	{rule: "works end after they start", when: step{0, &gridcasev1.PlanProject{Segments: segments(1), PlannedStart: stamp(5), PlannedEnd: stamp(5)}}, kind: fault.Invalid, code: "project.times", field: "planned_end"},
	{rule: "two segments don't share a name", when: step{0, &gridcasev1.PlanProject{Segments: append(segments(1), segments(1)...), PlannedStart: stamp(5), PlannedEnd: stamp(6)}}, kind: fault.Invalid, code: "segment.duplicate", field: "segments[1].id"},
	{rule: "a project has a segment", when: step{0, &gridcasev1.PlanProject{PlannedStart: stamp(5), PlannedEnd: stamp(6)}}, kind: fault.Invalid, code: "segment.required", field: "segments"},

	{rule: "a permit lets a planned project start", given: []step{plans}, when: permits, state: permitted,
		event: &gridcasev1.PermitGranted{Number: "P-1", ValidFrom: stamp(1), ValidTo: stamp(60), Rings: site}},
	{rule: "works under way get a further permit", given: begun, when: step{9, grant("P-2", 50, 90)}, state: underWay,
		event: &gridcasev1.PermitGranted{Number: "P-2", ValidFrom: stamp(50), ValidTo: stamp(90), Rings: site}},
	{rule: "nobody permits what isn't planned", when: permits, kind: fault.NotFound, code: "project.not_found"},
	{rule: "a number is granted once", given: begun, when: step{9, grant("P-1", 50, 90)}, kind: fault.Invalid, code: "permit.exists", field: "number"},
	{rule: "a revoked number isn't granted again", given: with(begun, revokes), when: step{9, grant("P-1", 50, 90)}, kind: fault.Invalid, code: "permit.exists", field: "number"},
	{rule: "a permit ends after it begins", given: []step{plans}, when: step{1, grant("P-1", 60, 1)}, kind: fault.Invalid, code: "permit.times", field: "valid_to"},
	{rule: "a permit has an area", given: []step{plans}, when: step{1, &gridcasev1.GrantPermit{Number: "P-1", ValidFrom: stamp(1), ValidTo: stamp(2)}}, kind: fault.Invalid, code: "grid.outline", field: "rings"},
	{rule: "a permit's outline is closed", given: []step{plans}, when: step{1, &gridcasev1.GrantPermit{Number: "P-1", ValidFrom: stamp(1), ValidTo: stamp(2),
		Rings: []*gridcasev1.Ring{{Coordinates: []float64{107, 34, 107.1, 34, 107.1, 34.1, 107, 34.1}}}}}, kind: fault.Invalid, code: "grid.outline", field: "rings[0]"},
	{rule: "a permit's area lies in the district", given: []step{plans}, when: step{1, &gridcasev1.GrantPermit{Number: "P-1", ValidFrom: stamp(1), ValidTo: stamp(2), Rings: square(34.5, 89, 0.01)}},
		kind: fault.Invalid, code: "permit.outside", field: "rings"},
	{rule: "a permit's outline isn't endless", given: []step{plans}, when: step{1, &gridcasev1.GrantPermit{Number: "P-1", ValidFrom: stamp(1), ValidTo: stamp(2),
		Rings: []*gridcasev1.Ring{{Coordinates: make([]float64, 2002)}}}}, kind: fault.Invalid, code: "permit.corners", field: "rings[0]"},
	{rule: "an ended project gets no permit", given: finished, when: step{36, grant("P-2", 50, 90)}, kind: fault.Conflict, code: "project.ended"},

	{rule: "a permit is extended before it runs out", given: begun, when: step{60, &gridcasev1.ExtendPermit{Number: "P-1", ValidTo: stamp(90)}}, state: underWay,
		event: &gridcasev1.PermitExtended{Number: "P-1", ValidTo: stamp(90)}},
	{rule: "a permit that ran out isn't extended", given: begun, when: step{61, &gridcasev1.ExtendPermit{Number: "P-1", ValidTo: stamp(90)}}, kind: fault.Conflict, code: "permit.expired"},
	{rule: "an extension isn't a shortening", given: begun, when: step{9, &gridcasev1.ExtendPermit{Number: "P-1", ValidTo: stamp(60)}}, kind: fault.Invalid, code: "permit.times", field: "valid_to"},
	{rule: "a revoked permit isn't extended", given: with(begun, revokes), when: step{9, &gridcasev1.ExtendPermit{Number: "P-1", ValidTo: stamp(90)}}, kind: fault.Conflict, code: "permit.revoked"},
	{rule: "nobody extends a permit that isn't there", given: begun, when: step{9, &gridcasev1.ExtendPermit{Number: "P-9", ValidTo: stamp(90)}}, kind: fault.Invalid, code: "permit.unknown", field: "number"},
	{rule: "an ended project's permit isn't extended", given: finished, when: step{36, &gridcasev1.ExtendPermit{Number: "P-1", ValidTo: stamp(90)}}, kind: fault.Conflict, code: "project.ended"},

	{rule: "a project without a permit left is only planned", given: []step{plans, permits}, when: step{2, revokes.cmd}, state: planned,
		event: &gridcasev1.PermitRevoked{Number: "P-1", Reason: gridcasev1.RevocationReason_REVOCATION_REASON_DANGER}},
	{rule: "a project with another permit stays permitted", given: []step{plans, permits, {1, grant("P-2", 1, 60)}}, when: step{2, revokes.cmd}, state: permitted,
		event: &gridcasev1.PermitRevoked{Number: "P-1", Reason: gridcasev1.RevocationReason_REVOCATION_REASON_DANGER}},
	{rule: "what is dug up stays dug up when its permit is revoked", given: begun, when: revokes, state: underWay,
		event: &gridcasev1.PermitRevoked{Number: "P-1", Reason: gridcasev1.RevocationReason_REVOCATION_REASON_DANGER}},
	{rule: "a permit is revoked once", given: with(begun, revokes), when: revokes, kind: fault.Conflict, code: "permit.revoked"},
	{rule: "nobody revokes a permit that isn't there", given: []step{plans}, when: revokes, kind: fault.Invalid, code: "permit.unknown", field: "number"},
	{rule: "an ended project's permit is over anyway", given: finished, when: step{36, revokes.cmd}, kind: fault.Conflict, code: "project.ended"},

	{rule: "works start under a permit", given: []step{plans, permits}, when: starts, state: underWay, event: &gridcasev1.WorksStarted{}},
	{rule: "nobody digs without a permit", given: []step{plans}, when: starts, kind: fault.Conflict, code: "project.not_permitted"},
	{rule: "nobody digs before the permit begins", given: []step{plans, {1, grant("P-1", 10, 60)}}, when: starts, kind: fault.Conflict, code: "permit.none_in_force"},
	{rule: "nobody digs when the permit has run out", given: []step{plans, {1, grant("P-1", 1, 4)}}, when: starts, kind: fault.Conflict, code: "permit.none_in_force"},
	{rule: "works start once", given: begun, when: starts, kind: fault.Conflict, code: "project.not_permitted"},

	{rule: "a segment is completed", given: begun, when: completes(20, "S1"), state: underWay, event: &gridcasev1.SegmentCompleted{Segment: "S1"}},
	{rule: "the last segment completes the project", given: with(begun, completes(20, "S2")), when: completes(21, "S1"), state: completed, event: &gridcasev1.SegmentCompleted{Segment: "S1"}},
	{rule: "a segment is completed once", given: with(begun, completes(20, "S1")), when: completes(21, "S1"), kind: fault.Conflict, code: "segment.completed"},
	{rule: "a segment is one of the project's", given: begun, when: completes(20, "S9"), kind: fault.Invalid, code: "segment.unknown", field: "segment"},
	{rule: "nothing is completed before works start", given: []step{plans, permits}, when: completes(20, "S1"), kind: fault.Conflict, code: "project.not_under_way"},

	{rule: "a completed segment passes while works go on", given: with(begun, completes(20, "S1")), when: inspects(21, "S1", pass), state: underWay, event: &gridcasev1.SegmentInspected{Segment: "S1", Result: pass}},
	{rule: "a segment passes when all is completed", given: done, when: inspects(31, "S2", pass), state: completed, event: &gridcasev1.SegmentInspected{Segment: "S2", Result: pass}},
	{rule: "a segment that failed is to be completed again", given: done, when: inspects(31, "S2", fail), state: underWay, event: &gridcasev1.SegmentInspected{Segment: "S2", Result: fail}},
	{rule: "a segment that failed is completed again", given: with(done, inspects(31, "S2", fail)), when: completes(33, "S2"), state: completed, event: &gridcasev1.SegmentCompleted{Segment: "S2"}},
	{rule: "what isn't completed isn't inspected", given: begun, when: inspects(20, "S1", pass), kind: fault.Conflict, code: "segment.not_completed"},
	{rule: "what has passed isn't inspected again", given: examined, when: inspects(33, "S1", fail), kind: fault.Conflict, code: "segment.passed"},
	{rule: "a segment that isn't there isn't inspected", given: done, when: inspects(33, "S9", pass), kind: fault.Invalid, code: "segment.unknown", field: "segment"},
	{rule: "nothing is inspected before works start", given: []step{plans}, when: inspects(33, "S1", pass), kind: fault.Conflict, code: "project.not_under_way_or_completed"},

	{rule: "a project is accepted when each segment has passed", given: examined, when: accepts, state: accepted, event: &gridcasev1.ProjectAccepted{}},
	{rule: "a segment that wasn't inspected holds the acceptance up", given: with(done, inspects(31, "S1", pass)), when: accepts, kind: fault.Conflict, code: "segment.not_passed"},
	{rule: "a segment that failed holds the acceptance up", given: with(done, inspects(31, "S1", pass), inspects(31, "S2", fail)), when: accepts, kind: fault.Conflict, code: "project.not_completed"},
	{rule: "a project is accepted once", given: finished, when: accepts, kind: fault.Conflict, code: "project.not_completed"},

	{rule: "a delayed project ends later", given: begun, when: delays(9, 50), state: underWay, event: &gridcasev1.ProjectDelayed{PlannedEnd: stamp(50), Reason: gridcasev1.DelayReason_DELAY_REASON_WEATHER}},
	{rule: "a delay isn't a hurry", given: begun, when: delays(9, 40), kind: fault.Invalid, code: "project.times", field: "planned_end"},
	{rule: "an ended project isn't delayed", given: finished, when: delays(36, 90), kind: fault.Conflict, code: "project.ended"},

	{rule: "a project is cancelled at any time", given: done, when: cancels, state: cancelled, event: &gridcasev1.ProjectCancelled{Reason: gridcasev1.CancellationReason_CANCELLATION_REASON_FUNDS}},
	{rule: "an accepted project isn't cancelled", given: finished, when: cancels, kind: fault.Conflict, code: "project.ended"},
	{rule: "nobody cancels what isn't planned", when: cancels, kind: fault.NotFound, code: "project.not_found"},
}

func delays(on, to int) step {
	return step{on, &gridcasev1.DelayProject{PlannedEnd: stamp(to), Reason: gridcasev1.DelayReason_DELAY_REASON_WEATHER}}
}

func TestRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.rule] {
			t.Errorf("two rows say: %s", r.rule)
		}
		seen[r.rule] = true
		t.Run(r.rule, func(t *testing.T) {
			before := play(t, r.given...)
			after, m, err := before.take(r.when)
			if r.event == nil {
				if f := fault.Of(err); err == nil || m != nil || f.Kind != r.kind || f.Code != r.code || f.Field != r.field {
					t.Errorf("%v, fault %v; want %s %s of %q", m, err, r.kind, r.code, r.field)
				}
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			if diff := cmp.Diff(r.event, m, protocmp.Transform()); diff != "" {
				t.Errorf("the event (-want +got):\n%s", diff)
			}
			if after.State != r.state {
				t.Errorf("the project is %s, want %s", after.State, r.state)
			}
			if diff := cmp.Diff(play(t, r.given...).Project, before.Project, sameProject); diff != "" {
				t.Errorf("what was before has changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestEveryCommandAndEventOfTheContractHasARule(t *testing.T) {
	t.Parallel()
	taken, refused, yielded := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		name := string(r.when.cmd.ProtoReflect().Descriptor().Name())
		taken[name], refused[name] = taken[name] || r.event != nil, refused[name] || r.event == nil
		if r.event != nil {
			yielded[gridcasev1.EventType(r.event)] = true
		}
	}
	methods := gridcasev1.File_gridcase_v1_works_service_proto.Services().Get(0).Methods()
	for i := range methods.Len() {
		name := string(methods.Get(i).Input().Name())
		if methods.Get(i).Input().Fields().ByName("target") != nil && (!taken[name] || !refused[name]) {
			t.Errorf("%s: a row that takes it: %t, a row that refuses it: %t", name, taken[name], refused[name])
		}
	}
	for _, name := range gridcasev1.WorksEventTypes() {
		if !yielded[name] {
			t.Errorf("no row yields %s", name)
		}
	}
}

func TestAPermitHoldsWithinItsAreaAndTime(t *testing.T) {
	t.Parallel()
	extended := with(begun, step{50, &gridcasev1.ExtendPermit{Number: "P-1", ValidTo: stamp(90)}})
	for _, tt := range []struct {
		rule  string
		given []step
		place *gridcasev1.GeoPoint
		at    time.Time
		holds bool
	}{
		{"in its area, in its time", begun, inSite, day(10), true},
		{"beside its area", begun, offSite, day(10), false},
		{"before it begins", begun, inSite, day(1).Add(-time.Nanosecond), false},
		{"at its first instant", begun, inSite, day(1), true},
		{"at its last instant", begun, inSite, day(60), true},
		{"after it has run out", begun, inSite, day(60).Add(time.Nanosecond), false},
		{"as far as it was extended", extended, inSite, day(90), true},
		{"when it was not revoked yet", with(begun, revokes), inSite, day(6).Add(-time.Nanosecond), true},
		{"when it is revoked", with(begun, revokes), inSite, day(6), false},
		{"when its project is accepted", finished, inSite, day(35), false},
		{"when its project is cancelled", with(begun, cancels), inSite, day(36), false},
		{"where there is none", []step{plans}, inSite, day(10), false},
	} {
		s := play(t, tt.given...)
		got := s.PermitsAt(tt.place, tt.at)
		if !tt.holds {
			if len(got) > 0 {
				t.Errorf("%s: %v", tt.rule, got)
			}
			continue
		}
		want := []*gridcasev1.Permit{{Project: "P", Number: "P-1", ValidTo: timestamppb.New(s.Permits[0].To)}}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.rule, diff)
		}
	}
}

func TestADelayIsCountedFromTheEndThatWasPlannedFirst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule  string
		given []step
		now   time.Time
		days  uint32
	}{
		{"nothing is late yet", begun, day(39), 0},
		{"the planned end itself is not late", begun, day(40), 0},
		{"a begun day counts", begun, day(40).Add(time.Second), 1},
		{"what is announced counts at once", with(begun, delays(9, 50)), day(10), 10},
		{"a second delay adds up", with(begun, delays(9, 50), delays(12, 55)), day(13), 15},
		{"what is later than announced counts by the day", with(begun, delays(9, 50)), day(52), 12},
		{"an acceptance in time was never late", finished, day(99), 0},
		{"an acceptance ends the count", with(examined, delays(33, 50), step{43, &gridcasev1.AcceptProject{}}), day(99), 3},
	} {
		s := play(t, tt.given...)
		if got := s.DelayedDays(tt.now); got != tt.days {
			t.Errorf("%s: %d days, want %d", tt.rule, got, tt.days)
		}
	}
}

func TestAnUnknownCommandIsABug(t *testing.T) {
	t.Parallel()
	_, err := works.Decide(play(t, begun...).Project, unknown{}, works.Facts{})
	if fault.KindOf(err) != fault.Internal {
		t.Errorf("%v", err)
	}
}

// unknown is a message with a target that no rule knows.
type unknown struct{ *gridcasev1.WorksReceipt }

func (unknown) GetTarget() *gridcasev1.ProjectTarget { return nil }
