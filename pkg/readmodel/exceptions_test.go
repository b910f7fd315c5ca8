package readmodel_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
)

const (
	suspended = gridcasev1.State_STATE_SUSPENDED
	voided    = gridcasev1.State_STATE_VOIDED
	merged    = gridcasev1.State_STATE_MERGED

	primary = "00000000-0000-7000-8000-00000000dddd" // another case
	child1  = "00000000-0000-7000-8000-00000000e001"
	child2  = "00000000-0000-7000-8000-00000000e002"
)

// What leaves the usual way of a case, step by step.
var (
	merge    = step{merged, &gridcasev1.CaseMerged{Primary: primary}}
	offered  = step{merged, &gridcasev1.UnmergeOffered{Primary: primary, State: gridcasev1.State_STATE_VOIDED}}
	unmerge  = step{reported, &gridcasev1.CaseUnmerged{Primary: primary, Clocks: clocks(runs(accept, 500))}}
	split    = step{handling, &gridcasev1.CaseSplit{Children: []*gridcasev1.Child{{CaseId: child1}, {CaseId: child2}}}}
	settles  = step{handling, &gridcasev1.ChildSettled{Child: child1, State: closed}}
	more     = step{handling, &gridcasev1.ExtensionRequested{Clocks: clocks(runs(decide, 85))}}
	granted  = step{handling, &gridcasev1.ExtensionGranted{Clocks: clocks(runs(decide, 0), runs(handle, 480))}}
	denied   = step{handling, &gridcasev1.ExtensionRefused{Clocks: clocks(runs(decide, 0))}}
	aside    = step{handling, &gridcasev1.SuspensionRequested{Until: timestamppb.New(minute(9000)), Clocks: clocks(runs(decide, 86))}}
	rests    = step{suspended, &gridcasev1.CaseSuspended{Until: timestamppb.New(minute(9000)), Clocks: clocks(runs(decide, 0), paused(handle, 240))}}
	goesOn   = step{handling, &gridcasev1.SuspensionRefused{Clocks: clocks(runs(decide, 0))}}
	resumes  = step{handling, &gridcasev1.CaseResumed{Clocks: clocks(runs(handle, 9100))}}
	selfFix  = step{handled, &gridcasev1.HandlingReported{Self: true, Condition: "on_footway"}}
	audited  = step{handled, &gridcasev1.AuditPassed{Clocks: clocks(runs(closing, 130))}}
	forces   = step{closed, &gridcasev1.CaseForceClosed{}}
	voids    = step{voided, &gridcasev1.CaseVoided{}}
	overdue  = step{handling, &gridcasev1.StageBreached{Stage: handle, Due: timestamppb.New(minute(240))}}
	up       = step{handling, &gridcasev1.CaseEscalated{Level: 2, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_OVERDUE, Stage: handle}}
	urges    = step{handling, &gridcasev1.CaseUrged{Kind: gridcasev1.UrgeKind_URGE_KIND_LEADER}}
	replies  = step{handling, &gridcasev1.UrgeReplied{}}
	appeals  = step{closed, &gridcasev1.AppealFiled{}}
	forwards = step{closed, &gridcasev1.AppealForwarded{}}
	exempts  = step{closed, &gridcasev1.AppealDecided{Decision: gridcasev1.Decision_DECISION_APPROVE}}
	stands   = step{closed, &gridcasev1.AppealDecided{Decision: gridcasev1.Decision_DECISION_REFUSE}}
	unhappy  = step{closed, &gridcasev1.FeedbackRecorded{Satisfaction: gridcasev1.Satisfaction_SATISFACTION_DISSATISFIED}}
	visited  = step{closed, &gridcasev1.VisitRecorded{Outcome: gridcasev1.VisitOutcome_VISIT_OUTCOME_REACHED, Satisfaction: gridcasev1.Satisfaction_SATISFACTION_NEUTRAL}}
	urgent   = step{reported, &gridcasev1.PrioritySet{Priority: gridcasev1.Priority_PRIORITY_URGENT}}
)

// in is an event that moves nothing, in a state.
func in(state gridcasev1.State, m proto.Message) step { return step{state, m} }

// way joins steps.
func way(first []step, more ...step) []step { return append(first[:len(first):len(first)], more...) }

var (
	toHandling = []step{report, file, assign, signs}
	toClosed   = way(toHandling, done, look, passes, ends)
)

func TestHowACaseStandsThatLeavesTheUsualWay(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	at := func(n int) *timestamppb.Timestamp { return timestamppb.New(minute(n)) }
	inHand := func(c *gridcasev1.CaseStatus) {
		c.State, c.Condition, c.FiledAt, c.DispatchedAt, c.Department, c.Clocks = handling, "blocks_exit", at(1), at(2), "traffic_police", clocks(runs(handle, 240))
	}
	ended := func(c *gridcasev1.CaseStatus) {
		c.State, c.Condition, c.Department, c.FiledAt, c.DispatchedAt, c.HandledAt, c.ClosedAt = closed, "blocks_exit", "traffic_police", at(1), at(2), at(4), at(7)
	}
	waits := func(c *gridcasev1.CaseStatus, kinds ...gridcasev1.Pending) { c.Pending, c.Requests = kinds[0], kinds }
	for n, tt := range []struct {
		name  string
		steps []step
		want  func(c *gridcasev1.CaseStatus)
	}{
		{"urgent by the desk's word", []step{report, urgent}, func(c *gridcasev1.CaseStatus) {
			c.Priority, c.Clocks = gridcasev1.Priority_PRIORITY_URGENT, clocks(runs(accept, 15))
		}},
		{"merged, another stands for it and no department has it", []step{report, file, assign, merge}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Primary, c.Condition, c.FiledAt, c.DispatchedAt = merged, primary, "blocks_exit", at(1), at(2)
		}},
		{"unmerged, it is a report", []step{report, file, assign, merge, unmerge}, func(c *gridcasev1.CaseStatus) {
			c.Clocks = clocks(runs(accept, 500))
		}},
		{"others are merged into it, and one no longer", []step{report, in(reported, &gridcasev1.DuplicateLinked{Duplicate: child1}), in(reported, &gridcasev1.DuplicateLinked{Duplicate: child2}),
			in(reported, &gridcasev1.DuplicateUnlinked{Duplicate: child1})}, func(c *gridcasev1.CaseStatus) {
			c.Duplicates, c.Clocks = []string{child2}, clocks(runs(accept, 15))
		}},
		{"split, and one child has ended", way(toHandling, split, settles), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.Children, c.SettledChildren = []string{child1, child2}, []string{child1}
		}},
		{"a child is open again", way(toHandling, split, settles, in(handling, &gridcasev1.ChildReopened{Child: child1})), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.Children = []string{child1, child2}
		}},
		{"an extension is asked for", way(toHandling, more), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			waits(c, gridcasev1.Pending_PENDING_EXTENSION)
			c.Clocks = clocks(runs(handle, 240), runs(decide, 85))
		}},
		{"granted, and another refused", way(toHandling, more, granted, more, denied), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.Extensions, c.Clocks = 1, clocks(runs(handle, 480))
		}},
		{"laid aside", way(toHandling, aside, rests), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.State, c.SuspendedUntil, c.Clocks = suspended, at(9000), clocks(paused(handle, 240))
		}},
		{"resumed", way(toHandling, aside, rests, resumes), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.Clocks = clocks(runs(handle, 9100))
		}},
		{"handled, the extension is asked for no more", way(toHandling, more, done), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.State, c.HandledAt, c.Clocks = handled, at(5), clocks(runs(decide, 85), runs(sendInspection, 100))
		}},
		{"fixed by who reported", []step{report, selfFix, audited}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.HandledAt, c.SelfFixed, c.Clocks = handled, "on_footway", at(1), true, clocks(runs(accept, 15), runs(closing, 130))
		}},
		{"not in order, it is filed as any other", []step{report, selfFix, file}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.HandledAt, c.FiledAt, c.Clocks = filed, "blocks_exit", at(1), at(2), clocks(runs(dispatch, 30))
		}},
		{"a void and a force close wait beside an extension", way(toHandling, more, in(handling, &gridcasev1.ForceCloseRequested{}), in(handling, &gridcasev1.VoidRequested{})), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			waits(c, gridcasev1.Pending_PENDING_EXTENSION, gridcasev1.Pending_PENDING_VOID, gridcasev1.Pending_PENDING_FORCE_CLOSE)
			c.Clocks = clocks(runs(handle, 240), runs(decide, 85))
		}},
		{"closed by force, nothing waits and the department stays named", way(toHandling, more, in(handling, &gridcasev1.ForceCloseRequested{}), in(handling, &gridcasev1.VoidRequested{}), forces), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.State, c.ClosedAt, c.Clocks = closed, at(7), nil
		}},
		{"void, no department has it", way(toHandling, in(handling, &gridcasev1.VoidRequested{}), voids), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			c.State, c.Department, c.Clocks = voided, "", nil
		}},
		{"both refused", way(toHandling, in(handling, &gridcasev1.VoidRequested{}), in(handling, &gridcasev1.VoidRefused{}), in(handling, &gridcasev1.ForceCloseRequested{}), in(handling, &gridcasev1.ForceCloseRefused{})), inHand},
		{"overdue, gone up, urged", way(toHandling, overdue, up, urges), func(c *gridcasev1.CaseStatus) {
			inHand(c)
			waits(c, gridcasev1.Pending_PENDING_URGE)
			c.Overdue, c.Escalation = []gridcasev1.Stage{handle}, 2
		}},
		{"the department replied", way(toHandling, urges, replies), inHand},
		{"an appeal was approved", way(toClosed, appeals, forwards, exempts), func(c *gridcasev1.CaseStatus) {
			ended(c)
			c.TimeoutExempt = true
		}},
		{"an appeal was forwarded", way(toClosed, appeals, forwards), func(c *gridcasev1.CaseStatus) {
			ended(c)
			waits(c, gridcasev1.Pending_PENDING_APPEAL_DECISION)
		}},
		{"an appeal was refused", way(toClosed, appeals, forwards, stands), ended},
		{"the reporter is not satisfied", way(toClosed, unhappy), func(c *gridcasev1.CaseStatus) {
			ended(c)
			waits(c, gridcasev1.Pending_PENDING_REOPENING)
			c.Satisfaction = gridcasev1.Satisfaction_SATISFACTION_DISSATISFIED
		}},
		{"visited, the reporter lets it be", way(toClosed, unhappy, visited), func(c *gridcasev1.CaseStatus) {
			ended(c)
			c.Satisfaction = gridcasev1.Satisfaction_SATISFACTION_NEUTRAL
		}},
		{"reopened, what was said of the closing is gone and the counters stay", way(toHandling, overdue, up, more, granted, urgentNow, done, ends, appeals, unhappy, reopen), func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.Reopenings, c.Extensions, c.Escalation, c.Clocks = filed, "blocks_exit", at(1), 1, 1, 2, clocks(runs(dispatch, 400))
			c.Priority = gridcasev1.Priority_PRIORITY_URGENT
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { s.stands(n, tt.steps, tt.want) })
	}
}

// urgentNow is a priority that is set while the case is handled.
var urgentNow = in(handling, &gridcasev1.PrioritySet{Priority: gridcasev1.Priority_PRIORITY_URGENT})

func TestAChildNamesItsParentAndItsPermits(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	permits := []*gridcasev1.Permit{{Project: "drainage-2026", Number: "P-7", ValidTo: timestamppb.New(minute(600))}, {Project: "open-end", Number: "P-8"}}
	s.happens(1, step{reported, &gridcasev1.CaseReported{Number: "1", Place: place("610302001001001"), Parent: primary, Permits: permits}})
	got, err := casestatus.Cases{Pool: s.pool}.Get(t.Context(), everything, &gridcasev1.CaseRef{CaseId: id(1)})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetParent() != primary {
		t.Errorf("the parent is %q", got.GetParent())
	}
	same(t, got.GetPermits(), permits)
}
