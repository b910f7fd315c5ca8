// Package casestatus answers one question: how does this case stand? One row a case.
package casestatus

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// View is the view.
type View struct{}

// Name is "casestatus".
func (View) Name() string { return "casestatus" }

// Version is the shape's number.
func (View) Version() int { return 3 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold {
	return &fold{projection.FoldCases(table, batch)}
}

type fold struct{ projection.CaseFold[row] }

// Write folds.
func (f *fold) Write(x *projection.Exchange) error {
	for i := range f.Batch {
		f.Rows.Of(&f.Batch[i]).apply(&f.Batch[i])
	}
	table.Upsert(x, f.Rows.Touched())
	return nil
}

// After returns how a case stands after its events, the first of them among them: what the view says once it has seen them.
func After(events []projection.Event) *gridcasev1.CaseStatus {
	var r row
	for i := range events {
		r.apply(&events[i])
	}
	return r.proto()
}

// apply is the row after an event.
func (r *row) apply(e *projection.Event) {
	r.District, r.CaseID, r.Year, r.Seq = e.District, e.CaseID, int32(e.Year), int64(e.Seq)
	r.State, r.Version, r.ChangedAt, r.Grid = int16(e.State), int64(e.Version), e.Time, e.Grid
	r.Parties.Apply(e)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.report(m, e.Time)
	case *gridcasev1.ReportAmended:
		r.fill(m.GetFields())
	case *gridcasev1.CaseRelocated:
		r.place(m.GetPlace())
	case *gridcasev1.CaseReclassified:
		r.CaseType, r.Condition = m.GetCaseType(), m.GetCondition()
	case *gridcasev1.PrioritySet:
		r.Priority = int16(m.GetPriority())
	default:
		r.move(e)
		r.except(e)
	}
	if e.State != gridcasev1.State_STATE_SUSPENDED {
		r.SuspendedUntil = nil
	}
	r.Clocks.Apply(e)
}

func (r *row) report(m *gridcasev1.CaseReported, at time.Time) {
	r.Number, r.CaseType, r.Source, r.ExternalRef, r.ReportedAt = m.GetNumber(), m.GetCaseType(), int16(m.GetSource()), m.GetExternalRef(), &at
	r.Parent, r.Priority = m.GetParent(), int16(gridcasev1.Priority_PRIORITY_NORMAL)
	for _, p := range m.GetPermits() {
		r.Permits.Add(permit{Project: p.GetProject(), Number: p.GetNumber(), ValidTo: instant(p.GetValidTo())})
	}
	r.place(m.GetPlace())
	r.fill(m.GetFields())
}

func (r *row) place(p *gridcasev1.Place) {
	r.Community, r.Street = p.GetCommunity(), p.GetStreet()
	r.Longitude, r.Latitude, r.Crs = nil, nil, int16(p.GetPoint().GetCrs())
	if point := p.GetPoint(); point != nil {
		r.Longitude, r.Latitude = &point.Longitude, &point.Latitude
	}
}

// move follows the case on its usual way.
func (r *row) move(e *projection.Event) {
	at := e.Time // a row outlives its batch
	switch m := e.Message.(type) {
	case *gridcasev1.CaseFiled:
		r.Condition, r.FiledAt, r.SelfFixed = m.GetCondition(), &at, false
	case *gridcasev1.CaseSentBack:
		r.Condition, r.FiledAt = "", nil
	case *gridcasev1.CaseDispatched:
		r.DispatchedAt = &at
	case *gridcasev1.DispatchRecalled:
		r.DispatchedAt = nil
	case *gridcasev1.ReturnApproved:
		r.DispatchedAt = nil
		r.Bounces++
	case *gridcasev1.HandlingReported:
		r.handle(m, at)
	case *gridcasev1.ReworkOrdered:
		r.Reworks++
		r.HandledAt = nil
	case *gridcasev1.CaseClosed, *gridcasev1.CaseForceClosed:
		r.ClosedAt = &at
	case *gridcasev1.CaseReopened:
		r.Reopenings++
		r.anew(m.GetCondition())
	case *gridcasev1.VisitRecorded:
		r.hear(m.GetSatisfaction())
	case *gridcasev1.FeedbackRecorded:
		r.hear(m.GetSatisfaction())
	}
}

func (r *row) handle(m *gridcasev1.HandlingReported, at time.Time) {
	r.HandledAt = &at
	r.fill(m.GetFields())
	if m.GetSelf() {
		r.SelfFixed, r.Condition = true, m.GetCondition()
	}
}

// hear keeps what the reporter thought of the result at last.
func (r *row) hear(s gridcasev1.Satisfaction) {
	if s != gridcasev1.Satisfaction_SATISFACTION_UNSPECIFIED {
		r.Satisfaction = int16(s)
	}
}

// anew is the row of a case that is taken up again: filed under a condition, or reported.
func (r *row) anew(condition string) {
	r.Condition, r.SelfFixed, r.TimeoutExempt, r.Satisfaction, r.Overdue.Items = condition, false, false, 0, nil
	r.DispatchedAt, r.HandledAt, r.ClosedAt = nil, nil, nil
	if condition == "" {
		r.FiledAt = nil
	}
}
