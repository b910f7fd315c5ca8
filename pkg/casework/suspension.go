package casework

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestSuspension asks to lay the case aside until a day, at most a year ahead (挂账): it needs works, or the season forbids it.
func requestSuspension(c *Case, cmd *gridcasev1.RequestSuspension, f *Facts) (proto.Message, error) {
	if err := c.mayAsk("request a suspension", f); err != nil {
		return nil, err
	}
	if c.Suspensions >= f.policy().MaxSuspensions() {
		return nil, fault.New(fault.Conflict, "case.suspensions_used", "the case was suspended %d times, and more is not granted", c.Suspensions)
	}
	if err := f.mustBeAhead(cmd.GetUntil().AsTime()); err != nil {
		return nil, err
	}
	reason, err := f.text("reason", "a suspension needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.SuspensionRequested{Kind: cmd.GetKind(), Until: cmd.GetUntil(), Reason: reason, Clocks: c.askClocks(f)}, nil
}

// mustBeAhead refuses a day that is over or more than a year away.
func (f *Facts) mustBeAhead(until time.Time) error {
	if until.After(f.Now) && !until.After(f.Now.In(f.Calendar.Zone()).AddDate(1, 0, 0)) {
		return nil
	}
	return fault.BadField("until", "suspension.until", "a case is laid aside until a time that lies ahead, at most a year")
}

func (c *Case) suspensionRequested(e *gridcasev1.SuspensionRequested) {
	c.Pending = gridcasev1.Pending_PENDING_SUSPENSION
	c.SuspensionKind, c.SuspendedUntil = e.GetKind(), e.GetUntil().AsTime()
}

// decideSuspension answers the request. Approved, the clock of handling stands still until the case is resumed.
func decideSuspension(c *Case, cmd *gridcasev1.DecideSuspension, f *Facts) (proto.Message, error) {
	if err := c.mustBePending(gridcasev1.Pending_PENDING_SUSPENSION); err != nil {
		return nil, err
	}
	reason := f.Sealed["reason"]
	if cmd.GetDecision() != gridcasev1.Decision_DECISION_APPROVE {
		return &gridcasev1.SuspensionRefused{Reason: reason, Clocks: c.refuseClocks()}, nil
	}
	if !c.SuspendedUntil.After(f.Now) {
		return nil, fault.New(fault.Conflict, "suspension.over", "the day until which the case was to be laid aside is over; refuse the request")
	}
	return &gridcasev1.CaseSuspended{Kind: c.SuspensionKind, Until: timestamppb.New(c.SuspendedUntil), Reason: reason, Clocks: c.suspendClocks()}, nil
}

func (c *Case) suspendClocks() []*gridcasev1.Clocks {
	return append(c.stop(gridcasev1.Stage_STAGE_DECIDE), c.pause(gridcasev1.Stage_STAGE_HANDLE)...)
}

func (c *Case) caseSuspended(env *gridcasev1.Envelope) {
	c.State, c.Pending = gridcasev1.State_STATE_SUSPENDED, gridcasev1.Pending_PENDING_UNSPECIFIED
	c.Suspensions++
	c.handling(Clock.leave, env.Time)
}

// resumeCase takes a suspended case up again: the dispatcher at any time, the timer when its day has come. The due time moves by the time of
// the limit's basis inside the suspension.
func resumeCase(c *Case, _ *gridcasev1.ResumeCase, f *Facts) (proto.Message, error) {
	if err := c.must("resume", gridcasev1.State_STATE_SUSPENDED); err != nil {
		return nil, err
	}
	if f.bySystem() && f.Now.Before(c.SuspendedUntil) {
		return nil, fault.New(fault.Conflict, "timer.early", "the case is suspended until later")
	}
	return &gridcasev1.CaseResumed{Clocks: c.resumeClocks(f)}, nil
}

func (c *Case) resumeClocks(f *Facts) []*gridcasev1.Clocks {
	return c.resume(f, gridcasev1.Stage_STAGE_HANDLE)
}

func (c *Case) caseResumed(env *gridcasev1.Envelope) {
	c.State = gridcasev1.State_STATE_HANDLING
	c.handling(Clock.comeBack, env.Time)
}
