package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// recordVisit says how the desk reached the reporter after closing (回访), once a closing.
func recordVisit(c *Case, cmd *gridcasev1.RecordVisit, f *Facts) (proto.Message, error) {
	if err := c.must("record a visit", gridcasev1.State_STATE_CLOSED); err != nil {
		return nil, err
	}
	if c.Visited {
		return nil, fault.New(fault.Conflict, "case.visited", "the visit of this closing is recorded")
	}
	if cmd.GetOutcome() != gridcasev1.VisitOutcome_VISIT_OUTCOME_REACHED && cmd.GetSatisfaction() != gridcasev1.Satisfaction_SATISFACTION_UNSPECIFIED {
		return nil, fault.BadField("satisfaction", "visit.not_reached", "nobody was reached who could be satisfied or not")
	}
	return &gridcasev1.VisitRecorded{Outcome: cmd.GetOutcome(), Satisfaction: cmd.GetSatisfaction(), Note: f.Sealed["note"]}, nil
}

// recordFeedback says what the reporter thinks of the result, once a closing: the citizen who reported, or the desk for them.
func recordFeedback(c *Case, cmd *gridcasev1.RecordFeedback, f *Facts) (proto.Message, error) {
	if err := c.must("give feedback", gridcasev1.State_STATE_CLOSED); err != nil {
		return nil, err
	}
	if f.Actor.Role != gridcasev1.Role_ROLE_ACCEPTOR && f.Actor.ID != c.Reporter {
		return nil, fault.New(fault.Denied, "case.other_reporter", "feedback is given by who reported, or by an acceptor for them")
	}
	if c.FedBack {
		return nil, fault.New(fault.Conflict, "case.fed_back", "the feedback on this closing is recorded")
	}
	return &gridcasev1.FeedbackRecorded{Satisfaction: cmd.GetSatisfaction(), Note: f.Sealed["note"]}, nil
}
