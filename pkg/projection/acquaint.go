package projection

import (
	"context"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// acquaintAfter is after how many events the database first looks at the tables that a run fills.
const acquaintAfter = 1000

// acquaint has the database look at the tables now and then, each time after eight times as many events: until it does, it plans folds and
// queries for the empty tables that it knows, and by itself it looks once a minute.
func (r *run) acquaint(ctx context.Context, events int) {
	r.folded += uint64(events)
	if r.folded < max(r.acquaintAt, acquaintAfter) {
		return
	}
	r.acquaintAt = 8 * r.folded
	schemas := make([]string, len(r.units))
	r.names.RLock()
	for i, u := range r.units {
		schemas[i] = u.generation.schema
	}
	r.names.RUnlock()
	r.group.Go(func() error {
		if err := r.analyze(ctx, schemas); err != nil && ctx.Err() == nil {
			r.logger.Warn("tables are not analysed: their plans may be slow until the database does it by itself", zap.Error(err))
		}
		return nil
	})
}

// analyze gathers the statistics of all tables in some schemas. One that is swapped or dropped meanwhile is left out.
func (p *Projector) analyze(ctx context.Context, schemas []string) error {
	rows, err := p.pool.Query(ctx, `select schemaname, tablename from pg_tables where schemaname = any($1) order by 1, 2`, schemas)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pgx.Identifier, error) {
		name := make(pgx.Identifier, 2)
		return name, row.Scan(&name[0], &name[1])
	})
	if err != nil {
		return err
	}
	for _, name := range tables {
		if _, err := p.pool.Exec(ctx, "analyze "+name.Sanitize()); err != nil && !undefined(err) {
			return err
		}
	}
	return nil
}
