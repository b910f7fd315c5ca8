// Package workqueue answers one question: what waits for whom? One row a case, with the queue that it waits in by its state, which is empty
// where nobody has to act; and one row a request that waits beside the state, perhaps in another queue.
package workqueue

import (
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

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold {
	return &fold{projection.FoldCases(table, batch)}
}

type fold struct{ projection.CaseFold[row] }

// Write folds.
func (f *fold) Write(x *projection.Exchange) error {
	asked := map[string]bool{} // the cases whose requests are written anew
	for i := range f.Batch {
		r := f.Rows.Of(&f.Batch[i])
		before := len(r.Requests.Items)
		r.apply(&f.Batch[i])
		asked[r.CaseID] = asked[r.CaseID] || before > 0 || len(r.Requests.Items) > 0
	}
	table.Upsert(x, f.Rows.Touched())
	writeRequests(x, f.Rows.Touched(), asked)
	return nil
}

// writeRequests replaces the rows of the cases that have or had requests.
func writeRequests(x *projection.Exchange, rows []*row, asked map[string]bool) {
	var ids []string
	var now []*request
	for _, r := range rows {
		if asked[r.CaseID] {
			ids = append(ids, r.CaseID)
			now = append(now, r.requests()...)
		}
	}
	if len(ids) == 0 {
		return
	}
	held := x.Table(requests.Name)
	x.Queue("delete from "+held+" where ctid = any(array(select ctid from "+projection.OfCases("(select ctid, * from "+held+") held")+"))", rows[0].District, ids)
	requests.Upsert(x, now)
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
