// Package casestatus answers one question: how does this case stand? One row a case.
package casestatus

import (
	"context"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// View is the view.
type View struct{}

// Name is "casestatus".
func (View) Name() string { return "casestatus" }

// Version is the shape's number.
func (View) Version() int { return 1 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Apply folds a batch.
func (View) Apply(ctx context.Context, tx pgx.Tx, batch []projection.Event) error {
	rows, err := projection.Load(ctx, tx, table, batch)
	if err != nil {
		return err
	}
	for i := range batch {
		if err := rows.Of(&batch[i]).apply(&batch[i]); err != nil {
			return err
		}
	}
	return table.Upsert(ctx, tx, rows.Touched())
}

// apply is the row after an event.
func (r *row) apply(e *projection.Event) error {
	at := e.Time
	r.District, r.CaseID, r.Year, r.Seq = e.District, e.CaseID, int32(e.Year), int64(e.Seq)
	r.State, r.Version, r.ChangedAt, r.Grid = int16(e.State), int64(e.Version), at, e.Grid
	r.Parties.Apply(e)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.Number, r.CaseType, r.Source, r.ExternalRef, r.ReportedAt = m.GetNumber(), m.GetCaseType(), int16(m.GetSource()), m.GetExternalRef(), &at
		r.place(m.GetPlace())
	case *gridcasev1.CaseRelocated:
		r.place(m.GetPlace())
	case *gridcasev1.CaseFiled:
		r.Condition, r.FiledAt = m.GetCondition(), &at
	case *gridcasev1.CaseSentBack:
		r.Condition, r.FiledAt = "", nil
	case *gridcasev1.CaseReclassified:
		r.CaseType, r.Condition = m.GetCaseType(), m.GetCondition()
	case *gridcasev1.CaseDispatched:
		r.DispatchedAt = &at
	case *gridcasev1.HandlingReported:
		r.HandledAt = &at
	case *gridcasev1.CaseClosed:
		r.ClosedAt = &at
	case *gridcasev1.DispatchRecalled:
		r.DispatchedAt = nil
	case *gridcasev1.ReturnApproved:
		r.DispatchedAt = nil
		r.Bounces++
	case *gridcasev1.ReworkOrdered:
		r.Reworks++
		r.HandledAt = nil
	case *gridcasev1.CaseReopened:
		r.reopen(m)
	}
	return r.Clocks.Apply(e)
}

func (r *row) place(p *gridcasev1.Place) {
	r.Community, r.Street = p.GetCommunity(), p.GetStreet()
	r.Longitude, r.Latitude, r.Crs = nil, nil, int16(p.GetPoint().GetCrs())
	if point := p.GetPoint(); point != nil {
		r.Longitude, r.Latitude = &point.Longitude, &point.Latitude
	}
}

func (r *row) reopen(m *gridcasev1.CaseReopened) {
	r.Reopenings++
	r.Condition = m.GetCondition()
	r.DispatchedAt, r.HandledAt, r.ClosedAt = nil, nil, nil
	if r.Condition == "" {
		r.FiledAt = nil
	}
}
