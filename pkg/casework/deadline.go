package casework

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// errStale is the answer to a timer whose clock has stopped or moved. Nothing is wrong then.
func errStale(stage gridcasev1.Stage) error {
	return fault.New(fault.Conflict, "timer.stale", "the clock of stage %s is not what the timer was set for", stageName(stage))
}

// errPassed is the answer to a timer whose moment is recorded, or can't be any more, while its clock runs on.
func errPassed(stage gridcasev1.Stage) error {
	return fault.New(fault.Conflict, "timer.passed", "what the timer of stage %s tells is recorded, or is not to be", stageName(stage))
}

// timed returns the clock that a timer was set for, where it still runs and is due at that time.
func (c *Case) timed(stage gridcasev1.Stage, due time.Time) (Clock, error) {
	k := c.Clocks.Of(stage)
	if !c.Open() || k.Due.IsZero() || !k.Paused().IsZero() || !k.Due.Equal(due) {
		return Clock{}, errStale(stage)
	}
	return k, nil
}

func errEarly(stage gridcasev1.Stage) error {
	return fault.New(fault.Conflict, "timer.early", "the time of the timer of stage %s has not come", stageName(stage))
}

// warnStage records that 80 % of a stage's limit are used, once a due time.
func warnStage(c *Case, cmd *gridcasev1.WarnStage, f *Facts) (proto.Message, error) {
	k, err := c.timed(cmd.GetStage(), cmd.GetDue().AsTime())
	switch {
	case err != nil:
		return nil, err
	case k.Breached || k.WarnedOf.Equal(k.Due) || f.Now.After(k.Due):
		return nil, errPassed(cmd.GetStage())
	case f.Now.Before(k.WarnAt):
		return nil, errEarly(cmd.GetStage())
	}
	return &gridcasev1.StageWarned{Stage: cmd.GetStage(), Due: cmd.GetDue()}, nil
}

func (c *Case) stageWarned(e *gridcasev1.StageWarned) {
	c.Clocks.change(e.GetStage(), func(k Clock) Clock {
		k.WarnedOf = e.GetDue().AsTime()
		return k
	})
}

// breachStage records that a stage is overdue, once a clock. While an extension waits for its decision, so does the breach.
func breachStage(c *Case, cmd *gridcasev1.BreachStage, f *Facts) (proto.Message, error) {
	k, err := c.timed(cmd.GetStage(), cmd.GetDue().AsTime())
	switch {
	case err != nil:
		return nil, err
	case k.Breached:
		return nil, errPassed(cmd.GetStage())
	case !f.Now.After(k.Due):
		return nil, errEarly(cmd.GetStage())
	case cmd.GetStage() == gridcasev1.Stage_STAGE_HANDLE && c.Pending == gridcasev1.Pending_PENDING_EXTENSION:
		return nil, fault.New(fault.Conflict, "timer.waits", "an extension waits for its decision, and so does the breach")
	}
	return &gridcasev1.StageBreached{Stage: cmd.GetStage(), Due: cmd.GetDue()}, nil
}

func (c *Case) stageBreached(e *gridcasev1.StageBreached) {
	c.Clocks.change(e.GetStage(), func(k Clock) Clock {
		k.Breached = true
		return k
	})
}

// breaches are the stages that next, the case after a command, has left overdue without a record: whoever touches a case first records it.
func (c *Case) breaches(next *Case, f *Facts) []proto.Message {
	var found []proto.Message
	for stage, k := range c.Clocks.All() {
		if k.Due.IsZero() || !k.Paused().IsZero() || k.Breached || !f.Now.After(k.Due) || stage == gridcasev1.Stage_STAGE_HANDLE && c.waits(next) {
			continue
		}
		found = append(found, &gridcasev1.StageBreached{Stage: stage, Due: timestamppb.New(k.Due)})
	}
	return found
}

// waits tells whether the breach of handling waits for an extension's decision, or was lifted by it.
func (c *Case) waits(next *Case) bool {
	asked := c.Pending == gridcasev1.Pending_PENDING_EXTENSION
	return asked && (next.Pending == c.Pending || len(next.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE).Extensions) > len(c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE).Extensions))
}

// correctDeadline counts the running clocks anew after the calendar was corrected. A breach that is recorded stays, and so does what rework
// was given at least.
func correctDeadline(c *Case, _ *gridcasev1.CorrectDeadline, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("correct the due times"); err != nil {
		return nil, err
	}
	corrected := c.correctClocks(f)
	if len(corrected) == 0 {
		return nil, fault.New(fault.Conflict, "deadline.same", "no due time changes")
	}
	return &gridcasev1.DeadlineCorrected{Clocks: corrected}, nil
}

func (c *Case) correctClocks(f *Facts) (corrected []*gridcasev1.Clocks) {
	for stage, k := range c.Clocks.All() {
		if k.Due.IsZero() || k.Breached || k.Reworked || f.Now.After(k.Due) {
			continue
		}
		due, warnAt := k.due(f, k.Limit)
		if !due.Equal(k.Due) {
			corrected = append(corrected, &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(due), WarnAt: timestamppb.New(warnAt),
				Paused: !k.Paused().IsZero(), Limit: k.Limit})
		}
	}
	return corrected
}

func stageName(s gridcasev1.Stage) string { return strings.TrimPrefix(s.String(), "STAGE_") }
