package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Past reads the view.
type Past struct{ Pool *pgxpool.Pool }

// waiting is the condition that a case waits for somebody, by its state or beside it.
const waiting = `(queue <> '' or waits <> '[]')`

// standings is how the cases of a district, those of a condition, stood at a moment, as a query's beginning, and its arguments, numbered from
// first on; the district is $1.
func standings(m readmodel.Moment, district, which string, first int) (query string, args []any) {
	held, args := holding(m, district, first)
	const columns = "case_id, number, case_type, grid, state, priority, queue, since, due, waits, version"
	return fmt.Sprintf(`with standing as (
  select %[1]s from %[2]s.present where district = $1 and %[3]s and %[4]s
  union all
  select %[1]s from %[2]s.past where district = $1 and %[3]s and %[5]s
)`, columns, projection.Schema(View{}), which, since(m, first, len(args)), held), args
}

// Under returns how many cases stood in the areas whose code begins with prefix, those of these lengths alone, by area, each in the order of
// types and states. It reads every row of the present once, and of the past what may hold the moment.
func (p Past) Under(ctx context.Context, prefix string, m readmodel.Moment, lengths ...int) (map[string][]*gridcasev1.StateCount, error) {
	query, args := standings(m, prefix[:6], "starts_with(grid, $2)", 3)
	found, err := p.Pool.Query(ctx, query+` select grid, case_type, state, count(*) from standing group by 1, 2, 3`, append([]any{prefix[:6], prefix}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read what stood where: %w", err)
	}
	counts := map[place]uint64{}
	var grid, caseType string
	var state int16
	var cases int64
	_, err = pgx.ForEachRow(found, []any{&grid, &caseType, &state, &cases}, func() error {
		for _, n := range lengths {
			if n <= len(grid) {
				counts[place{grid[:n], caseType, gridcasev1.State(state)}] += uint64(cases)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what stood where: %w", err)
	}
	return byArea(counts), nil
}

// place is what is counted: the cases of a type that stood in a state in an area.
type place struct {
	area, caseType string
	state          gridcasev1.State
}

// byArea puts counts in order.
func byArea(counts map[place]uint64) map[string][]*gridcasev1.StateCount {
	all := map[string][]*gridcasev1.StateCount{}
	for at, cases := range counts {
		all[at.area] = append(all[at.area], &gridcasev1.StateCount{CaseType: at.caseType, State: at.state, Cases: cases})
	}
	for _, n := range all {
		slices.SortFunc(n, func(a, b *gridcasev1.StateCount) int {
			return cmp.Or(cmp.Compare(a.GetCaseType(), b.GetCaseType()), cmp.Compare(a.GetState(), b.GetState()))
		})
	}
	return all
}

// Page returns up to limit items of a queue as it was, behind a cursor ("": from the beginning), and the cursor of the next page, empty at
// the end; in the order of the queue of today.
func (p Past) Page(ctx context.Context, district, queue string, m readmodel.Moment, page string, limit int) ([]*gridcasev1.QueueItem, string, error) {
	at, err := readmodel.ParseCursor(page)
	if err != nil {
		return nil, "", err
	}
	from, args := standings(m, district, waiting, 9)
	query := from + `
select * from (
  select case_id::text, number, case_type, grid, state, 0::smallint as kind, priority, since, due, version from standing where queue = $2 and queue <> ''
  union all
  select case_id::text, number, case_type, grid, state, w.kind, priority, w.since, w.due, version
  from standing, jsonb_to_recordset(waits) w (kind smallint, queue text, since timestamptz, due timestamptz) where w.queue = $2
) waiting
where (-priority, coalesce(due, 'infinity'), since, case_id::uuid, kind) > ($3, $4::text::timestamptz, $5::text::timestamptz, $6::text::uuid, $7)
order by -priority, coalesce(due, 'infinity'), since, case_id::uuid, kind limit $8`
	found, err := p.Pool.Query(ctx, query, append([]any{district, queue, -at.Priority, at.Due, at.Since, at.CaseID, at.Kind, limit + 1}, args...)...)
	if err != nil {
		return nil, "", fmt.Errorf("read a queue of the past: %w", err)
	}
	waiting, err := pgx.CollectRows(found, pgx.RowToStructByPos[readmodel.Waiting])
	if err != nil {
		return nil, "", fmt.Errorf("read a queue of the past: %w", err)
	}
	items, next := readmodel.Page(waiting, limit)
	return items, next, nil
}
