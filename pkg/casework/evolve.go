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
	c.Commands = slices.Concat(c.Commands, []Done{done}) // as long as it is: a case in a cache keeps no room to grow
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
	case *gridcasev1.PrioritySet:
		c.Priority = e.GetPriority()
	default:
		c.applyException(m, env)
	}
}

// applyException is what leaves the usual way of a case, or comes after it.
func (c *Case) applyException(m proto.Message, env *gridcasev1.Envelope) {
	switch e := m.(type) {
	case *gridcasev1.CaseMerged:
		c.caseMerged(e, env)
	case *gridcasev1.DuplicateLinked:
		c.duplicateLinked(e)
	case *gridcasev1.CaseUnmerged:
		c.caseUnmerged()
	case *gridcasev1.DuplicateUnlinked:
		c.duplicateUnlinked(e)
	case *gridcasev1.CaseSplit:
		c.caseSplit(e)
	case *gridcasev1.ChildSettled:
		c.setChild(e.GetChild(), e.GetState())
	case *gridcasev1.ChildReopened:
		c.setChild(e.GetChild(), gridcasev1.State_STATE_UNSPECIFIED)
	case *gridcasev1.ExtensionRequested:
		c.Pending = gridcasev1.Pending_PENDING_EXTENSION
	case *gridcasev1.ExtensionGranted:
		c.extensionGranted()
	case *gridcasev1.ExtensionRefused, *gridcasev1.SuspensionRefused:
		c.Pending = gridcasev1.Pending_PENDING_UNSPECIFIED
	case *gridcasev1.SuspensionRequested:
		c.suspensionRequested(e)
	case *gridcasev1.CaseSuspended:
		c.caseSuspended(env)
	case *gridcasev1.CaseResumed:
		c.caseResumed(env)
	case *gridcasev1.AuditPassed:
		c.auditPassed()
	case *gridcasev1.ForceCloseRequested:
		c.ForceCloseBy = env.Actor
	case *gridcasev1.CaseForceClosed:
		c.caseForceClosed(env)
	case *gridcasev1.ForceCloseRefused:
		c.ForceCloseBy = ""
	case *gridcasev1.VoidRequested:
		c.VoidPending = true
	case *gridcasev1.CaseVoided:
		c.caseVoided(env)
	case *gridcasev1.VoidRefused:
		c.VoidPending = false
	default:
		c.applyRemark(m)
	}
}

// applyRemark is what moves nothing.
func (c *Case) applyRemark(m proto.Message) {
	switch e := m.(type) {
	case *gridcasev1.CaseUrged:
		c.Urged = true
	case *gridcasev1.UrgeReplied:
		c.Urged = false
	case *gridcasev1.VisitRecorded:
		c.Visited = true
	case *gridcasev1.FeedbackRecorded:
		c.FedBack = true
	case *gridcasev1.AppealFiled:
		c.Appeal = AppealFiled
	case *gridcasev1.AppealForwarded:
		c.Appeal = AppealForwarded
	case *gridcasev1.AppealDecided:
		c.appealDecided(e)
	case *gridcasev1.AttachmentAdded:
		c.attachmentAdded(e)
	case *gridcasev1.AttachmentRedacted:
		c.attachmentRedacted(e)
	case *gridcasev1.StageWarned:
		c.stageWarned(e)
	case *gridcasev1.StageBreached:
		c.stageBreached(e)
	case *gridcasev1.CaseEscalated:
		c.Escalation = e.GetLevel()
	}
}
