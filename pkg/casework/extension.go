package casework

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// requestExtension asks for one more limit (延期), before the due time and while another one may be granted. The breach of a due time that
// passes meanwhile waits for the decision.
func requestExtension(c *Case, _ *gridcasev1.RequestExtension, f *Facts) (proto.Message, error) {
	if err := c.mayAsk("request an extension", f); err != nil {
		return nil, err
	}
	k := c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE)
	switch {
	case k.Due.IsZero():
		return nil, fault.New(fault.Conflict, "case.no_limit", "the case has no due time that could be extended")
	case f.Now.After(k.Due):
		return nil, fault.New(fault.Conflict, "case.overdue", "an extension is requested before the due time")
	case len(k.Extensions) >= int(f.policy().MaxExtensions()):
		return nil, fault.New(fault.Conflict, "case.extensions_used", "the handling was extended %d times, and more is not granted", len(k.Extensions))
	}
	reason, err := f.text("reason", "an extension needs a reason")
	if err != nil {
		return nil, err
	}
	return &gridcasev1.ExtensionRequested{Reason: reason, Clocks: c.askClocks(f)}, nil
}

// askClocks is the reading of the clocks when an extension or a suspension is requested.
func (c *Case) askClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(nil, c.startDesk(f, gridcasev1.Stage_STAGE_DECIDE))
}

// refuseClocks is the reading of the clocks when it is refused.
func (c *Case) refuseClocks() []*gridcasev1.Clocks { return c.stop(gridcasev1.Stage_STAGE_DECIDE) }

// decideExtension answers the request. Granted, the due time moves by one original limit; refused, it stays, and so does its breach.
func decideExtension(c *Case, cmd *gridcasev1.DecideExtension, f *Facts) (proto.Message, error) {
	if err := c.mustBePending(gridcasev1.Pending_PENDING_EXTENSION); err != nil {
		return nil, err
	}
	reason := f.Sealed["reason"]
	if cmd.GetDecision() != gridcasev1.Decision_DECISION_APPROVE {
		return &gridcasev1.ExtensionRefused{Reason: reason, Clocks: c.refuseClocks()}, nil
	}
	if c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE).Due.IsZero() { // reclassified meanwhile
		return nil, fault.New(fault.Conflict, "case.no_limit", "the case has no due time any more that could be extended; refuse the request")
	}
	return &gridcasev1.ExtensionGranted{Reason: reason, Clocks: c.extendClocks(f)}, nil
}

func (c *Case) extendClocks(f *Facts) []*gridcasev1.Clocks {
	return readings(c.stop(gridcasev1.Stage_STAGE_DECIDE), c.extend(f))
}

// extend is the reading of the clock of handling with one more limit; nil where it has none.
func (c *Case) extend(f *Facts) *gridcasev1.Clocks {
	k := c.Clocks.Of(gridcasev1.Stage_STAGE_HANDLE)
	if k.Due.IsZero() {
		return nil
	}
	due, warnAt := k.extended().due(f, k.Limit)
	if k.Reworked { // with its least time, perhaps: the due time need not follow from the start
		due = f.Calendar.Extend(k.Due, k.Limit)
		if warnAt.Before(k.WarnAt) {
			warnAt = k.WarnAt
		}
		if warnAt.After(due) {
			warnAt = due
		}
	}
	return &gridcasev1.Clocks{Stage: gridcasev1.Stage_STAGE_HANDLE, Due: timestamppb.New(due), WarnAt: timestamppb.New(warnAt), Limit: k.Limit}
}

func (c *Case) extensionGranted() {
	c.Pending = gridcasev1.Pending_PENDING_UNSPECIFIED
	c.Clocks.change(gridcasev1.Stage_STAGE_HANDLE, Clock.extended)
}

// mayAsk is what an extension and a suspension need: a case in the department's hands and no other request.
func (c *Case) mayAsk(verb string, f *Facts) error {
	if err := c.must(verb, gridcasev1.State_STATE_HANDLING); err != nil {
		return err
	}
	if err := c.mustBeHandling(f); err != nil {
		return err
	}
	return c.mustNotBePending(verb)
}
