// Package history answers one question: what stood where, and waited for whom, at a moment of the past? One row a case as it stands now,
// and one row for each time that it stood in another way before. It is for looking back: the views of the present answer faster.
package history

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// View is the view.
type View struct{}

// Name is "history".
func (View) Name() string { return "history" }

// Version is the shape's number.
func (View) Version() int { return 2 }

// Tables makes the present and the past.
func (View) Tables() string { return present.Create() + past.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold {
	return &fold{projection.FoldCases(present, batch)}
}

type fold struct{ projection.CaseFold[row] }

// Write folds: each event ends how its case stood, and begins how it stands.
func (f *fold) Write(x *projection.Exchange) error {
	var over []*interval
	for i := range f.Batch {
		e, r := &f.Batch[i], f.Rows.Of(&f.Batch[i])
		if r.Version > 0 {
			over = append(over, r.until(e))
		}
		r.apply(e)
	}
	present.Upsert(x, f.Rows.Touched())
	past.Upsert(x, over)
	return nil
}

// apply is how the case stands after an event.
func (r *row) apply(e *projection.Event) {
	r.District, r.CaseID, r.Year, r.Seq, r.At = e.District, e.CaseID, int32(e.Year), int64(e.Seq), e.Time
	r.Grid, r.State, r.Version = e.Grid, int16(e.State), int64(e.Version)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.Number, r.CaseType, r.Priority = m.GetNumber(), m.GetCaseType(), int16(gridcasev1.Priority_PRIORITY_NORMAL)
	case *gridcasev1.CaseReclassified:
		r.CaseType = m.GetCaseType()
	case *gridcasev1.PrioritySet:
		r.Priority = int16(m.GetPriority())
	}
	r.Desk.Apply(e)
	r.Beside.Items = nil
	for _, w := range r.Desk.Waits() {
		r.Beside.Items = append(r.Beside.Items, wait(w))
	}
}

// until is how the case stood from its last event on until e.
func (r *row) until(e *projection.Event) *interval {
	return &interval{standing: r.standing, Queue: r.Queue, Since: r.Since, Due: r.Due, UntilSeq: int64(e.Seq), UntilAt: e.Time,
		Lasted: length(int64(e.Time.Sub(r.At)/time.Second) + 1), Spanned: length(int64(e.Seq) - r.Seq)}
}
