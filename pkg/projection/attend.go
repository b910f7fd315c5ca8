package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// control is where the projector is told that something is asked of it: the ledger says what.
const control = "gridcase_control"

// poke has the ledger attended to. A lost one costs two seconds.
func (t *term) poke() {
	_, _ = t.pool.Exec(context.Background(), `select pg_notify($1, '')`, control)
}

// attend does what the ledger asks for: it begins generations, gives them up, swaps them in, drops them, and retries what is parked.
func (t *term) attend(ctx context.Context) error {
	stored, err := readGenerations(ctx, t.pool)
	if err != nil {
		return err
	}
	t.review(stored)
	if err := t.dismissOthers(ctx, stored); err != nil {
		return err
	}
	for _, r := range stored {
		if err := t.admit(ctx, r); err != nil {
			return err
		}
	}
	for _, r := range stored {
		if r.State == dropping {
			t.drop(ctx, r)
		}
	}
	if err := t.retryAsked(ctx); err != nil {
		return err
	}
	for _, g := range t.ready() {
		if err := t.swap(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// admit follows a generation that serves or is being built, if it is of a version that this build has.
func (t *term) admit(ctx context.Context, r record) error {
	i := slices.IndexFunc(t.views, func(v View) bool { return v.Name() == r.View })
	if i < 0 || t.generations[r.Number] != nil || r.State != Serving && r.State != Building {
		return nil
	}
	v := t.views[i]
	if r.Version != v.Version() {
		if r.State == Building { // asked for of a version that this build doesn't have
			return t.update(ctx, `update projection.generations set state = 'dropping' where number = $1 and state = 'building'`, r.Number)
		}
		return nil
	}
	err := pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, t.epoch); err != nil {
			return err
		}
		return makeTables(ctx, tx, v, r.Schema)
	})
	if err != nil {
		return err
	}
	g := &generation{number: r.Number, view: v, schema: r.Schema, state: r.State, caught: map[string]bool{}}
	g.life, g.giveUp = context.WithCancel(ctx)
	if r.State == Building {
		t.logger.Info("view is rebuilt", zap.String("view", r.View), zap.Int("generation", r.Number))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.generations[r.Number] = g
	for _, f := range t.followers {
		t.goLate(f, g)
	}
	return nil
}

// dismissOthers stops to follow the generations that are not stored any more as such that are to be followed.
func (t *term) dismissOthers(ctx context.Context, stored []record) error {
	var given []*generation
	t.mu.Lock()
	for number, g := range t.generations {
		if !slices.ContainsFunc(stored, func(r record) bool { return r.Number == number && (r.State == Serving || r.State == Building) }) {
			given = append(given, g)
		}
	}
	t.mu.Unlock()
	for _, g := range given {
		t.dismiss(g)
	}
	return ctx.Err()
}

// dismiss stops to follow a generation and returns when nothing is written into it any more.
func (t *term) dismiss(g *generation) {
	g.giveUp()
	g.late.Wait()
	t.mu.Lock()
	delete(t.generations, g.number)
	runs := slices.Clone(t.runs)
	t.mu.Unlock()
	for _, r := range runs {
		r.mu.Lock()
		r.units = slices.DeleteFunc(r.units, func(u *unit) bool { return u.generation == g })
		r.mu.Unlock()
	}
}

// drop removes a generation's tables. One that somebody still reads is dropped later.
func (t *term) drop(ctx context.Context, r record) {
	err := pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, t.epoch); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "set local lock_timeout = '1s'; drop schema if exists "+pgx.Identifier{r.Schema}.Sanitize()+" cascade"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from projection.generations where number = $1`, r.Number)
		return err
	})
	if err != nil {
		t.logger.Warn("generation is not dropped yet", zap.String("view", r.View), zap.Int("generation", r.Number), zap.Error(err))
		return
	}
	t.logger.Info("generation is dropped", zap.String("view", r.View), zap.Int("generation", r.Number))
}

// ready returns the generations that have caught up in every stream.
func (t *term) ready() (ready []*generation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.looked {
		return nil
	}
	for _, g := range t.generations {
		missing := g.state != Building
		for name := range t.followers {
			missing = missing || !g.caught[name]
		}
		if !missing {
			ready = append(ready, g)
		}
	}
	return ready
}

// update changes the ledger while the office is held.
func (t *term) update(ctx context.Context, statement string, args ...any) error {
	return pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, t.epoch); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, statement, args...); err != nil {
			return fmt.Errorf("change the ledger: %w", err)
		}
		return nil
	})
}

// review keeps what is parked and halted of the views that serve, for who asks.
func (t *term) review(stored []record) {
	parked, halted := map[string]int{}, map[string]string{}
	for _, r := range stored {
		if r.State != Serving || !slices.ContainsFunc(t.views, func(v View) bool { return v.Name() == r.View }) {
			continue
		}
		parked[r.View] = r.Parked
		for i := 0; i+1 < len(r.Halted); i += 2 {
			halted[r.Halted[i]] = r.Halted[i+1]
		}
	}
	t.Projector.mu.Lock()
	defer t.Projector.mu.Unlock()
	t.parked, t.halted = parked, halted
}
