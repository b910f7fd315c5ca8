package projection

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Parked is a case that a generation of a view can't go on with. The view holds its events before First, and none from there on.
type Parked struct {
	View       string
	Version    int
	Generation int
	District   string
	Year       int
	CaseID     string
	First      uint64 // sequence of the event that was refused
	Last       uint64 // of the last one that waits
	Events     uint64 // how many wait, the first among them
	EventID    string
	EventType  string
	Code       string // why, for machines
	Reason     string // why, for people; no values
	Since      time.Time
	TriedAt    time.Time // the last retry; zero: none
	Tries      int
}

// Position is the place of the event that was refused.
func (p *Parked) Position() eventstore.Position {
	return eventstore.Position{District: p.District, Year: p.Year, Seq: p.First}
}

// Which names parked cases: all where empty, those of a view, or one case.
type Which struct{ View, District, CaseID string }

// Quarantined returns parked cases of the generations that serve or are being built, the oldest first, at most 1,000.
func (c Control) Quarantined(ctx context.Context, w Which) ([]Parked, error) {
	rows, err := c.Pool.Query(ctx, `select g.view, g.version, g.number, q.district, q.year, q.case_id::text, q.seq, q.last_seq, q.events, q.event_id, q.event_type, q.code, q.reason,
			q.since, coalesce(q.tried_at, 'epoch'), q.tries
		from projection.quarantine q join projection.generations g on g.number = q.generation
		where g.state in ('serving', 'building') and ($1 = '' or g.view = $1) and ($2 = '' or q.district = $2) and ($3 = '' or q.case_id::text = $3)
		order by q.since, g.view, q.district, q.case_id limit 1000`, w.View, w.District, w.CaseID)
	if err != nil {
		return nil, unlessUnprojected(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Parked, err error) {
		err = row.Scan(&p.View, &p.Version, &p.Generation, &p.District, &p.Year, &p.CaseID, &p.First, &p.Last, &p.Events, &p.EventID, &p.EventType, &p.Code, &p.Reason,
			&p.Since, &p.TriedAt, &p.Tries)
		if p.TriedAt.Unix() == 0 {
			p.TriedAt = time.Time{}
		}
		return p, err
	})
	if err != nil {
		return nil, unlessUnprojected(err)
	}
	return found, nil
}

// patience is how long Retry waits for the projector.
const patience = 5 * time.Second

// Retry asks to fold what parked cases miss, and waits for the outcome. It returns how many are parked no more, and those that still are:
// with what refused them now or, where the projector didn't come to it in five seconds, as they were.
func (c Control) Retry(ctx context.Context, w Which) (lifted int, left []Parked, err error) {
	var asked int
	err = c.change(ctx, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `update projection.quarantine q set asked_at = clock_timestamp() from projection.generations g
			where g.number = q.generation and g.state in ('serving', 'building') and ($1 = '' or g.view = $1) and ($2 = '' or q.district = $2) and ($3 = '' or q.case_id::text = $3)`,
			w.View, w.District, w.CaseID)
		if asked = int(done.RowsAffected()); err == nil && asked == 0 {
			err = fault.New(fault.NotFound, "quarantine.none", "no such case is parked")
		}
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	if err := c.awaitTries(ctx); err != nil {
		return 0, nil, err
	}
	left, err = c.Quarantined(ctx, w)
	return max(0, asked-len(left)), left, err
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
