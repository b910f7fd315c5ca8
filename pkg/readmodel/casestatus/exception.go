package casestatus

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// except follows what leaves the usual way of a case, or is said of it.
func (r *row) except(e *projection.Event) {
	switch m := e.Message.(type) {
	case *gridcasev1.CaseMerged:
		r.Primary = m.GetPrimary()
	case *gridcasev1.CaseUnmerged:
		r.Primary = ""
		r.anew("")
	case *gridcasev1.DuplicateLinked:
		r.Duplicates.Add(m.GetDuplicate())
	case *gridcasev1.DuplicateUnlinked:
		r.Duplicates.Remove(m.GetDuplicate())
	case *gridcasev1.CaseSplit:
		for _, child := range m.GetChildren() {
			r.Children.Add(child.GetCaseId())
		}
	case *gridcasev1.ChildSettled:
		r.Settled.Add(m.GetChild())
	case *gridcasev1.ChildReopened:
		r.Settled.Remove(m.GetChild())
	case *gridcasev1.ExtensionGranted:
		r.Extensions++
	case *gridcasev1.CaseSuspended:
		until := m.GetUntil().AsTime()
		r.SuspendedUntil = &until
	case *gridcasev1.StageBreached:
		r.Overdue.Add(m.GetStage())
	case *gridcasev1.CaseEscalated:
		r.Escalation = int16(m.GetLevel())
	case *gridcasev1.AppealDecided:
		r.TimeoutExempt = m.GetDecision() == gridcasev1.Decision_DECISION_APPROVE
	}
}
