package programme_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/programme"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/worklog"
	"github.com/gridcase/gridcase/pkg/works"
)

var (
	start  = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	during = start.AddDate(0, 1, 0)
	inside = &gridcasev1.GeoPoint{Longitude: 107.5, Latitude: 34.5}
)

const district = referencetest.District

// city is a works programme that is written and followed over a real log.
type city struct {
	log    *eventstore.Log
	writes *worklog.Service
	actor  access.Actor
}

func newCity(t *testing.T) *city {
	t.Helper()
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	directory := referencetest.Run(t, log)
	referencetest.Publish(t, directory)
	rules := access.New(directory, referencetest.OperatorToken)
	actor, err := rules.Authenticate(referencetest.Token("dispatcher"))
	if err != nil {
		t.Fatal(err)
	}
	return &city{log: log, actor: actor, writes: worklog.New(worklog.Options{Log: log, Directory: directory, Access: rules, Now: func() time.Time { return during }})}
}

// follow runs a directory until the test ends, or until the returned function is called.
func (c *city) follow(t *testing.T) (*programme.Directory, func() error) {
	t.Helper()
	d := programme.New(c.log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop := func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return d, stop
}

func (c *city) do(t *testing.T, cmd works.Command) uint64 {
	t.Helper()
	receipt, err := c.writes.Do(t.Context(), c.actor, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.GetSequence()
}

func target(code string) *gridcasev1.ProjectTarget {
	return &gridcasev1.ProjectTarget{ProjectCode: code, CommandId: uuid.NewString()}
}

// opens plans a project of two segments on a road and permits it for three months.
func (c *city) opens(t *testing.T, code, road string) uint64 {
	t.Helper()
	c.do(t, &gridcasev1.PlanProject{Target: target(code), Road: road, Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION, Contractor: "Sample Works Ltd",
		Segments: []*gridcasev1.Segment{{Id: "S1", LengthM: 100}, {Id: "S2", LengthM: 50}}, PlannedStart: timestamppb.New(start), PlannedEnd: timestamppb.New(start.AddDate(0, 2, 0))})
	return c.do(t, &gridcasev1.GrantPermit{Target: target(code), Number: "Z-" + code, ValidFrom: timestamppb.New(start), ValidTo: timestamppb.New(start.AddDate(0, 3, 0)),
		Rings: []*gridcasev1.Ring{{Coordinates: []float64{107.4, 34.4, 107.6, 34.4, 107.6, 34.6, 107.4, 34.6, 107.4, 34.4}}}})
}

func holds(t *testing.T, d *programme.Directory, seq uint64) {
	t.Helper()
	if !d.Wait(t.Context(), district, seq) {
		t.Fatalf("the directory doesn't come to %d", seq)
	}
}

// permits returns what holds a place, from a directory that is ready.
func permits(t *testing.T, d *programme.Directory, code string, at *gridcasev1.GeoPoint, when time.Time) []*gridcasev1.Permit {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); d.Ready() != nil && time.Now().Before(deadline); {
		<-time.After(time.Millisecond)
	}
	found, err := d.Permits(code, at, when)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestApprovedPermitsHoldAPlace(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	d, _ := c.follow(t)
	c.opens(t, "P-2", "Second Road")
	holds(t, d, c.opens(t, "P-1", "First Road"))
	valid := timestamppb.New(start.AddDate(0, 3, 0))
	want := []*gridcasev1.Permit{{Project: "P-1", Number: "Z-P-1", ValidTo: valid}, {Project: "P-2", Number: "Z-P-2", ValidTo: valid}}
	if diff := cmp.Diff(want, permits(t, d, district, inside, during), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for what, got := range map[string][]*gridcasev1.Permit{
		"elsewhere":          permits(t, d, district, &gridcasev1.GeoPoint{Longitude: 107.7, Latitude: 34.5}, during),
		"before":             permits(t, d, district, inside, start.Add(-time.Second)),
		"later":              permits(t, d, district, inside, start.AddDate(0, 3, 1)),
		"in a foreign place": permits(t, d, "610302", inside, during),
	} {
		if len(got) > 0 {
			t.Errorf("%s: %v", what, got)
		}
	}
	holds(t, d, c.do(t, &gridcasev1.RevokePermit{Target: target("P-1"), Number: "Z-P-1"}))
	if diff := cmp.Diff(want[1:], permits(t, d, district, inside, during), protocmp.Transform()); diff != "" {
		t.Errorf("with one revoked (-want +got):\n%s", diff)
	}
	holds(t, d, c.do(t, &gridcasev1.CancelProject{Target: target("P-2")}))
	if got := permits(t, d, district, inside, during); len(got) > 0 {
		t.Errorf("with the other's project cancelled: %v", got)
	}
}

// gappy loses an event on the way, as a flipped bit on the broker's disk does.
type gappy struct{ programme.Log }

func (g gappy) FollowWorks(ctx context.Context, handle func(eventstore.Event) error, ready func()) error {
	return g.Log.FollowWorks(ctx, func(e eventstore.Event) error {
		if e.Seq == 2 {
			return nil
		}
		return handle(e)
	}, ready)
}

// TestADirectoryThatMissesAnEventAnswersNothing: a permit that it holds may have been revoked by what it can't read.
func TestADirectoryThatMissesAnEventAnswersNothing(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.opens(t, "P-1", "First Road")
	c.do(t, &gridcasev1.RevokePermit{Target: target("P-1"), Number: "Z-P-1"})
	d := programme.New(gappy{c.log})
	if err := d.Run(t.Context()); !errors.Is(err, eventstore.ErrBroken) {
		t.Errorf("it ends with %v", err)
	}
	if err := d.Ready(); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, eventstore.ErrBroken) {
		t.Errorf("it is ready, %v", err)
	}
	if found, err := d.Permits(district, inside, during); fault.KindOf(err) != fault.Unavailable || len(found) > 0 {
		t.Errorf("permits %v, %v", found, err)
	}
}

func TestADirectoryThatStartsLaterHoldsAllBeforeItIsReady(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	last := c.opens(t, "P-1", "First Road")
	early, stop := c.follow(t)
	holds(t, early, last)
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	for range 30 {
		last = c.do(t, &gridcasev1.DelayProject{Target: target("P-1"), PlannedEnd: timestamppb.New(start.AddDate(1, 0, int(last)))})
	}
	late := programme.New(c.log)
	if late.Ready() == nil {
		t.Error("it is ready before it runs")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- late.Run(ctx) }()
	for late.Ready() != nil {
		if !late.Wait(ctx, district, 1) {
			t.Fatal("it never becomes ready")
		}
	}
	p, history, ok := late.Project(district, "P-1", during)
	if !ok || p.GetVersion() != last || len(history) != int(last) {
		t.Errorf("ready at version %d with %d events of %d", p.GetVersion(), len(history), last)
	}
	cancel()
	<-ended
}

func TestProgressIsAddedUpByRoad(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	d, _ := c.follow(t)
	for _, p := range [][2]string{{"P-1", "Long Road"}, {"P-2", "Long Road"}, {"P-3", "Short Road"}, {"P-4", "Short Road"}} {
		c.opens(t, p[0], p[1])
	}
	c.do(t, &gridcasev1.CancelProject{Target: target("P-4")})
	c.do(t, &gridcasev1.StartWorks{Target: target("P-1")})
	c.do(t, &gridcasev1.CompleteSegment{Target: target("P-1"), Segment: "S1"})
	c.do(t, &gridcasev1.CompleteSegment{Target: target("P-1"), Segment: "S2"})
	c.do(t, &gridcasev1.InspectSegment{Target: target("P-1"), Segment: "S2", Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS})
	holds(t, d, c.do(t, &gridcasev1.DelayProject{Target: target("P-2"), PlannedEnd: timestamppb.New(start.AddDate(0, 2, 10))}))

	projects := d.Projects(district, during, false)
	if len(projects) != 4 || projects[0].GetProjectCode() != "P-1" || projects[0].GetPermits()[0].GetRings() != nil || !projects[0].GetPermits()[0].GetInForce() {
		t.Errorf("%v", projects)
	}
	if rings := d.Projects(district, during, true)[0].GetPermits()[0].GetRings(); len(rings) != 1 {
		t.Errorf("outlines %v", rings)
	}
	want := []*gridcasev1.RoadProgress{
		{Road: "Long Road", Projects: 2, PermitsInForce: 2, DelayedDays: 10,
			Progress: &gridcasev1.WorksProgress{Segments: 4, SegmentsCompleted: 2, SegmentsPassed: 1, LengthM: 300, CompletedM: 150, PassedM: 50}},
		{Road: "Short Road", Projects: 1, PermitsInForce: 1, Progress: &gridcasev1.WorksProgress{Segments: 2, LengthM: 150}},
	}
	if diff := cmp.Diff(want, programme.Roads(projects), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAProjectTellsWhatHappenedToIt(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	d, _ := c.follow(t)
	holds(t, d, c.opens(t, "P-1", "Long Road"))
	p, history, ok := d.Project(district, "P-1", during)
	if !ok || p.GetRoad() != "Long Road" || p.GetState() != gridcasev1.ProjectState_PROJECT_STATE_PERMITTED || p.GetContractor() != "Sample Works Ltd" || len(p.GetPermits()[0].GetRings()) != 1 ||
		p.GetStartedAt() != nil || p.GetSegments()[0].GetCompletedAt() != nil {
		t.Errorf("%v", p)
	}
	if len(history) != 2 || history[1].GetVersion() != 2 || history[1].GetEvent().GetPermitGranted().GetNumber() != "Z-P-1" || history[1].GetRole() != gridcasev1.Role_ROLE_DISPATCHER {
		t.Errorf("%v", history)
	}
	if _, _, ok := d.Project(district, "P-9", during); ok {
		t.Error("a project that nobody planned is there")
	}
	if _, _, ok := d.Project("610302", "P-1", during); ok {
		t.Error("it is in a foreign district")
	}
}

func TestAReaderThatWaitsGivesUpWhenItsRequestEnds(t *testing.T) {
	t.Parallel()
	d := programme.New(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d.Wait(ctx, district, 1) {
		t.Error("an empty programme holds an event")
	}
	if !d.Wait(ctx, district, 0) {
		t.Error("nothing to wait for is waited for")
	}
}
