package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// prepare makes the ledger and sees to it that each view has a generation of its version: one that serves, or one that is built beside an
// older version's.
func (t *term) prepare(ctx context.Context) error {
	known, err := readGenerations(ctx, t.pool)
	if err != nil {
		return err
	}
	for _, v := range t.views {
		err := pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
			if err := hold(ctx, tx, t.epoch); err != nil {
				return err
			}
			return provide(ctx, tx, v, slices.DeleteFunc(slices.Clone(known), func(r record) bool { return r.View != v.Name() }))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// provide makes what a view lacks.
func provide(ctx context.Context, tx pgx.Tx, v View, known []record) error {
	serving, building := find(known, Serving), find(known, Building)
	switch {
	case serving == nil:
		first, err := newGeneration(ctx, tx, v, Serving)
		if err != nil {
			return err
		}
		return makeTables(ctx, tx, v, first.Schema)
	case serving.Version == v.Version():
		return makeTables(ctx, tx, v, serving.Schema)
	case building != nil && building.Version == v.Version():
		return makeTables(ctx, tx, v, building.Schema)
	}
	if _, err := tx.Exec(ctx, `update projection.generations set state = 'dropping' where view = $1 and state = 'building'`, v.Name()); err != nil {
		return fmt.Errorf("give up an older version's generation: %w", err)
	}
	for _, r := range slices.Backward(known) {
		if r.State == Kept && r.Version == v.Version() {
			return takeUp(ctx, tx, r.Number)
		}
	}
	return beside(ctx, tx, v, serving.Schema)
}

// beside begins a generation of a new version. Until it serves, its queries read the older version's tables.
func beside(ctx context.Context, tx pgx.Tx, v View, serving string) error {
	next, err := newGeneration(ctx, tx, v, Building)
	if err != nil {
		return err
	}
	if err := makeTables(ctx, tx, v, next.Schema); err != nil {
		return err
	}
	return standIn(ctx, tx, Schema(v), next.Schema, serving)
}

// takeUp goes on with a generation that was kept, from where it stood.
func takeUp(ctx context.Context, tx pgx.Tx, number int) error {
	_, err := tx.Exec(ctx, `update projection.generations g set state = 'building', began = now(),
		base = (select coalesce(sum(seq), 0) from projection.checkpoints c where c.generation = g.number) where number = $1`, number)
	if err != nil {
		return fmt.Errorf("take up a generation: %w", err)
	}
	return nil
}

// find returns the last one in a state; nil where there is none.
func find(known []record, state string) *record {
	for i := range slices.Backward(known) {
		if known[i].State == state {
			return &known[i]
		}
	}
	return nil
}
