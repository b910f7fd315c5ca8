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

// standings is how every case of a district stood at a moment. %[1]s is the schema, %[2]s the moment's condition.
const standings = `
with standing as (
  select * from (
    select case_id, number, case_type, grid, state, priority, queue, since, due, waits, version, year, seq, 9223372036854775807 as until_seq, at, 'infinity'::timestamptz as until_at
    from %[1]s.present where district = $1
    union all
    select case_id, number, case_type, grid, state, priority, queue, since, due, waits, version, year, seq, until_seq, at, until_at
    from %[1]s.past where district = $1
  ) every where %[2]s
)`

// condition is a moment's, over the columns of a standing, with its arguments numbered from first on.
func condition(m readmodel.Moment, district string, first int) (condition string, args []any) {
	if len(m.Positions) == 0 {
		return fmt.Sprintf("at <= $%[1]d and until_at > $%[1]d", first), []any{m.At}
	}
	years, sequences := m.Cuts(district)
	return fmt.Sprintf(`exists (select from unnest($%d::int[], $%d::bigint[]) cut (y, s) where year = y and seq <= s and until_seq > s)`, first, first+1), []any{years, sequences}
}

// Under returns how many cases stood in the areas whose code begins with prefix, those of these lengths alone, by area, each in the order of
// types and states.
func (p Past) Under(ctx context.Context, prefix string, m readmodel.Moment, lengths ...int) (map[string][]*gridcasev1.StateCount, error) {
	condition, args := condition(m, prefix[:6], 4)
	query := fmt.Sprintf(standings+`
select left(grid, length) as area, case_type, state, count(*) from standing, unnest($3::int[]) length where starts_with(grid, $2) and length(grid) >= length
group by 1, 2, 3`, projection.Schema(View{}), condition)
	found, err := p.Pool.Query(ctx, query, append([]any{prefix[:6], prefix, lengths}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read what stood where: %w", err)
	}
	byArea := map[string][]*gridcasev1.StateCount{}
	var area, caseType string
	var state int16
	var cases int64
	_, err = pgx.ForEachRow(found, []any{&area, &caseType, &state, &cases}, func() error {
		byArea[area] = append(byArea[area], &gridcasev1.StateCount{CaseType: caseType, State: gridcasev1.State(state), Cases: uint64(cases)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what stood where: %w", err)
	}
	for _, n := range byArea {
		slices.SortFunc(n, func(a, b *gridcasev1.StateCount) int {
			return cmp.Or(cmp.Compare(a.GetCaseType(), b.GetCaseType()), cmp.Compare(a.GetState(), b.GetState()))
		})
	}
	return byArea, nil
}

// Page returns up to limit items of a queue as it was, behind a cursor ("": from the beginning), and the cursor of the next page, empty at
// the end; in the order of the queue of today.
func (p Past) Page(ctx context.Context, district, queue string, m readmodel.Moment, page string, limit int) ([]*gridcasev1.QueueItem, string, error) {
	at, err := readmodel.ParseCursor(page)
	if err != nil {
		return nil, "", err
	}
	condition, args := condition(m, district, 9)
	query := fmt.Sprintf(standings+`
select * from (
  select case_id::text, number, case_type, grid, state, 0::smallint as kind, priority, since, due, version from standing where queue = $2 and queue <> ''
  union all
  select case_id::text, number, case_type, grid, state, w.kind, priority, w.since, w.due, version
  from standing, jsonb_to_recordset(waits) w (kind smallint, queue text, since timestamptz, due timestamptz) where w.queue = $2
) waiting
where (-priority, coalesce(due, 'infinity'), since, case_id::uuid, kind) > ($3, $4::text::timestamptz, $5::text::timestamptz, $6::text::uuid, $7)
order by -priority, coalesce(due, 'infinity'), since, case_id::uuid, kind limit $8`, projection.Schema(View{}), condition)
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
