// Package workqueue answers one question: what waits for whom? One row a case, with the queue that it waits in by its state, which is empty
// where nobody has to act; and one row a request that waits beside the state, perhaps in another queue.
package workqueue

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// View is the view.
type View struct{}

// Name is "workqueue".
func (View) Name() string { return "workqueue" }

// Version is the shape's number.
func (View) Version() int { return 3 }

// Tables makes the two tables.
func (View) Tables() string { return table.Create() + requests.Create() }

// Apply folds a batch.
func (View) Apply(ctx context.Context, tx pgx.Tx, batch []projection.Event) error {
	rows, err := projection.Load(ctx, tx, table, batch)
	if err != nil {
		return err
	}
	asked := map[string]bool{} // the cases whose requests are written anew
	for i := range batch {
		r := rows.Of(&batch[i])
		before := len(r.Requests.Items)
		r.apply(&batch[i])
		asked[r.CaseID] = asked[r.CaseID] || before > 0 || len(r.Requests.Items) > 0
	}
	if err := table.Upsert(ctx, tx, rows.Touched()); err != nil {
		return err
	}
	return writeRequests(ctx, tx, rows.Touched(), asked)
}

// writeRequests replaces the rows of the cases that have or had requests.
func writeRequests(ctx context.Context, tx pgx.Tx, rows []*row, asked map[string]bool) error {
	var ids []string
	var now []*request
	for _, r := range rows {
		if asked[r.CaseID] {
			ids = append(ids, r.CaseID)
			now = append(now, r.requests()...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "delete from requests where ctid = any(array(select ctid from "+projection.OfCases("(select ctid, * from requests) requests")+"))", rows[0].District, ids); err != nil {
		return fmt.Errorf("remove requests: %w", err)
	}
	return requests.Upsert(ctx, tx, now)
}

// apply is the row after an event.
func (r *row) apply(e *projection.Event) {
	r.District, r.CaseID, r.Grid, r.State, r.Version = e.District, e.CaseID, e.Grid, int16(e.State), int64(e.Version)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.Number, r.CaseType, r.Priority = m.GetNumber(), m.GetCaseType(), int16(gridcasev1.Priority_PRIORITY_NORMAL)
	case *gridcasev1.CaseReclassified:
		r.CaseType = m.GetCaseType()
	case *gridcasev1.PrioritySet:
		r.Priority = int16(m.GetPriority())
	}
	r.Desk.Apply(e)
}

// requests are the rows of what waits beside the state.
func (r *row) requests() []*request {
	var rows []*request
	for _, w := range r.Waits() {
		rows = append(rows, &request{District: r.District, CaseID: r.CaseID, Kind: int16(w.Kind), Queue: w.Queue, Since: w.Since, Due: w.Due})
	}
	return rows
}
