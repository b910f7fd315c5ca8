package workqueue

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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
	at, err := readmodel.ParseCursor(page)
	if err != nil {
		return nil, "", err
	}
	visible, args := readmodel.Visible(scope, 9)
	args = append([]any{scope.District, queue, -at.Priority, at.Due, at.Since, at.CaseID, at.Kind, limit + 1}, args...)
	found, err := q.Pool.Query(ctx, fmt.Sprintf(pageQuery, projection.Schema(View{}), visible), args...)
	if err != nil {
		return nil, "", fmt.Errorf("read a queue: %w", err)
	}
	waiting, err := pgx.CollectRows(found, pgx.RowToStructByPos[readmodel.Waiting])
	if err != nil {
		return nil, "", fmt.Errorf("read a queue: %w", err)
	}
	items, next := readmodel.Page(waiting, limit)
	return items, next, nil
}
