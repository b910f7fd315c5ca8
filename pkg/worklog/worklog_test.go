package worklog_test

import (
	"strings"
	"sync"
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
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/worklog"
	"github.com/gridcase/gridcase/pkg/works"
)

// office is a write side under test, over a real log.
type office struct {
	log       *eventstore.Log
	directory *reference.Directory
	access    *access.Access
	works     *worklog.Service
	now       time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{log: log, directory: referencetest.Run(t, log), now: time.Date(2026, 4, 1, 8, 0, 0, 0, time.UTC)}
	referencetest.Publish(t, o.directory)
	o.access = access.New(o.directory, referencetest.OperatorToken)
	o.works = o.another()
	return o
}

// another is a second process's write side over the same log.
func (o *office) another() *worklog.Service {
	return worklog.New(worklog.Options{Log: o.log, Directory: o.directory, Access: o.access, Now: func() time.Time { return o.now }})
}

func (o *office) as(t *testing.T, name string) access.Actor {
	t.Helper()
	actor, err := o.access.Authenticate(referencetest.Token(name))
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

// do sends a command as a client does: again, while the answer is "unavailable".
func (o *office) do(t *testing.T, by string, cmd works.Command) (*gridcasev1.WorksReceipt, error) {
	t.Helper()
	return o.doWith(t, o.works, by, cmd)
}

func (o *office) doWith(t *testing.T, s *worklog.Service, by string, cmd works.Command) (*gridcasev1.WorksReceipt, error) {
	for {
		receipt, err := s.Do(t.Context(), o.as(t, by), cmd)
		if err == nil || fault.KindOf(err) != fault.Unavailable || t.Context().Err() != nil {
			return receipt, err
		}
	}
}

func (o *office) must(t *testing.T, by string, cmd works.Command) *gridcasev1.WorksReceipt {
	t.Helper()
	receipt, err := o.do(t, by, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func (o *office) events(t *testing.T, code string) []eventstore.Event {
	t.Helper()
	key, err := eventstore.ProjectOf(referencetest.District, code)
	if err != nil {
		t.Fatal(err)
	}
	events, err := o.log.LoadProject(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func target(code string) *gridcasev1.ProjectTarget {
	return &gridcasev1.ProjectTarget{ProjectCode: code, CommandId: uuid.NewString()}
}

func plan(code string) *gridcasev1.PlanProject {
	return &gridcasev1.PlanProject{Target: target(code), Road: "Sample Road", Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION,
		Segments:     []*gridcasev1.Segment{{Id: "S1", LengthM: 120}},
		PlannedStart: timestamppb.New(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)), PlannedEnd: timestamppb.New(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))}
}

func grant(code, number string) *gridcasev1.GrantPermit {
	return &gridcasev1.GrantPermit{Target: target(code), Number: number, ValidFrom: timestamppb.New(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)),
		ValidTo: timestamppb.New(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)),
		Rings:   []*gridcasev1.Ring{{Coordinates: []float64{107.4, 34.4, 107.6, 34.4, 107.6, 34.6, 107.4, 34.6, 107.4, 34.4}}}}
}

func refused(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: taken", what)
	}
	if f := fault.Of(err); f.Kind != kind || f.Code != code {
		t.Errorf("%s: %s %s, want %s %s", what, f.Kind, f.Code, kind, code)
	}
}

func TestTheSameCommandSentAHundredTimesAtOnceIsOneEvent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	services := []*worklog.Service{o.works, o.another(), o.another()} // three processes
	cmd := plan("P-1")
	receipts := make([]*gridcasev1.WorksReceipt, 100)
	var group sync.WaitGroup
	for i := range receipts {
		group.Go(func() {
			receipt, err := o.doWith(t, services[i%len(services)], "dispatcher", cmd)
			if err != nil {
				t.Error(err)
			}
			receipts[i] = receipt
		})
	}
	group.Wait()
	if events := o.events(t, "P-1"); len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	first := 0
	for _, r := range receipts {
		if !r.GetDuplicate() {
			first++
		}
		r.Duplicate = false
		if diff := cmp.Diff(receipts[0], r, protocmp.Transform()); diff != "" {
			t.Errorf("two receipts differ:\n%s", diff)
		}
	}
	if first != 1 {
		t.Errorf("%d receipts say that they stored it", first)
	}
}

func TestOneOfManyRivalsGrantsAPermitNumber(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(t, "dispatcher", plan("P-1"))
	var group sync.WaitGroup
	var mu sync.Mutex
	granted := 0
	for range 20 {
		group.Go(func() {
			_, err := o.do(t, "dispatcher", grant("P-1", "Z-1"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				granted++
				return
			}
			if fault.Of(err).Code != "permit.exists" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if granted != 1 || len(o.events(t, "P-1")) != 2 {
		t.Errorf("%d granted, %d events", granted, len(o.events(t, "P-1")))
	}
}

func TestACommandIDStandsForOneCommandForEver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	cmd := plan("P-1")
	first := o.must(t, "dispatcher", cmd)
	o.must(t, "dispatcher", grant("P-1", "Z-1"))
	again := o.must(t, "dispatcher", cmd)
	if !again.GetDuplicate() || again.GetVersion() != 1 || again.GetSequence() != first.GetSequence() || again.GetState() != gridcasev1.ProjectState_PROJECT_STATE_PLANNED {
		t.Errorf("sent again it is answered %v, first %v", again, first)
	}
	_, err := o.do(t, "leader", cmd)
	refused(t, "the same id by somebody else", err, fault.Invalid, "command.reused")
	cmd.Road = "Another Road"
	_, err = o.do(t, "dispatcher", cmd)
	refused(t, "the same id for another plan", err, fault.Invalid, "command.reused")
	cmd = plan("P-1")
	_, err = o.do(t, "dispatcher", cmd)
	refused(t, "the same plan under another id", err, fault.Invalid, "project.exists")
}

func TestWhatIsStoredIsAChainInTheProjectsOwnSubject(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(t, "dispatcher", plan("P-1"))
	o.now = o.now.Add(-time.Hour) // another server's clock
	o.must(t, "dispatcher", grant("P-1", "Z-1"))
	o.must(t, "dispatcher", plan("P-2"))
	events := o.events(t, "P-1")
	if len(events) != 2 || events[1].Prev != events[0].Hash || events[1].Version != 2 || events[1].Project != "P-1" || events[1].CaseID != "" {
		t.Fatalf("%+v", events)
	}
	e := events[1].Envelope
	if e.Subject != "works.610399.P-1" || e.Grid != "610399" || e.State != 0 || e.Role != gridcasev1.Role_ROLE_DISPATCHER || e.Actor != referencetest.UserID("dispatcher") ||
		e.Source != "/gridcase/districts/610399" || e.Time.Before(events[0].Time) {
		t.Errorf("%+v", e)
	}
	m, err := events[1].Decode()
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := m.(*gridcasev1.PermitGranted); !ok || p.GetNumber() != "Z-1" {
		t.Errorf("%v", m)
	}
	ids := map[string]bool{events[0].ID: true, events[1].ID: true, o.events(t, "P-2")[0].ID: true}
	if len(ids) != 3 {
		t.Errorf("event ids %v", ids)
	}
}

func TestWhatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(t, "dispatcher", plan("P-1"))
	for _, tt := range []struct {
		what string
		cmd  works.Command
		kind fault.Kind
		code string
	}{
		{"a rule says no", &gridcasev1.StartWorks{Target: target("P-1")}, fault.Conflict, "project.not_permitted"},
		{"no such project", &gridcasev1.StartWorks{Target: target("P-9")}, fault.NotFound, "project.not_found"},
		{"a code that is no subject's", plan("P.*"), fault.Invalid, "project.code"},
		{"no code", plan(""), fault.Invalid, "project.code"},
		{"a code without end", plan(strings.Repeat("P", 65)), fault.Invalid, "project.code"},
		{"another district", &gridcasev1.StartWorks{Target: &gridcasev1.ProjectTarget{ProjectCode: "P-1", CommandId: uuid.NewString(), District: "610302"}}, fault.NotFound, "district.unknown"},
		{"another version was seen", &gridcasev1.GrantPermit{Target: &gridcasev1.ProjectTarget{ProjectCode: "P-1", CommandId: uuid.NewString(), ExpectedVersion: new(uint64)}}, fault.Conflict, "project.version"},
	} {
		_, err := o.do(t, "dispatcher", tt.cmd)
		refused(t, tt.what, err, tt.kind, tt.code)
	}
	if n := len(o.events(t, "P-1")); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestAWholeProjectIsRecorded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := uint64(1)
	granting := grant("P-1", "Z-1")
	granting.Target.ExpectedVersion = &one
	var last *gridcasev1.WorksReceipt
	for i, cmd := range []works.Command{plan("P-1"), granting, &gridcasev1.StartWorks{Target: target("P-1")},
		&gridcasev1.CompleteSegment{Target: target("P-1"), Segment: "S1"},
		&gridcasev1.InspectSegment{Target: target("P-1"), Segment: "S1", Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS},
		&gridcasev1.AcceptProject{Target: target("P-1")}} {
		last = o.must(t, "dispatcher", cmd)
		if last.GetVersion() != uint64(i+1) || last.GetDistrict() != referencetest.District || last.GetProjectCode() != "P-1" || last.GetCommandId() != cmd.GetTarget().GetCommandId() {
			t.Errorf("%T: %v", cmd, last)
		}
	}
	if last.GetState() != gridcasev1.ProjectState_PROJECT_STATE_ACCEPTED {
		t.Errorf("%v", last)
	}
}
