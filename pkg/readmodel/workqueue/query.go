package workqueue

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Queues reads the view.
type Queues struct{ Pool *pgxpool.Pool }

// pageQuery joins what waits by its state and what waits beside it. %[1]s is the schema, %[2]s the scope's condition.
const pageQuery = `
select case_id::text, number, case_type, grid, state, kind, priority, since, due, version from (
  (select case_id, number, case_type, grid, state, 0::smallint as kind, priority, since, due, version
   from %[1]s.cases
   where district = $1 and queue = $2 and queue <> '' and %[2]s
     and (-priority, coalesce(due, 'infinity'), since, case_id, 0) > ($3, $4::text::timestamptz, $5::text::timestamptz, $6::text::uuid, $7)
   order by -priority, coalesce(due, 'infinity'), since, case_id limit $8)
  union all
  (select case_id, c.number, c.case_type, c.grid, c.state, q.kind, c.priority, q.since, q.due, c.version
   from %[1]s.requests q join %[1]s.cases c using (district, case_id)
   where district = $1 and q.queue = $2 and %[2]s
     and (-c.priority, coalesce(q.due, 'infinity'), q.since, case_id, q.kind) > ($3, $4::text::timestamptz, $5::text::timestamptz, $6::text::uuid, $7)
   order by -c.priority, coalesce(q.due, 'infinity'), q.since, case_id, q.kind limit $8)
) waiting
order by -priority, coalesce(due, 'infinity'), since, case_id, kind limit $8`

// Page returns up to limit items of a queue behind a cursor ("": from the beginning) and the cursor of the next page, empty at the end. The
// most urgent come first: by priority, then the earliest due, then who waits longest. A case that waits by its state and for a request too
// is there twice; pending tells them apart.
func (q Queues) Page(ctx context.Context, scope access.Scope, queue, page string, limit int) ([]*gridcasev1.QueueItem, string, error) {
	at, err := parseCursor(page)
	if err != nil {
		return nil, "", err
	}
	visible, args := readmodel.Visible(scope, 9)
	args = append([]any{scope.District, queue, -at.priority, at.due, at.since, at.caseID, at.kind, limit + 1}, args...)
	found, err := q.Pool.Query(ctx, fmt.Sprintf(pageQuery, projection.Schema(View{}), visible), args...)
	if err != nil {
		return nil, "", fmt.Errorf("read a queue: %w", err)
	}
	waiting, err := pgx.CollectRows(found, pgx.RowToStructByPos[waiting])
	if err != nil {
		return nil, "", fmt.Errorf("read a queue: %w", err)
	}
	next := ""
	if len(waiting) > limit {
		waiting = waiting[:limit]
		next = waiting[limit-1].cursor()
	}
	items := make([]*gridcasev1.QueueItem, len(waiting))
	for i := range waiting {
		items[i] = waiting[i].item()
	}
	return items, next, nil
}

// waiting is one item of a queue, in the order of the query's columns.
type waiting struct {
	CaseID, Number, CaseType, Grid string
	State, Kind, Priority          int16
	Since                          time.Time
	Due                            *time.Time
	Version                        int64
}

func (w *waiting) item() *gridcasev1.QueueItem {
	item := &gridcasev1.QueueItem{CaseId: w.CaseID, Number: w.Number, CaseType: w.CaseType, Grid: w.Grid, State: gridcasev1.State(w.State),
		Pending: gridcasev1.Pending(w.Kind), Priority: gridcasev1.Priority(w.Priority), Since: timestamppb.New(w.Since), Version: uint64(w.Version)}
	if w.Due != nil {
		item.Due = timestamppb.New(*w.Due)
	}
	return item
}
