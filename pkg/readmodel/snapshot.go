package readmodel

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// ErrUneven: views are not whole, or not at the same place: a stream of theirs is halted or being filled, a case is parked, a version is
// being built.
var ErrUneven = errors.New("the views are not whole, or not at the same place")

// snapshotQuery says how far some generations that serve are in each stream of a district, and whether all of them are there and whole.
const snapshotQuery = `
select split_part(c.stream, '_', 3)::int, min(c.seq), count(*) = cardinality($1::text[]) and min(c.seq) = max(c.seq) and not bool_or(c.halted <> '' or c.fill_end > 0)
  and not bool_or(exists (select from projection.quarantine q where q.generation = g.number and q.district = $2))
from projection.generations g join projection.checkpoints c on c.generation = g.number
where g.state = 'serving' and g.schema = any($1) and split_part(c.stream, '_', 2) = $2 group by 1 order by 1`

// Snapshot lets read look at some views at one moment, and returns the positions of that moment in a district. ErrUneven says that together
// they don't hold what the log says up to there.
func (t *Tracker) Snapshot(ctx context.Context, district string, views []string, read func(tx pgx.Tx) error) (positions []string, err error) {
	var fronts []string
	for i, name := range t.views {
		if slices.Contains(views, name) {
			fronts = append(fronts, t.fronts[i])
		}
	}
	err = pgx.BeginTxFunc(ctx, t.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, snapshotQuery, fronts, district)
		if err != nil {
			return fmt.Errorf("read checkpoints: %w", err)
		}
		even := true
		var year int
		var seq uint64
		var whole bool
		if _, err := pgx.ForEachRow(rows, []any{&year, &seq, &whole}, func() error {
			even = even && whole
			positions = append(positions, eventstore.Position{District: district, Year: year, Seq: seq}.String())
			return nil
		}); err != nil {
			return fmt.Errorf("read checkpoints: %w", err)
		}
		if !even || len(positions) == 0 {
			return ErrUneven
		}
		return read(tx)
	})
	return positions, err
}
