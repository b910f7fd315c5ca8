package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// AppealStage is how far a department's appeal against being overdue has come.
type AppealStage int

// The stages of an appeal. One is filed once a closing.
const (
	NoAppeal AppealStage = iota
	AppealFiled
	AppealForwarded
	AppealDecided
)

// appealOverdue says that being overdue was no fault of the department's (申诉): after closing, once, and only where it was overdue.
func appealOverdue(c *Case, cmd *gridcasev1.AppealOverdue, f *Facts) (proto.Message, error) {
	if err := c.must("appeal", gridcasev1.State_STATE_CLOSED); err != nil {
		return nil, err
	}
	if err := c.mustBeDepartment(f); err != nil {
		return nil, err
	}
	if !c.wasOverdue() {
		return nil, fault.New(fault.Conflict, "case.not_overdue", "the department was not overdue with this case")
	}
	if c.Appeal != NoAppeal {
		return nil, fault.New(fault.Conflict, "case.appealed", "an appeal was filed on this closing already")
	}
	reason, err := f.text("reason", "an appeal needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.AppealFiled{Reason: reason, Photos: cmd.GetPhotos()}, nil
}

// wasOverdue tells whether a stage of the department's was.
func (c *Case) wasOverdue() bool {
	return c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE).Breached || c.Clocks.Of(gridcasev1.Stage_STAGE_SIGN).Breached
}

// forwardAppeal hands the appeal on to the acceptor.
func forwardAppeal(c *Case, _ *gridcasev1.ForwardAppeal, f *Facts) (proto.Message, error) {
	if err := c.must("forward the appeal", gridcasev1.State_STATE_CLOSED); err != nil {
		return nil, err
	}
	if c.Appeal != AppealFiled {
		return nil, fault.New(fault.Conflict, "case.no_appeal", "no appeal waits to be forwarded")
	}
	return &gridcasev1.AppealForwarded{Note: f.Sealed["note"]}, nil
}

// decideAppeal answers the appeal. Approved, the department is exempt from the figures of overdue cases; the fact stays visible.
func decideAppeal(c *Case, cmd *gridcasev1.DecideAppeal, f *Facts) (proto.Message, error) {
	if err := c.must("decide on the appeal", gridcasev1.State_STATE_CLOSED); err != nil {
		return nil, err
	}
	if c.Appeal != AppealForwarded {
		return nil, fault.New(fault.Conflict, "case.no_appeal", "no appeal was forwarded for a decision")
	}
	return &gridcasev1.AppealDecided{Decision: cmd.GetDecision(), Reason: f.Sealed["reason"]}, nil
}

func (c *Case) appealDecided(e *gridcasev1.AppealDecided) {
	c.Appeal, c.TimeoutExempt = AppealDecided, e.GetDecision() == gridcasev1.Decision_DECISION_APPROVE
}
