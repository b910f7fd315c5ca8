package projection

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// swap lets a generation that has caught up serve, in one transaction: from its commit on the name that queries read is the new one's. The
// one that served before is kept, and what was kept before goes.
func (t *term) swap(ctx context.Context, g *generation) error {
	if err := t.pass("before swap"); err != nil {
		return err
	}
	before, err := t.rename(ctx, g)
	if err != nil {
		return err
	}
	t.logger.Info("view is swapped", zap.String("view", g.view.Name()), zap.Int("generation", g.number))
	if before != nil {
		t.dismiss(before)
	}
	if _, err := t.pool.Exec(ctx, "drop schema if exists "+pgx.Identifier{stoodIn(g.view)}.Sanitize()+" cascade"); err != nil {
		t.logger.Warn("stand-in is not dropped yet", zap.String("view", g.view.Name()), zap.Error(err))
	}
	return t.pass("after swap")
}

// rename is the swap's transaction. Nothing is applied meanwhile. It returns the generation that served, if it is followed.
func (t *term) rename(ctx context.Context, g *generation) (before *generation, err error) {
	t.names.Lock()
	defer t.names.Unlock()
	front, from := Schema(g.view), record{}
	var moved *record
	err = pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, t.epoch); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `select number, schema from projection.generations where view = $1 and state = 'serving'`, g.view.Name()).Scan(&from.Number, &from.Schema)
		if err != nil {
			return err
		}
		if err := ahead(ctx, tx, g.number, from.Number); err != nil {
			return err
		}
		if g.schema != front {
			if moved, err = vacate(ctx, tx, g.view); err != nil {
				return err
			}
			if err := renameSchema(ctx, tx, g.schema, front); err != nil {
				return err
			}
		}
		return install(ctx, tx, g, from.Number)
	})
	if err != nil {
		return nil, asTransient("swap view "+g.view.Name(), err)
	}
	return t.renamed(g, from.Number, moved), nil
}

// ahead makes sure that nothing which readers have seen is missing in the generation that is to serve.
func ahead(ctx context.Context, tx pgx.Tx, number, serving int) error {
	var behind int
	err := tx.QueryRow(ctx, `select count(*) from projection.checkpoints n join projection.checkpoints s using (stream, stream_created)
		where n.generation = $1 and s.generation = $2 and n.seq < s.seq`, number, serving).Scan(&behind)
	if err == nil && behind > 0 {
		err = errMoved
	}
	return err
}

// vacate takes the name that queries read from who has it: another generation of the version, which is returned, or what stands in.
func vacate(ctx context.Context, tx pgx.Tx, v View) (moved *record, err error) {
	front := Schema(v)
	var r record
	err = tx.QueryRow(ctx, `update projection.generations set schema = schema || '_g' || number where schema = $1 returning number, schema`, front).Scan(&r.Number, &r.Schema)
	if err == nil {
		return &r, renameSchema(ctx, tx, front, r.Schema)
	}
	if err != pgx.ErrNoRows {
		return nil, err
	}
	return nil, renameSchema(ctx, tx, front, stoodIn(v))
}

// stoodIn is the name of what stood in for a view until it is dropped.
func stoodIn(v View) string { return Schema(v) + "_stood_in" }

func renameSchema(ctx context.Context, tx pgx.Tx, from, to string) error {
	_, err := tx.Exec(ctx, "alter schema "+pgx.Identifier{from}.Sanitize()+" rename to "+pgx.Identifier{to}.Sanitize())
	if err != nil {
		return fmt.Errorf("rename %s: %w", from, err)
	}
	return nil
}

// install writes who serves now.
func install(ctx context.Context, tx pgx.Tx, g *generation, before int) error {
	for _, change := range []struct {
		statement string
		args      []any
	}{
		{`update projection.generations set state = 'dropping' where view = $1 and state = 'kept'`, []any{g.view.Name()}},
		{`update projection.generations set state = 'kept' where number = $1`, []any{before}},
		{`update projection.generations set state = 'serving', since = now(), schema = $2 where number = $1`, []any{g.number, Schema(g.view)}},
	} {
		if _, err := tx.Exec(ctx, change.statement, change.args...); err != nil {
			return err
		}
	}
	return tellAll(ctx, tx)
}

// renamed takes over what the transaction did. The names are locked.
func (t *term) renamed(g *generation, served int, moved *record) (before *generation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if moved != nil && t.generations[moved.Number] != nil {
		t.generations[moved.Number].schema = moved.Schema
	}
	g.schema, g.state = Schema(g.view), Serving
	before = t.generations[served]
	if before != nil {
		before.state = Kept
	}
	return before
}
