package dispatch_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

const (
	accepting = 15 * time.Minute // the acceptor's limit
	warning   = accepting * 8 / 10
	soon      = 600 * time.Millisecond
)

// due is when a stage is due by a case's last reading.
func due(t *testing.T, events []eventstore.Event, stage gridcasev1.Stage) (last time.Time) {
	t.Helper()
	for i := range events {
		message, err := events[i].Decode()
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := message.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
			for _, reading := range m.GetClocks() {
				if reading.GetStage() == stage && reading.GetDue() != nil {
					last = reading.GetDue().AsTime()
				}
			}
		}
	}
	return last
}

func breached(t *testing.T, e eventstore.Event) *gridcasev1.StageBreached {
	t.Helper()
	message, err := e.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return message.(*gridcasev1.StageBreached)
}

func TestADeskIsWarnedOnce(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	c.manage() // a second process
	id := c.report("worker-1", warning-soon)
	e := c.happens(id, &gridcasev1.StageWarned{})
	if want := due(t, c.events(id), gridcasev1.Stage_STAGE_ACCEPT).Add(-accepting / 5); e.Time.Before(want) {
		t.Errorf("warned at %s, before 80 %% of the limit were used at %s", e.Time, want)
	}
	c.happened(id, &gridcasev1.StageWarned{}, 1)
	c.happened(id, &gridcasev1.StageBreached{}, 0)
}

func TestABreachIsOneEventOverARestart(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	stop := c.manage()
	id := c.report("worker-1", accepting-soon)
	c.await("no timer was set", func() bool { return len(c.set(id)) > 0 })
	stop()
	c.await("the timer did not fire", func() bool { return len(c.set(id)) == 0 })
	c.manage()
	c.manage()
	e := c.happens(id, &gridcasev1.StageBreached{})
	if at := due(t, c.events(id), gridcasev1.Stage_STAGE_ACCEPT); !e.Time.After(at) || !breached(t, e).GetDue().AsTime().Equal(at) {
		t.Errorf("breached at %s of %s, due at %s", e.Time, breached(t, e).GetDue().AsTime(), at)
	}
	c.happened(id, &gridcasev1.StageBreached{}, 1)
}

func TestATimerThatFiresTwiceOrLateIsOneEvent(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	id := c.report("worker-1", accepting-soon)
	at := due(t, c.events(id), gridcasev1.Stage_STAGE_ACCEPT)
	c.happens(id, &gridcasev1.StageBreached{})
	for range 3 {
		late := eventstore.Timer{District: referencetest.District, CaseID: id, Stage: gridcasev1.Stage_STAGE_ACCEPT, Kind: eventstore.TimerBreach, At: at, Due: at}
		if err := c.timers.Set(t.Context(), []eventstore.Timer{late}); err != nil {
			t.Fatal(err)
		}
		c.await("the timer did not fire", func() bool { return len(c.set(id)) == 0 })
		c.happened(id, &gridcasev1.StageBreached{}, 1)
	}
}

func TestAMovedDeadlineIsBreachedWhereItMovedTo(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	id := c.report("worker-1", accepting-3*soon)
	first := due(t, c.events(id), gridcasev1.Stage_STAGE_ACCEPT)
	c.do("acceptor", &gridcasev1.RequestVerification{Target: to(id), Worker: referencetest.UserID("worker-1")})
	c.await("the acceptor's timer did not fire", func() bool {
		return time.Now().After(first) && !slices.Contains(c.set(id), strconv.Itoa(int(gridcasev1.Stage_STAGE_ACCEPT)))
	})
	c.do("worker-1", &gridcasev1.SubmitVerification{Target: to(id), Result: gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS, Photos: shows("far")})
	moved := due(t, c.events(id), gridcasev1.Stage_STAGE_ACCEPT)
	e := c.happens(id, &gridcasev1.StageBreached{})
	if !moved.After(first) || !e.Time.After(moved) || !breached(t, e).GetDue().AsTime().Equal(moved) {
		t.Errorf("first due %s, moved to %s, breached at %s of %s", first, moved, e.Time, breached(t, e).GetDue().AsTime())
	}
	c.happened(id, &gridcasev1.StageBreached{}, 1)
}

func TestATimerOfAClockThatHasStoppedDoesNothing(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	id := c.report("worker-1", warning-3*soon)
	warns := due(t, c.events(id), gridcasev1.Stage_STAGE_ACCEPT).Add(warning - accepting)
	c.await("no timer was set", func() bool { return len(c.set(id)) == 1 })
	c.do("acceptor", &gridcasev1.DeclineCase{Target: to(id), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_OUT_OF_SCOPE})
	c.await("the timer did not fire", func() bool { return time.Now().After(warns) && len(c.set(id)) == 0 })
	c.happened(id, &gridcasev1.StageWarned{}, 0)
}

func TestASuspendedCaseIsResumedOnItsDay(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	id := c.handling()
	until := time.Now().UTC().Add(2 * soon)
	c.do("roads-manager", &gridcasev1.RequestSuspension{Target: to(id), Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_SEASON, Until: timestamppb.New(until), Reason: "frost"})
	c.do("dispatcher", &gridcasev1.DecideSuspension{Target: to(id), Decision: gridcasev1.Decision_DECISION_APPROVE})
	if e := c.happens(id, &gridcasev1.CaseResumed{}); e.Time.Before(until) || e.State != gridcasev1.State_STATE_HANDLING || e.Role != gridcasev1.Role_ROLE_SYSTEM {
		t.Errorf("resumed at %s as %s by %s, want after %s", e.Time, e.State, e.Role, until)
	}
	c.happened(id, &gridcasev1.CaseResumed{}, 1)
}

func TestTheEndOfASuspensionBeforeEndsNoOther(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(&gridcasev1.Policy{MaxSuspensions: proto.Uint32(2)})
	c.manage()
	id := c.handling()
	suspend := func(until time.Time) {
		c.do("roads-manager", &gridcasev1.RequestSuspension{Target: to(id), Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_SEASON, Until: timestamppb.New(until), Reason: "frost"})
		c.do("dispatcher", &gridcasev1.DecideSuspension{Target: to(id), Decision: gridcasev1.Decision_DECISION_APPROVE})
	}
	until := time.Now().Add(3 * soon)
	suspend(until)
	ofSuspension := strconv.Itoa(int(gridcasev1.Stage_STAGE_UNSPECIFIED))
	c.await("no timer was set", func() bool { return slices.Contains(c.set(id), ofSuspension) })
	c.do("dispatcher", &gridcasev1.ResumeCase{Target: to(id)})
	suspend(time.Now().Add(time.Hour))
	c.await("time stands still", func() bool { return time.Now().After(until.Add(10*time.Second + soon)) }) // a timer that comes early is tried once more
	c.happened(id, &gridcasev1.CaseResumed{}, 1)
	if set := c.set(id); slices.Contains(set, ofSuspension) {
		t.Errorf("timers %q are set, though the first suspension's has nothing more to say", set)
	}
}

func TestAnOverdueCaseGoesUpByThePolicy(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(&gridcasev1.Policy{Escalations: []*gridcasev1.EscalationRule{{Stage: gridcasev1.Stage_STAGE_ACCEPT, Level: 1},
		{Stage: gridcasev1.Stage_STAGE_ACCEPT, Level: 3, After: &gridcasev1.Limit{Value: 1, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}}}})
	c.manage()
	id := c.report("worker-1", accepting+time.Minute-soon)
	c.happens(id, &gridcasev1.CaseEscalated{})
	c.await("the case did not go up twice", func() bool { return len(c.of(id, &gridcasev1.CaseEscalated{})) == 2 })
	c.happened(id, &gridcasev1.CaseEscalated{}, 2)
	c.happened(id, &gridcasev1.StageBreached{}, 1)
}

func TestAnImporterIsLeftAloneWithACasesHistory(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		ago  time.Duration
		told proto.Message
	}{
		{"what is over", time.Hour, &gridcasev1.StageBreached{}},
		{"what comes meanwhile", warning - soon, &gridcasev1.StageWarned{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCentre(t)
			c.project()
			c.settle, c.sweep = 4*soon, 50*time.Millisecond
			c.manage()
			before := time.Now()
			id := c.imported(before.Add(-tt.ago))
			if e := c.happens(id, tt.told); e.Time.Before(before.Add(c.settle)) {
				t.Errorf("told %s after the import, want not before %s", e.Time.Sub(before), c.settle)
			}
			c.happened(id, tt.told, 1)
		})
	}
}

// imported reports a case of another system's records.
func (c *centre) imported(at time.Time) (caseID string) {
	c.t.Helper()
	caseID = newID(c.t)
	report := &gridcasev1.ReportCase{Target: to(caseID), CaseType: "parking.motor", Point: referencetest.Point(1), Source: gridcasev1.Source_SOURCE_IMPORT,
		Fields: []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}}}
	report.Target.OccurredAt = timestamppb.New(at)
	c.do("importer", report)
	return caseID
}

// policy publishes the district's catalogue with a policy.
func (c *centre) policy(p *gridcasev1.Policy, change ...func(*gridcasev1.CaseType)) {
	c.t.Helper()
	catalogue := referencetest.Catalogue()
	catalogue.Policy = p
	for _, act := range change {
		for _, caseType := range catalogue.GetTypes() {
			act(caseType)
		}
	}
	if _, err := c.directory.PublishCatalogue(c.t.Context(), catalogue); err != nil {
		c.t.Fatal(err)
	}
}
