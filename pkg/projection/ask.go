package projection

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/fault"
)

// patience is how long Retry waits for the projector.
const patience = 5 * time.Second

// Retried is what became of a retry of parked cases.
type Retried struct {
	Lifted  int      // how many are parked no more
	Parked  int      // how many still are
	Untried int      // of these, those that the projector has not come to in five seconds; it does, or will once it follows their log
	Left    []Parked // those that still are with what refused them now, the oldest first, at most 1,000
}

// mostLeft is how many of the cases that are still parked a retry returns.
const mostLeft = 1000

// Retry asks to fold what parked cases miss, and waits for the outcome.
func (c Control) Retry(ctx context.Context, w Which) (*Retried, error) {
	var asked int
	var at time.Time
	err := c.change(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&at); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `update projection.quarantine q set asked_at = $4 from projection.generations g where `+parkedWhich, w.View, w.District, w.CaseID, at)
		if asked = int(done.RowsAffected()); err == nil && asked == 0 {
			err = fault.New(fault.NotFound, "quarantine.none", "no such case is parked")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.awaitTries(ctx); err != nil {
		return nil, err
	}
	return c.retried(ctx, w, asked, at)
}

// retried counts what is left of the cases that were asked for at a moment. Those that were parked since then are not among them.
func (c Control) retried(ctx context.Context, w Which, asked int, at time.Time) (r *Retried, err error) {
	r = &Retried{}
	err = c.Pool.QueryRow(ctx, `select count(*), count(*) filter (where tried_at is null or tried_at < $4) from projection.quarantine q join projection.generations g on `+parkedWhich+`
		where q.asked_at >= $4 and q.since <= $4`, w.View, w.District, w.CaseID, at).Scan(&r.Parked, &r.Untried)
	if err != nil {
		return nil, fmt.Errorf("count what is still parked: %w", err)
	}
	r.Lifted = max(0, asked-r.Parked)
	r.Left, _, err = c.Quarantined(ctx, w, "", mostLeft)
	return r, err
}

// awaitTries waits until no retry is outstanding, for a while.
func (c Control) awaitTries(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		var outstanding bool
		err := c.Pool.QueryRow(ctx, `select exists (select from projection.quarantine where asked_at is not null and (tried_at is null or tried_at < asked_at))`).Scan(&outstanding)
		if err != nil {
			return fmt.Errorf("wait for a retry: %w", err)
		}
		if !outstanding {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
