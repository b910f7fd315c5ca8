package readmodel

import (
	"cmp"
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Request is one that waits for somebody's decision or reply, beside the case's state.
type Request struct {
	Kind  gridcasev1.Pending `json:"kind"`
	Since time.Time          `json:"since"`
}

// Requests are those of a case that wait, in the order of their kinds: what the case's own department asked for comes first.
type Requests struct{ List[Request] }

const (
	returning    = gridcasev1.Pending_PENDING_RETURN
	extension    = gridcasev1.Pending_PENDING_EXTENSION
	suspension   = gridcasev1.Pending_PENDING_SUSPENSION
	voiding      = gridcasev1.Pending_PENDING_VOID
	forcing      = gridcasev1.Pending_PENDING_FORCE_CLOSE
	appeal       = gridcasev1.Pending_PENDING_APPEAL
	appealAtDesk = gridcasev1.Pending_PENDING_APPEAL_DECISION
	urge         = gridcasev1.Pending_PENDING_URGE
	reopening    = gridcasev1.Pending_PENDING_REOPENING
	unmerging    = gridcasev1.Pending_PENDING_UNMERGING
)

// Apply takes over what an event says: what it asks for waits, what it answers or cancels waits no more, and nothing that is asked of an
// open case outlasts the case.
func (r *Requests) Apply(e *projection.Event) {
	r.begin(e)
	r.settle(e)
	if Ended(e.State) {
		r.drop(returning, extension, suspension, voiding, forcing, urge)
	}
}

func (r *Requests) begin(e *projection.Event) {
	switch m := e.Message.(type) {
	case *gridcasev1.ReturnRequested:
		r.wait(returning, e.Time)
	case *gridcasev1.ExtensionRequested:
		r.wait(extension, e.Time)
	case *gridcasev1.SuspensionRequested:
		r.wait(suspension, e.Time)
	case *gridcasev1.VoidRequested:
		r.wait(voiding, e.Time)
	case *gridcasev1.ForceCloseRequested:
		r.wait(forcing, e.Time)
	case *gridcasev1.CaseUrged:
		r.wait(urge, e.Time)
	case *gridcasev1.AppealFiled:
		r.wait(appeal, e.Time)
	case *gridcasev1.AppealForwarded:
		r.drop(appeal)
		r.wait(appealAtDesk, e.Time)
	case *gridcasev1.UnmergeOffered:
		r.wait(unmerging, e.Time)
	case *gridcasev1.VisitRecorded:
		r.hear(m.GetSatisfaction(), e.Time)
	case *gridcasev1.FeedbackRecorded:
		r.hear(m.GetSatisfaction(), e.Time)
	}
}

func (r *Requests) settle(e *projection.Event) {
	switch e.Message.(type) {
	case *gridcasev1.ReturnRefused, *gridcasev1.ReturnWithdrawn:
		r.drop(returning)
	case *gridcasev1.ExtensionGranted, *gridcasev1.ExtensionRefused:
		r.drop(extension)
	case *gridcasev1.CaseSuspended, *gridcasev1.SuspensionRefused:
		r.drop(suspension)
	case *gridcasev1.HandlingReported, *gridcasev1.ReturnApproved, *gridcasev1.DispatchRecalled:
		r.drop(returning, extension, suspension)
	case *gridcasev1.VoidRefused:
		r.drop(voiding)
	case *gridcasev1.ForceCloseRefused:
		r.drop(forcing)
	case *gridcasev1.UrgeReplied:
		r.drop(urge)
	case *gridcasev1.AppealDecided:
		r.drop(appealAtDesk)
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		r.Items = nil
	case *gridcasev1.NoteAdded:
		if e.Role == gridcasev1.Role_ROLE_ACCEPTOR {
			r.drop(reopening, unmerging) // the acceptor says why nothing follows
		}
	}
}

// hear takes over what the reporter thinks of the result: who is dissatisfied waits for the acceptor, until a visit hears otherwise.
func (r *Requests) hear(s gridcasev1.Satisfaction, at time.Time) {
	switch s {
	case gridcasev1.Satisfaction_SATISFACTION_UNSPECIFIED:
	case gridcasev1.Satisfaction_SATISFACTION_DISSATISFIED:
		r.wait(reopening, at)
	default:
		r.drop(reopening)
	}
}

// wait adds a request; one of the kind that waits already has waited longer.
func (r *Requests) wait(kind gridcasev1.Pending, since time.Time) {
	if r.Has(kind) {
		return
	}
	r.Items = append(r.Items, Request{kind, since})
	slices.SortFunc(r.Items, func(a, b Request) int { return cmp.Compare(a.Kind, b.Kind) })
}

func (r *Requests) drop(kinds ...gridcasev1.Pending) {
	r.Items = slices.DeleteFunc(r.Items, func(q Request) bool { return slices.Contains(kinds, q.Kind) })
}

// Has tells whether a request of the kind waits.
func (r *Requests) Has(kind gridcasev1.Pending) bool {
	return slices.ContainsFunc(r.Items, func(q Request) bool { return q.Kind == kind })
}

// Kinds are what waits.
func (r *Requests) Kinds() []gridcasev1.Pending {
	var kinds []gridcasev1.Pending
	for _, q := range r.Items {
		kinds = append(kinds, q.Kind)
	}
	return kinds
}

// First is the kind of the first request; none where nothing waits.
func (r *Requests) First() gridcasev1.Pending {
	if len(r.Items) == 0 {
		return gridcasev1.Pending_PENDING_UNSPECIFIED
	}
	return r.Items[0].Kind
}
