package projection

import (
	"context"
	"fmt"
	"runtime"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// guarded turns a fold's panic into an error: one event must not bring down all views.
func guarded(fold func() error) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case runtime.Error:
			err = &panicError{"runtime error"}
		default:
			err = &panicError{fmt.Sprintf("%T", cause)}
		}
	}()
	return fold()
}

// park takes a case out of a unit, from an event on.
func (r *run) park(ctx context.Context, no *refusal, e *Event) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if err := r.holdAlone(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into projection.quarantine (generation, district, year, case_id, seq, event_id, event_type, code, reason, events, last_seq)
			values ($1, $2, $3, $4::text::uuid, $5, $6, $7, $8, $9, 0, $5)`,
			no.unit.generation.number, e.District, e.Year, e.CaseID, int64(e.Seq), e.ID, e.Type, no.code, no.reason)
		if err != nil {
			return err
		}
		return tellAll(ctx, tx)
	})
	if err != nil {
		return asTransient("park a case", err)
	}
	no.unit.parked[e.CaseID] = true
	r.logger.Error("case is parked", zap.String("view", no.unit.generation.view.Name()), zap.Int("generation", no.unit.generation.number),
		zap.String("position", e.Position().String()), zap.String("case", e.CaseID), zap.String("code", no.code), zap.String("reason", no.reason))
	return nil
}

// divert parts a batch into the events that a unit folds and those of parked cases.
func (u *unit) divert(batch []Event) (flowing, waiting []Event) {
	if len(u.parked) == 0 {
		return batch, nil
	}
	for i := range batch {
		if u.parked[batch[i].CaseID] {
			waiting = append(waiting, batch[i])
		} else {
			flowing = append(flowing, batch[i])
		}
	}
	return flowing, waiting
}

// count asks to count the events of parked cases.
func (s *share) count(x *Exchange) {
	for i := range s.waiting {
		e := &s.waiting[i]
		x.Queue(`update projection.quarantine set events = events + 1, last_seq = $4 where generation = $1 and district = $2 and case_id = $3::text::uuid`,
			s.generation.number, e.District, e.CaseID, int64(e.Seq))
	}
}

// readParked returns the ids of the cases that generations can't go on with in a stream.
func (r *run) readParked(ctx context.Context, tx pgx.Tx, number int) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `select case_id::text from projection.quarantine where generation = $1 and district = $2 and year = $3`, number, r.stream.District, r.stream.Year)
	if err != nil {
		return nil, transient("read what is parked", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, transient("read what is parked", err)
	}
	parked := map[string]bool{}
	for _, id := range ids {
		parked[id] = true
	}
	return parked, nil
}

// tellAll lets projectors and readers look anew when the transaction commits.
func tellAll(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_notify($1, ''), pg_notify($2, '')`, Channel, control)
	return err
}
