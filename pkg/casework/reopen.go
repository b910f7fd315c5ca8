package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// reopenCase takes up an ended case again, within the window: filed where it was filed and its condition is still active, else reported.
func reopenCase(c *Case, _ *gridcasev1.ReopenCase, f *Facts) (proto.Message, error) {
	if err := c.must("reopen", gridcasev1.State_STATE_CLOSED, gridcasev1.State_STATE_NOT_FILED); err != nil {
		return nil, err
	}
	if f.Now.After(c.EndedAt.Add(f.policy().ReopenFor())) {
		return nil, fault.New(fault.Conflict, "case.reopen_late", "the time to reopen this case is over; report it anew")
	}
	reason, err := f.text("reason", "a reopened case needs a reason")
	if err != nil {
		return nil, err
	}
	condition := ""
	if c.Condition != "" && !c.SelfFixed && f.activeCondition(c.Type, c.Condition) == nil {
		condition = c.Condition
	}
	return &gridcasev1.CaseReopened{Condition: condition, Reason: reason, Clocks: c.reopenClocks(condition, f)}, nil
}

// reopenClocks is the reading of the clocks when the case is filed again under a condition, or reported again without one.
func (c *Case) reopenClocks(condition string, f *Facts) []*gridcasev1.Clocks {
	if condition != "" {
		return readings(nil, c.startDesk(f, gridcasev1.Stage_STAGE_DISPATCH))
	}
	return readings(nil, c.startDesk(f, gridcasev1.Stage_STAGE_ACCEPT))
}

func (c *Case) caseReopened(e *gridcasev1.CaseReopened) {
	state := gridcasev1.State_STATE_REPORTED
	if e.GetCondition() != "" {
		state = gridcasev1.State_STATE_FILED
	}
	c.anew(state)
	c.Condition = e.GetCondition()
	c.Reopenings++
}
