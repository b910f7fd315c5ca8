package projection

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CaseFold is what the folds of views with one row a case have in common: the batch, and the rows of its cases.
type CaseFold[R any] struct {
	Batch []Event
	Rows  *Rows[R] // there once they were read

	table *Table[R]
}

// FoldCases begins a fold into a table that has one row a case.
func FoldCases[R any](t *Table[R], batch []Event) CaseFold[R] {
	return CaseFold[R]{Batch: batch, table: t}
}

// Read asks for the rows of the batch's cases.
func (f *CaseFold[R]) Read(x *Exchange) { f.Rows = load(x, f.table, f.Batch) }

// ReadEarly asks for them while an earlier batch is written.
func (f *CaseFold[R]) ReadEarly(x *Exchange, before map[string]bool) {
	if len(f.Batch) > 0 {
		f.table.shelf(x).LoadEarly(f.Batch, before, f.table.reading(x, f.Batch[0].District))
	}
}

// Rows are the rows of one batch's cases: read in one query, folded in memory, written in one statement.
type Rows[R any] struct {
	byCase  map[string]*R
	touched []*R // in the order of the first touch, so that a rebuild writes the same
	seen    map[string]bool
	kept    *Shelf[R]
}

// load asks for the rows of a batch's cases, all of one stream, in a table that has one row a case. A case that begins in the batch has none.
func load[R any](x *Exchange, t *Table[R], batch []Event) *Rows[R] {
	r := &Rows[R]{byCase: map[string]*R{}, seen: map[string]bool{}, kept: t.shelf(x)}
	if len(batch) > 0 {
		r.kept.Load(batch, t.reading(x, batch[0].District), func(id string, row *R) { r.byCase[id] = row })
	}
	return r
}

// shelf is what is kept of the table; nil where nothing is.
func (t *Table[R]) shelf(x *Exchange) *Shelf[R] {
	if t.Edited {
		return nil
	}
	return ShelfOf[R](x, t.Name)
}

// reading reads rows of a district's cases, one a case.
func (t *Table[R]) reading(x *Exchange, district string) Reading[R] {
	return func(ids []string, put func(string, *R)) {
		x.Queue("select case_id::text, "+t.Select()+" from "+OfCases(x.Table(t.Name)), district, ids).Query(func(found pgx.Rows) error {
			for found.Next() {
				var id string
				row := new(R)
				if err := found.Scan(append([]any{&id}, t.Fields(row)...)...); err != nil {
					return fmt.Errorf("read %s: %w", t.Name, err)
				}
				put(id, row)
			}
			return found.Err()
		})
	}
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
		r.kept.Put(e.CaseID, row)
	}
	return row
}

// Touched returns the rows that Of returned, each once.
func (r *Rows[R]) Touched() []*R { return r.touched }

// Keyed has the folds of a transaction read by keys. A plan is made once, when the tables that are to be filled are empty: reading all of one
// is the cheapest then, and any index is as good as another; and it would be kept while they grow. So plans are made anew, which costs less
// than a large batch gains, and never read whole tables.
const Keyed = "set local enable_seqscan = off; set local plan_cache_mode = force_custom_plan"

// few is up to how many events a batch is small.
const few = 500

// begin is how the transaction of a batch begins. It does not wait for the disk: the checkpoint is in it, so what a crash of the database
// takes away is folded again, and what lasts of a later transaction lasts of this one. A small batch does with the plans that there are: none
// of its reads goes far.
func begin(batch []Event) string {
	if len(batch) > few {
		return "begin; set local synchronous_commit = off; " + Keyed
	}
	return "begin; set local synchronous_commit = off; set local enable_seqscan = off"
}

// OfCases is the rows of some cases in a table that has columns district and case_id, for "select … from": $1 is the district, $2 the ids. It
// looks each case up in the table's key. "case_id = any($2)" would leave the choice to the planner, which knows nothing of a table that is
// being filled: it reads all rows of the district and compares each with every id.
func OfCases(table string) string {
	return "unnest($2::text[]) id cross join lateral (select * from " + table + " where district = $1 and case_id = id::uuid offset 0) of_case"
}

// Known returns the ids of a batch's cases, each once, but for those that begin in it: no view has a row of them yet.
func Known(batch []Event) []string {
	seen := make(map[string]bool, len(batch))
	ids := make([]string, 0, len(batch))
	for i := range batch {
		if e := &batch[i]; !seen[e.CaseID] {
			seen[e.CaseID] = true
			if e.Version > 1 {
				ids = append(ids, e.CaseID)
			}
		}
	}
	return ids
}

// OfHits is the rows of a table for cases that another relation found, in that relation's order, for "select … from". Each is looked up in
// the table's key, and no more than the statement asks for.
func OfHits(hits, table string) string {
	return "(" + hits + ") hits cross join lateral (select * from " + table + " where district = hit_district and case_id = hit_case offset 0) of_case"
}
