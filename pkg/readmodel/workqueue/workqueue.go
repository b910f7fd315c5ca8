// Package workqueue answers one question: what waits for whom? One row a case; the queue that it waits in is empty where nobody has to act.
package workqueue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// View is the view.
type View struct{}

// Name is "workqueue".
func (View) Name() string { return "workqueue" }

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

// apply is the row after an event. A case that stays in its queue waits since it entered it.
func (r *row) apply(e *projection.Event) error {
	r.District, r.CaseID, r.Grid, r.State, r.Version = e.District, e.CaseID, e.Grid, int16(e.State), int64(e.Version)
	r.Parties.Apply(e)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.Number, r.CaseType = m.GetNumber(), m.GetCaseType()
	case *gridcasev1.CaseReclassified:
		r.CaseType = m.GetCaseType()
	}
	if err := r.Clocks.Apply(e); err != nil {
		return err
	}
	queue, stages := r.waits(e.State)
	if queue != r.Queue {
		r.Queue, r.Since = queue, e.Time
	}
	r.Due = nil
	for _, stage := range stages {
		if due := r.Clocks.Due(stage); due != nil && (r.Due == nil || due.Before(*r.Due)) {
			r.Due = due
		}
	}
	return nil
}

// waits returns who has to act and the clocks that run against them.
func (r *row) waits(state gridcasev1.State) (queue string, stages []gridcasev1.Stage) {
	withDepartment := state == gridcasev1.State_STATE_DISPATCHED || state == gridcasev1.State_STATE_HANDLING
	if withDepartment && r.Pending == int16(gridcasev1.Pending_PENDING_RETURN) {
		return "dispatcher", []gridcasev1.Stage{gridcasev1.Stage_STAGE_DECIDE}
	}
	switch state {
	case gridcasev1.State_STATE_REPORTED:
		return "acceptor", []gridcasev1.Stage{gridcasev1.Stage_STAGE_ACCEPT}
	case gridcasev1.State_STATE_VERIFYING:
		return "worker:" + r.Worker, []gridcasev1.Stage{gridcasev1.Stage_STAGE_VERIFY}
	case gridcasev1.State_STATE_FILED:
		return "dispatcher", []gridcasev1.Stage{gridcasev1.Stage_STAGE_DISPATCH}
	case gridcasev1.State_STATE_DISPATCHED:
		return "department:" + r.Department, []gridcasev1.Stage{gridcasev1.Stage_STAGE_SIGN, gridcasev1.Stage_STAGE_HANDLE}
	case gridcasev1.State_STATE_HANDLING:
		return "department:" + r.Department, []gridcasev1.Stage{gridcasev1.Stage_STAGE_HANDLE}
	case gridcasev1.State_STATE_HANDLED:
		return "acceptor", []gridcasev1.Stage{gridcasev1.Stage_STAGE_SEND_INSPECTION, gridcasev1.Stage_STAGE_CLOSE}
	case gridcasev1.State_STATE_INSPECTING:
		return "worker:" + r.Worker, []gridcasev1.Stage{gridcasev1.Stage_STAGE_INSPECT}
	}
	return "", nil
}

// row is one case.
type row struct {
	District, CaseID, Queue, Number, CaseType, Grid string
	State                                           int16
	readmodel.Parties
	Since   time.Time
	Due     *time.Time
	Clocks  readmodel.Clocks
	Version int64
}

var table = &projection.Table[row]{
	Name: "cases", Comment: "what waits for whom; one row a case", Key: []string{"district", "case_id"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Field: func(r *row) any { return &r.CaseID }},
		{Name: "queue", Type: "text not null", Comment: "acceptor, dispatcher, department:ID or worker:ID; empty where nobody has to act", Field: func(r *row) any { return &r.Queue }},
		{Name: "number", Type: "text not null", Field: func(r *row) any { return &r.Number }},
		{Name: "case_type", Type: "text not null", Field: func(r *row) any { return &r.CaseType }},
		{Name: "grid", Type: "text not null", Field: func(r *row) any { return &r.Grid }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *row) any { return &r.State }},
		{Name: "reporter", Type: "text not null", Field: func(r *row) any { return &r.Reporter }},
		{Name: "worker", Type: "text not null", Field: func(r *row) any { return &r.Worker }},
		{Name: "department", Type: "text not null", Field: func(r *row) any { return &r.Department }},
		{Name: "handler", Type: "text not null", Field: func(r *row) any { return &r.Handler }},
		{Name: "pending", Type: "smallint not null", Comment: "number of gridcase.v1.Pending", Field: func(r *row) any { return &r.Pending }},
		{Name: "since", Type: "timestamptz not null", Comment: "when the case entered the queue", Field: func(r *row) any { return &r.Since }},
		{Name: "due", Type: "timestamptz", Comment: "the earliest due time that runs against the queue", Field: func(r *row) any { return &r.Due }},
		{Name: "clocks", Type: "jsonb not null", Comment: "by stage: due, warn_at, paused", Field: func(r *row) any { return &r.Clocks }},
		{Name: "version", Type: "bigint not null", Field: func(r *row) any { return &r.Version }},
	},
	Extra: `create index if not exists cases_queue on cases (district, queue, coalesce(due, 'infinity'), since, case_id) where queue <> '';`,
}
