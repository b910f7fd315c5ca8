package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Replay returns c after r as it would stand by other facts: what people did and when is r's, the clocks are what the rules make of it by f's
// catalogue and calendar, on c, which is replayed itself. What r says of clocks is not read. Whoever touches a case first records what is
// overdue by then, so the warnings and breaches that r may be count for nothing. A command that f would have refused is not refused: it
// happened. Replay remembers no commands, and like Evolve it never fails.
func Replay(c Case, r Recorded, f Facts) Case {
	f.Now = r.Envelope.Time
	next := c.afterReplay(r, &f)
	if late := c.breaches(&next, &f); len(late) > 0 {
		for _, m := range late {
			c.apply(m, r.Envelope)
		}
		next = c.afterReplay(r, &f)
	}
	next.Version, next.Seq, next.Hash, next.At = r.Envelope.Version, r.Seq, r.Hash, r.Envelope.Time
	return next
}

// afterReplay is the case after what an event says of it, with the clocks by other facts.
func (c Case) afterReplay(r Recorded, f *Facts) Case {
	clocks := c.clocksOf(r.Message, f)
	switch r.Message.(type) {
	case *gridcasev1.StageWarned, *gridcasev1.StageBreached:
		return c
	}
	c.apply(r.Message, r.Envelope)
	c.takeReadings(clocks, f.Now)
	return c
}

// clocksOf is the reading of the clocks that an event of c has by the rules. It is the whole list of events that move clocks; the events of
// timers set none.
func (c *Case) clocksOf(m proto.Message, f *Facts) []*gridcasev1.Clocks {
	switch e := m.(type) {
	case *gridcasev1.CaseReported:
		if len(e.GetClocks()) == 0 { // fixed by who reported it
			return nil
		}
		return f.reportClocks(e.GetCaseType())
	case *gridcasev1.VerificationRequested:
		return c.verifyClocks(f)
	case *gridcasev1.VerificationSubmitted:
		return c.verifiedClocks(f)
	case *gridcasev1.CaseFiled:
		return c.fileClocks(e.GetCondition(), f)
	case *gridcasev1.CaseDeclined:
		return c.declineClocks()
	case *gridcasev1.CaseSentBack:
		return c.sendBackClocks(f)
	case *gridcasev1.InspectionRequested:
		return c.inspectClocks(f)
	case *gridcasev1.InspectionSubmitted:
		return c.inspectedClocks(e.GetResult(), f)
	case *gridcasev1.AuditPassed:
		return c.auditClocks(f)
	case *gridcasev1.CaseClosed:
		return c.closeClocks()
	case *gridcasev1.CaseForceClosed, *gridcasev1.CaseVoided, *gridcasev1.CaseMerged:
		return c.stopAll()
	case *gridcasev1.CaseReopened:
		return c.reopenClocks(e.GetCondition(), f)
	case *gridcasev1.CaseUnmerged:
		return c.unmergeClocks(f)
	}
	return c.departmentClocksOf(m, f)
}

// departmentClocksOf is the part of the list that is about the department's work.
func (c *Case) departmentClocksOf(m proto.Message, f *Facts) []*gridcasev1.Clocks {
	switch e := m.(type) {
	case *gridcasev1.CaseDispatched:
		return c.dispatchClocks(f)
	case *gridcasev1.DispatchRecalled, *gridcasev1.ReturnApproved:
		return c.backToDispatcher(f)
	case *gridcasev1.TaskSigned:
		return c.signClocks()
	case *gridcasev1.ReturnRequested:
		return c.askReturnClocks(f)
	case *gridcasev1.ReturnRefused, *gridcasev1.ReturnWithdrawn:
		return c.goOn(f)
	case *gridcasev1.ExtensionRequested, *gridcasev1.SuspensionRequested:
		return c.askClocks(f)
	case *gridcasev1.ExtensionRefused, *gridcasev1.SuspensionRefused:
		return c.refuseClocks()
	case *gridcasev1.ExtensionGranted:
		return c.extendClocks(f)
	case *gridcasev1.CaseSuspended:
		return c.suspendClocks()
	case *gridcasev1.CaseResumed:
		return c.resumeClocks(f)
	case *gridcasev1.HandlingReported:
		if e.GetSelf() {
			return nil
		}
		return c.handleClocks(f)
	case *gridcasev1.ReworkOrdered:
		return c.reworkClocks(f)
	case *gridcasev1.CaseReclassified:
		if c.Condition == "" {
			return nil
		}
		return c.reclassifyClocks(e.GetCaseType(), e.GetCondition(), f)
	case *gridcasev1.DeadlineCorrected:
		return c.correctClocks(f)
	}
	return nil
}
