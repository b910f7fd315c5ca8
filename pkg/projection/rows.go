package projection

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Rows are the rows of one batch's cases: read in one query, folded in memory, written in one statement.
type Rows[R any] struct {
	byCase  map[string]*R
	touched []*R // in the order of the first touch, so that a rebuild writes the same
	seen    map[string]bool
}

// Load reads the rows of a batch's cases, all of one stream, from a table that has one row a case.
func Load[R any](ctx context.Context, tx pgx.Tx, t *Table[R], batch []Event) (*Rows[R], error) {
	found, err := tx.Query(ctx, "select case_id::text, "+t.Select()+" from "+OfCases(t.Name), batch[0].District, CaseIDs(batch))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Name, err)
	}
	defer found.Close()
	r := &Rows[R]{byCase: map[string]*R{}, seen: map[string]bool{}}
	for found.Next() {
		var id string
		row := new(R)
		if err := found.Scan(append([]any{&id}, t.Fields(row)...)...); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.Name, err)
		}
		r.byCase[id] = row
	}
	return r, found.Err()
}

// Of returns the row of an event's case, to be changed; a case without one gets an empty row.
func (r *Rows[R]) Of(e *Event) *R {
	row, ok := r.byCase[e.CaseID]
	if !ok {
		row = new(R)
		r.byCase[e.CaseID] = row
	}
	if !r.seen[e.CaseID] {
		r.seen[e.CaseID] = true
		r.touched = append(r.touched, row)
	}
	return row
}

// Touched returns the rows that Of returned, each once.
func (r *Rows[R]) Touched() []*R { return r.touched }

// Keyed begins a transaction that folds: its reads go by keys, never through whole tables. A plan is made once, when the tables that are to
// be filled are empty and reading all of one is the cheapest, and would be kept while they grow.
const Keyed = "begin; set local enable_seqscan = off"

// OfCases is the rows of some cases in a table that has columns district and case_id, for "select … from": $1 is the district, $2 the ids. It
// looks each case up in the table's key. "case_id = any($2)" would leave the choice to the planner, which knows nothing of a table that is
// being filled: it reads all rows of the district and compares each with every id.
func OfCases(table string) string {
	return "unnest($2::text[]) id cross join lateral (select * from " + table + " where district = $1 and case_id = id::uuid offset 0) of_case"
}

// CaseIDs returns the ids of a batch's cases, each once.
func CaseIDs(batch []Event) []string {
	seen := make(map[string]bool, len(batch))
	ids := make([]string, 0, len(batch))
	for i := range batch {
		if id := batch[i].CaseID; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// OfHits is the rows of a table for cases that another relation found, in that relation's order, for "select … from". Each is looked up in
// the table's key, and no more than the statement asks for.
func OfHits(hits, table string) string {
	return "(" + hits + ") hits cross join lateral (select * from " + table + " where district = hit_district and case_id = hit_case offset 0) of_case"
}
