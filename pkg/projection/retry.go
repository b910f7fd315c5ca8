package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// asked is a parked case that is to be tried again.
type asked struct {
	Generation int
	District   string
	Year       int
	CaseID     string
	Seq        int64
}

// retryAsked tries the parked cases again of which somebody asked it.
func (t *term) retryAsked(ctx context.Context) error {
	rows, err := t.pool.Query(ctx, `select generation, district, year, case_id::text, seq from projection.quarantine
		where asked_at is not null and (tried_at is null or tried_at < asked_at) order by generation, district, year, seq limit 1000`)
	if err != nil {
		return fmt.Errorf("read what is to be retried: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[asked])
	if err != nil {
		return fmt.Errorf("read what is to be retried: %w", err)
	}
	for _, a := range all {
		if err := t.retry(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// retry folds what a parked case misses, in the transaction that lifts the quarantine. A case that is refused again stays parked.
func (t *term) retry(ctx context.Context, a asked) error {
	t.mu.Lock()
	runs := slices.Clone(t.runs)
	t.mu.Unlock()
	stream := eventstore.Stream{District: a.District, Year: a.Year}.Name()
	for _, r := range runs {
		if r.stream.Name() != stream {
			continue
		}
		if found, err := r.retry(ctx, a); found || err != nil {
			return err
		}
	}
	return nil // nobody follows it now: it is asked for until somebody does
}

// retry tries a case again, if its generation is one of the run's.
func (r *run) retry(ctx context.Context, a asked) (found bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.units, func(u *unit) bool { return u.generation.number == a.Generation })
	if i < 0 || r.units[i].at.fill.end > 0 { // while it is filled, it is asked for
		return false, nil
	}
	u := r.units[i]
	u.shelf.drop() // what is folded now is folded past it
	batch, err := r.missed(ctx, u, a)
	if err == nil {
		err = r.lift(ctx, u, a, batch)
	}
	var away *fault.Error
	var no *refusal
	switch {
	case errors.As(err, &no):
		return true, r.stays(ctx, a, no.code, no.reason)
	case errors.As(err, &away) && away.Kind == fault.Unavailable:
		return true, nil // the broker is away: it is tried again
	case haltReason(err) != "":
		return true, r.stays(ctx, a, "log.unreadable", "the case's events can't be read from the log: run gridcase audit")
	case err == nil:
		delete(u.parked, a.CaseID)
		r.logger.Info("case is not parked any more", zap.String("view", u.generation.view.Name()), zap.String("case", a.CaseID), zap.Int("events", len(batch)))
	}
	return true, err
}

// missed reads the case's events from the parked one on, as far as the unit has come.
func (r *run) missed(ctx context.Context, u *unit, a asked) ([]Event, error) {
	first, err := r.log.At(ctx, r.stream, uint64(a.Seq))
	if err != nil {
		return nil, err
	}
	k := eventstore.Case{District: a.District, Year: a.Year, ID: a.CaseID}
	stored, err := r.log.Load(ctx, k, first.Seq-1, first.Version-1, first.Prev)
	if err != nil {
		return nil, err
	}
	stored = slices.DeleteFunc(stored, func(e eventstore.Event) bool { return e.Seq > u.at.seq })
	return decode(stored)
}

// lift folds the events and ends the quarantine.
func (r *run) lift(ctx context.Context, u *unit, a asked, batch []Event) error {
	r.names.RLock()
	defer r.names.RUnlock()
	err := pgx.BeginTxFunc(ctx, r.pool, pgx.TxOptions{BeginQuery: begin(batch)}, func(tx pgx.Tx) error {
		if err := r.holdAlone(ctx, tx); err != nil {
			return err
		}
		if len(batch) > 0 {
			if err := apply(ctx, tx, &unit{generation: u.generation}, batch); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `delete from projection.quarantine where generation = $1 and district = $2 and case_id = $3::text::uuid`, a.Generation, a.District, a.CaseID); err != nil {
			return err
		}
		return tellAll(ctx, tx)
	})
	return asTransient("retry a case", err)
}

// stays writes that a retry didn't help, and why.
func (r *run) stays(ctx context.Context, a asked, code, reason string) error {
	return r.update(ctx, `update projection.quarantine set tried_at = clock_timestamp(), tries = tries + 1, code = $4, reason = $5
		where generation = $1 and district = $2 and case_id = $3::text::uuid`, a.Generation, a.District, a.CaseID, code, reason)
}
