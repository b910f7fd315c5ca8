// Package readmodel is what the views share: who has a part in a case as its events tell it, the readings of its clocks, the scope that
// every list and get goes by, and how fresh an answer is. Each view is a folder below. It never decides anything about a case: the state
// after an event stands in the event.
package readmodel

import (
	"github.com/gridcase/gridcase/pkg/projection"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Parties are who has a part in a case now, and what they wait for.
type Parties struct {
	Reporter   string
	Worker     string
	Department string
	Handler    string
	Requests   Requests
}

// Apply takes over what an event says.
func (p *Parties) Apply(e *projection.Event) {
	p.Requests.Apply(e)
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
	case *gridcasev1.DispatchRecalled, *gridcasev1.CaseSentBack, *gridcasev1.ReturnApproved, *gridcasev1.CaseMerged, *gridcasev1.CaseVoided,
		*gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		p.Department, p.Handler = "", ""
	}
	if Ended(e.State) {
		p.Worker = ""
	}
}
