package main_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// move is a command that somebody sends: the state that it leads to, or the code that it is refused with.
type move struct {
	user  string
	cmd   client.Command
	state gridcasev1.State
	code  string
}

// play sends the commands and returns how the case that the last accepted one was for stands then.
func (c city) play(t *testing.T, moves ...move) *gridcasev1.CaseStatus {
	t.Helper()
	var last *gridcasev1.Receipt
	for i, m := range moves {
		receipt, err := c.as(m.user).Do(t.Context(), m.cmd)
		name := m.cmd.ProtoReflect().Descriptor().Name()
		switch {
		case m.code != "" && (err == nil || !strings.Contains(err.Error(), m.code)):
			t.Fatalf("move %d, %s by %s: %v, %v; want it refused as %s", i+1, name, m.user, receipt, err, m.code)
		case m.code != "":
		case err != nil:
			t.Fatalf("move %d, %s by %s: %v", i+1, name, m.user, err)
		case receipt.GetState() != m.state:
			t.Fatalf("move %d, %s by %s leads to %s, want %s", i+1, name, m.user, receipt.GetState(), m.state)
		default:
			last = receipt
		}
	}
	return c.status(t, last.GetCaseId(), last.GetPosition())
}

// status is how a case stands at a position at least.
func (c city) status(t *testing.T, caseID, position string) *gridcasev1.CaseStatus {
	t.Helper()
	c.reached(t, position)
	answer, err := c.as("supervisor").Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{CaseId: caseID}, AtLeast: []string{position}})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	return answer.GetCase()
}

const (
	isReported  = gridcasev1.State_STATE_REPORTED
	isFiled     = gridcasev1.State_STATE_FILED
	isWithDept  = gridcasev1.State_STATE_DISPATCHED
	isHandling  = gridcasev1.State_STATE_HANDLING
	isSuspended = gridcasev1.State_STATE_SUSPENDED
	isHandled   = gridcasev1.State_STATE_HANDLED
	isClosed    = gridcasev1.State_STATE_CLOSED
	isVoided    = gridcasev1.State_STATE_VOIDED
	isMerged    = gridcasev1.State_STATE_MERGED
)

// pipe is a grid worker's report of a blocked pipe. Those of different places lie kilometres apart, so that none is another's duplicate.
func pipe(id string, place int) move {
	at := referencetest.Point(1)
	at.Longitude += 0.05 * float64(place)
	return move{user: "worker-1", cmd: &gridcasev1.ReportCase{Target: newTarget(id), CaseType: "drain.pipe", Point: at}, state: isReported}
}

// toHandling brings a reported pipe into the hands of the water department.
func toHandling(id string) []move {
	return []move{
		{user: "acceptor", cmd: &gridcasev1.FileCase{Target: newTarget(id), Condition: "B2"}, state: isFiled},
		{user: "dispatcher", cmd: &gridcasev1.DispatchCase{Target: newTarget(id), Department: "water"}, state: isWithDept},
		{user: "water-manager", cmd: &gridcasev1.SignTask{Target: newTarget(id)}, state: isHandling},
	}
}

func moves(first move, more ...move) []move { return append([]move{first}, more...) }

// TestTheExceptionsOfTheTradeOverTheAPI plays what is not the usual way of a case, by the people who may, and sees it in the queries.
func TestTheExceptionsOfTheTradeOverTheAPI(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	approve := gridcasev1.Decision_DECISION_APPROVE

	t.Run("a self-fix is audited and closed", func(t *testing.T) {
		id := newCaseID(t)
		shown := append(photo("before"), photo("after")...)
		k := c.play(t,
			move{"worker-1", &gridcasev1.ReportAndFix{Target: newTarget(id), CaseType: "parking.motor", Condition: "C2", Point: referencetest.Point(1), Photos: append(photo("far"), shown...),
				Fields: []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}}}, 0, "case_type.no_self_fix"},
			move{"worker-1", &gridcasev1.ReportAndFix{Target: newTarget(id), CaseType: "drain.pipe", Condition: "B2", Point: referencetest.Point(1), Photos: photo("after")}, 0, "photo.required"},
			move{"citizen", &gridcasev1.ReportAndFix{Target: newTarget(id), CaseType: "drain.pipe", Condition: "B2", Point: referencetest.Point(1), Photos: shown}, 0, "access.role"},
			move{"worker-1", &gridcasev1.ReportAndFix{Target: newTarget(id), CaseType: "drain.pipe", Condition: "B2", Point: referencetest.Point(1), Photos: shown}, isHandled, ""},
			move{"acceptor", &gridcasev1.CloseCase{Target: newTarget(id)}, 0, "case.not_inspected"},
			move{"acceptor", &gridcasev1.PassAudit{Target: newTarget(id)}, isHandled, ""},
			move{"acceptor", &gridcasev1.CloseCase{Target: newTarget(id)}, isClosed, ""},
		)
		if !k.GetSelfFixed() || k.GetDepartment() != "" {
			t.Errorf("self-fixed %t, department %q", k.GetSelfFixed(), k.GetDepartment())
		}
	})

	t.Run("an extension is kept through a suspension", func(t *testing.T) {
		id := newCaseID(t)
		played := c.play(t, append(moves(pipe(id, 2), toHandling(id)...),
			move{"water-manager", &gridcasev1.RequestExtension{Target: newTarget(id), Reason: "the pump is broken"}, isHandling, ""},
			move{"water-manager", &gridcasev1.RequestReturn{Target: newTarget(id), Reason: "not ours"}, 0, "case.extension_pending"},
			move{"water-manager", &gridcasev1.DecideExtension{Target: newTarget(id), Decision: approve}, 0, "access.role"},
			move{"dispatcher", &gridcasev1.DecideExtension{Target: newTarget(id), Decision: approve}, isHandling, ""},
			move{"water-manager", &gridcasev1.RequestSuspension{Target: newTarget(id), Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_ENGINEERING,
				Until: timestamppb.New(time.Now().AddDate(2, 0, 0)), Reason: "works"}, 0, "suspension.until"},
			move{"water-manager", &gridcasev1.RequestSuspension{Target: newTarget(id), Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_ENGINEERING,
				Until: timestamppb.New(time.Now().AddDate(0, 1, 0)), Reason: "works"}, isHandling, ""},
			move{"dispatcher", &gridcasev1.DecideSuspension{Target: newTarget(id), Decision: approve}, isSuspended, ""},
			move{"dispatcher", &gridcasev1.ResumeCase{Target: newTarget(id)}, isHandling, ""},
		)...)
		if played.GetExtensions() != 1 {
			t.Errorf("%d extensions", played.GetExtensions())
		}
		answer, err := c.as("dispatcher").Query.ExplainCase(t.Context(), &gridcasev1.ExplainCaseRequest{Case: &gridcasev1.CaseRef{CaseId: id}})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		for _, d := range answer.GetDeadlines() {
			if d.GetStage() == gridcasev1.Stage_STAGE_HANDLE && (d.GetExtensions() != 1 || d.GetCountedMinutes() < 479.9 || d.GetCountedMinutes() > 480.1) {
				t.Errorf("the handling is explained with %d extensions and %f counted minutes, want 1 and 480", d.GetExtensions(), d.GetCountedMinutes())
			}
		}
	})

	t.Run("another shift leader forces a closing", func(t *testing.T) {
		id := newCaseID(t)
		c.play(t, pipe(id, 1),
			move{"leader", &gridcasev1.RequestForceClose{Target: newTarget(id), Reason: "the archive is full"}, isReported, ""},
			move{"leader", &gridcasev1.DecideForceClose{Target: newTarget(id), Decision: approve}, 0, "case.same_person"},
			move{"acceptor", &gridcasev1.RequestVoid{Target: newTarget(id), Reason: "a test"}, isReported, ""},
			move{"leader", &gridcasev1.DecideVoid{Target: newTarget(id), Decision: approve}, isVoided, ""},
		)
	})

	t.Run("a duplicate is merged and taken up again", func(t *testing.T) {
		primary, duplicate := newCaseID(t), newCaseID(t)
		k := c.play(t, pipe(primary, 5), pipe(duplicate, 5),
			move{"acceptor", &gridcasev1.MergeCase{Target: newTarget(duplicate), PrimaryId: primary}, isMerged, ""})
		if k.GetPrimary() != primary {
			t.Errorf("merged into %q", k.GetPrimary())
		}
		k = c.play(t, move{"acceptor", &gridcasev1.SetPriority{Target: newTarget(primary), Priority: gridcasev1.Priority_PRIORITY_URGENT, Reason: "a school"}, isReported, ""})
		if len(k.GetDuplicates()) != 1 || k.GetDuplicates()[0] != duplicate || k.GetPriority() != gridcasev1.Priority_PRIORITY_URGENT {
			t.Errorf("the primary has duplicates %v and priority %s", k.GetDuplicates(), k.GetPriority())
		}
		k = c.play(t, move{"acceptor", &gridcasev1.UnmergeCase{Target: newTarget(duplicate), Reason: "another pipe"}, isReported, ""})
		if k.GetPrimary() != "" {
			t.Errorf("still merged into %q", k.GetPrimary())
		}
	})

	t.Run("a parent closes after its children", func(t *testing.T) {
		parent, child := newCaseID(t), newCaseID(t)
		k := c.play(t, append(moves(pipe(parent, 3), toHandling(parent)...),
			move{"dispatcher", &gridcasev1.SplitCase{Target: newTarget(parent), Reason: "two pipes", Children: []*gridcasev1.ChildInput{{CaseId: child, CaseType: "drain.pipe"}}}, isHandling, ""},
			move{"water-manager", &gridcasev1.ReportHandling{Target: newTarget(parent), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: photo("after")}, isHandled, ""},
			move{"acceptor", &gridcasev1.CloseCase{Target: newTarget(parent)}, 0, "case.open_children"},
		)...)
		if len(k.GetChildren()) != 1 || k.GetChildren()[0] != child {
			t.Errorf("children %v", k.GetChildren())
		}
		if k := c.play(t, move{"acceptor", &gridcasev1.DeclineCase{Target: newTarget(child), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_NOT_EXISTS}, gridcasev1.State_STATE_NOT_FILED, ""}); k.GetParent() != parent {
			t.Errorf("the child's parent is %q", k.GetParent())
		}
		for deadline := time.Now().Add(20 * time.Second); len(c.status(t, parent, k.GetPosition()).GetSettledChildren()) == 0; <-time.After(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the parent never heard of its child's end")
			}
		}
	})

	t.Run("what follows a closing", func(t *testing.T) {
		id := newCaseID(t)
		worker := referencetest.UserID("worker-1")
		k := c.play(t, append(moves(pipe(id, 4), toHandling(id)...),
			move{"supervisor", &gridcasev1.UrgeCase{Target: newTarget(id), Kind: gridcasev1.UrgeKind_URGE_KIND_LEADER, Note: "today"}, isHandling, ""},
			move{"water-manager", &gridcasev1.ReplyUrge{Target: newTarget(id), Note: "at once"}, isHandling, ""},
			move{"water-manager", &gridcasev1.ReportHandling{Target: newTarget(id), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: photo("after")}, isHandled, ""},
			move{"acceptor", &gridcasev1.RequestInspection{Target: newTarget(id), Worker: worker}, gridcasev1.State_STATE_INSPECTING, ""},
			move{"worker-1", &gridcasev1.SubmitInspection{Target: newTarget(id), Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Photos: photo("near")}, isHandled, ""},
			move{"acceptor", &gridcasev1.CloseCase{Target: newTarget(id)}, isClosed, ""},
			move{"acceptor", &gridcasev1.RecordVisit{Target: newTarget(id), Outcome: gridcasev1.VisitOutcome_VISIT_OUTCOME_REACHED}, isClosed, ""},
			move{"acceptor", &gridcasev1.RecordVisit{Target: newTarget(id), Outcome: gridcasev1.VisitOutcome_VISIT_OUTCOME_REACHED}, 0, "case.visited"},
			move{"acceptor", &gridcasev1.RecordFeedback{Target: newTarget(id), Satisfaction: gridcasev1.Satisfaction_SATISFACTION_DISSATISFIED}, isClosed, ""},
			move{"water-manager", &gridcasev1.AppealOverdue{Target: newTarget(id), Reason: "rain"}, 0, "case.not_overdue"},
			move{"water-manager", &gridcasev1.AddAttachment{Target: newTarget(id), Attachment: &gridcasev1.Attachment{Sha256: strings.Repeat("b", 64), MediaType: "image/jpeg", Size: 10}}, isClosed, ""},
			move{"leader", &gridcasev1.RedactAttachment{Target: newTarget(id), Sha256: strings.Repeat("b", 64), Reason: "a face"}, isClosed, ""},
		)...)
		if k.GetSatisfaction() != gridcasev1.Satisfaction_SATISFACTION_DISSATISFIED {
			t.Errorf("satisfaction %s", k.GetSatisfaction())
		}
	})
}
