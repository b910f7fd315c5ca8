// Package workqueue answers one question: what waits for whom? One row a case, with the queue that it waits in by its state, which is empty
// where nobody has to act; and one row a request that waits beside the state, perhaps in another queue.
package workqueue

import (
	"context"
	"fmt"
	"time"

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
		if err := r.apply(&batch[i]); err != nil {
			return err
		}
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
	if _, err := tx.Exec(ctx, "delete from requests where district = $1 and case_id = any($2::text[]::uuid[])", rows[0].District, ids); err != nil {
		return fmt.Errorf("remove requests: %w", err)
	}
	return requests.Upsert(ctx, tx, now)
}

// apply is the row after an event. A case that stays in its queue waits since it entered it.
func (r *row) apply(e *projection.Event) error {
	r.District, r.CaseID, r.Grid, r.State, r.Version = e.District, e.CaseID, e.Grid, int16(e.State), int64(e.Version)
	r.Parties.Apply(e)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.Number, r.CaseType, r.Priority = m.GetNumber(), m.GetCaseType(), int16(gridcasev1.Priority_PRIORITY_NORMAL)
	case *gridcasev1.CaseReclassified:
		r.CaseType = m.GetCaseType()
	case *gridcasev1.PrioritySet:
		r.Priority = int16(m.GetPriority())
	}
	if err := r.Clocks.Apply(e); err != nil {
		return err
	}
	queue, stages := r.waits(e.State)
	if queue != r.Queue {
		r.Queue, r.Since = queue, e.Time
	}
	r.Due = r.due(stages)
	return nil
}

// due is the earliest due time of some stages; nil where none of them has one.
func (r *row) due(stages []gridcasev1.Stage) (earliest *time.Time) {
	for _, stage := range stages {
		if due := r.Clocks.Due(stage); due != nil && (earliest == nil || due.Before(*earliest)) {
			earliest = due
		}
	}
	return earliest
}

// waits returns who has to act on the case by its state and the clocks that run against them. While a return waits for its decision, the
// department does too.
func (r *row) waits(state gridcasev1.State) (queue string, stages []gridcasev1.Stage) {
	if r.Requests.Has(gridcasev1.Pending_PENDING_RETURN) {
		return "", nil
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

// requests are the rows of what waits beside the state.
func (r *row) requests() []*request {
	var rows []*request
	for _, q := range r.Requests.Items {
		queue, stages := r.answers(q.Kind)
		if queue != "" {
			rows = append(rows, &request{District: r.District, CaseID: r.CaseID, Kind: int16(q.Kind), Queue: queue, Since: q.Since, Due: r.due(stages)})
		}
	}
	return rows
}

// answers returns who has to answer a request and the clocks that run against them; nobody has to answer an urging while no department
// has the case.
func (r *row) answers(kind gridcasev1.Pending) (queue string, stages []gridcasev1.Stage) {
	switch kind {
	case gridcasev1.Pending_PENDING_RETURN, gridcasev1.Pending_PENDING_EXTENSION, gridcasev1.Pending_PENDING_SUSPENSION:
		return "dispatcher", []gridcasev1.Stage{gridcasev1.Stage_STAGE_DECIDE}
	case gridcasev1.Pending_PENDING_APPEAL:
		return "dispatcher", nil
	case gridcasev1.Pending_PENDING_URGE:
		if r.Department == "" {
			return "", nil
		}
		return "department:" + r.Department, nil
	}
	return "acceptor", nil
}
