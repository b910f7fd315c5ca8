// Package readmodel is what the views share: who has a part in a case as its events tell it, the readings of its clocks, the scope that
// every list and get goes by, and how fresh an answer is. Each view is a folder below. It never decides anything about a case: the state
// after an event stands in the event.
package readmodel

import (
	"github.com/gridcase/gridcase/pkg/projection"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Parties are who has a part in a case now.
type Parties struct {
	Reporter   string
	Worker     string
	Department string
	Handler    string
	Pending    int16 // a gridcasev1.Pending
}

// Apply takes over what an event says.
func (p *Parties) Apply(e *projection.Event) {
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		p.Reporter = e.Actor
	case *gridcasev1.VerificationRequested:
		p.Worker = m.GetWorker()
	case *gridcasev1.InspectionRequested:
		p.Worker = m.GetWorker()
	case *gridcasev1.VerificationSubmitted, *gridcasev1.InspectionSubmitted:
		p.Worker = ""
	case *gridcasev1.CaseDispatched:
		p.Department, p.Handler = m.GetDepartment(), ""
	case *gridcasev1.HandlerAssigned:
		p.Handler = m.GetHandler()
	case *gridcasev1.HandlerRevoked:
		p.Handler = ""
	case *gridcasev1.ReturnRequested:
		p.Pending = int16(gridcasev1.Pending_PENDING_RETURN)
	case *gridcasev1.ReturnRefused, *gridcasev1.ReturnWithdrawn, *gridcasev1.HandlingReported:
		p.Pending = 0
	case *gridcasev1.DispatchRecalled, *gridcasev1.CaseSentBack, *gridcasev1.ReturnApproved:
		p.leave()
	case *gridcasev1.CaseReopened:
		p.leave()
		p.Worker = ""
	}
}

// leave takes the case out of the department's hands.
func (p *Parties) leave() { p.Department, p.Handler, p.Pending = "", "", 0 }
