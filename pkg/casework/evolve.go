package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Evolve returns c after r. It never fails: r has happened. It is the whole list of events.
func Evolve(c Case, r Recorded) Case {
	c.apply(r.Message, r.Envelope)
	c.applyClocks(r.Message, r.Envelope.Time)
	c.Version, c.Seq, c.Hash, c.At = r.Envelope.Version, r.Seq, r.Hash, r.Envelope.Time
	done := Done{ID: r.Envelope.CommandID, Hash: r.Envelope.CommandHash, Version: c.Version, Seq: c.Seq, State: c.State}
	if last := len(c.Commands) - 1; last >= 0 && c.Commands[last].ID == done.ID { // a command's second event
		c.Commands = slices.Clone(c.Commands)
		c.Commands[last] = done
		return c
	}
	c.Commands = append(slices.Clip(c.Commands), done)
	return c
}

func (c *Case) apply(m proto.Message, env *gridcasev1.Envelope) {
	switch e := m.(type) {
	case *gridcasev1.CaseReported:
		c.caseReported(e, env)
	case *gridcasev1.ReportAmended:
		c.reportAmended(e)
	case *gridcasev1.VerificationRequested:
		c.verificationRequested(e)
	case *gridcasev1.VerificationSubmitted:
		c.verificationSubmitted(e)
	case *gridcasev1.CaseFiled:
		c.caseFiled(e)
	case *gridcasev1.CaseDeclined:
		c.caseDeclined(env)
	case *gridcasev1.CaseDispatched:
		c.caseDispatched(e, env)
	case *gridcasev1.DispatchRecalled:
		c.dispatchRecalled()
	case *gridcasev1.CaseSentBack:
		c.caseSentBack()
	case *gridcasev1.TaskSigned:
		c.taskSigned()
	case *gridcasev1.HandlerAssigned:
		c.handlerAssigned(e)
	case *gridcasev1.HandlerRevoked:
		c.handlerRevoked()
	case *gridcasev1.ReturnRequested:
		c.returnRequested(env)
	case *gridcasev1.ReturnApproved:
		c.returnApproved()
	case *gridcasev1.ReturnRefused, *gridcasev1.ReturnWithdrawn:
		c.returnEnded(env)
	case *gridcasev1.HandlingReported:
		c.handlingReported(e, env)
	case *gridcasev1.InspectionRequested:
		c.inspectionRequested(e)
	case *gridcasev1.InspectionSubmitted:
		c.inspectionSubmitted(e)
	case *gridcasev1.ReworkOrdered:
		c.reworkOrdered(env)
	case *gridcasev1.CaseClosed:
		c.caseClosed(env)
	case *gridcasev1.CaseReopened:
		c.caseReopened(e)
	case *gridcasev1.CaseRelocated:
		c.caseRelocated(e)
	case *gridcasev1.CaseReclassified:
		c.caseReclassified(e)
	}
}
