package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// counted is the level that a case goes up to when it bounces or is reworked again and again (提级督办).
const counted = 2

// escalateCase takes an overdue case up to a level of the district's policy.
func escalateCase(c *Case, cmd *gridcasev1.EscalateCase, f *Facts) (proto.Message, error) {
	k, err := c.timed(cmd.GetStage(), cmd.GetDue().AsTime())
	if err != nil {
		return nil, err
	}
	if !k.Breached || cmd.GetLevel() <= c.Escalation {
		return nil, errPassed(cmd.GetStage())
	}
	for _, rule := range f.policy().Escalations() {
		if rule.GetStage() != cmd.GetStage() || rule.GetLevel() != cmd.GetLevel() {
			continue
		}
		if f.Now.Before(f.Calendar.Due(k.Due, rule.GetAfter())) {
			return nil, errEarly(cmd.GetStage())
		}
		return &gridcasev1.CaseEscalated{Level: cmd.GetLevel(), Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_OVERDUE, Stage: cmd.GetStage()}, nil
	}
	return nil, errPassed(cmd.GetStage())
}

// escalation is what a bounce or a rework leads to when there were too many; nil where there were not.
func (c *Case) escalation(next *Case, f *Facts) proto.Message {
	limit := f.policy().EscalateAt()
	if next.Escalation >= counted {
		return nil
	}
	switch {
	case next.Bounces > c.Bounces && next.Bounces >= limit:
		return &gridcasev1.CaseEscalated{Level: counted, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_BOUNCES}
	case next.Reworks > c.Reworks && next.Reworks >= limit:
		return &gridcasev1.CaseEscalated{Level: counted, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_REWORKS}
	}
	return nil
}
