package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Control is an operator's hand on the projector, from any process: what is asked for is written into the ledger, and the projector that
// works does it, now or once there is one. Asking twice is asking once.
type Control struct {
	Pool *pgxpool.Pool
	Log  interface {
		Streams(ctx context.Context) ([]eventstore.Stream, error)
	}
}

// Generation is one filling of a view.
type Generation struct {
	View    string
	Version int
	Number  int    // counts the fillings of all views
	State   string // Serving, Building, Kept
	Began   time.Time
	Base    uint64    // events that it held when it began
	Since   time.Time // when it began to serve; zero: never
	Parked  int       // cases
	Streams []Progress
}

// Progress is how far a generation is in a stream.
type Progress struct {
	Stream string
	Held   uint64 // how many events it holds
	Sorted uint64 // how many were read to be sorted by case; 0 once it folds them
	Last   uint64 // the log's last; 0 where the log doesn't have the stream
	Halted string // why it doesn't go on; empty: it does
}

// Generations returns the generations of all views, by view, the oldest first.
func (c Control) Generations(ctx context.Context) ([]Generation, error) {
	rows, err := c.Pool.Query(ctx, `select view, version, number, state, began, base, coalesce(since, 'epoch'),
		(select count(*)::int from projection.quarantine q where q.generation = g.number)
		from projection.generations g where state <> 'dropping' order by view, number`)
	if err != nil {
		return nil, unlessUnprojected(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g Generation, err error) {
		var base int64
		err = row.Scan(&g.View, &g.Version, &g.Number, &g.State, &g.Began, &base, &g.Since, &g.Parked)
		if g.Base = uint64(base); g.Since.Unix() == 0 {
			g.Since = time.Time{}
		}
		return g, err
	})
	if err != nil {
		return nil, unlessUnprojected(err)
	}
	return all, c.progress(ctx, all)
}

// progress fills in how far each generation is.
func (c Control) progress(ctx context.Context, all []Generation) error {
	rows, err := c.Pool.Query(ctx, `select generation, stream, greatest(seq, fill_held), case when seq + fill_held = 0 then fill_sorted else 0 end, halted from projection.checkpoints order by stream`)
	if err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	byNumber := map[int][]Progress{}
	var number int
	var p Progress
	if _, err := pgx.ForEachRow(rows, []any{&number, &p.Stream, &p.Held, &p.Sorted, &p.Halted}, func() error {
		byNumber[number] = append(byNumber[number], p)
		return nil
	}); err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	streams, err := c.Log.Streams(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Streams = byNumber[all[i].Number]
		all[i].measure(streams)
	}
	return nil
}

// measure sets the ends of the streams, those that the generation doesn't know yet among them.
func (g *Generation) measure(streams []eventstore.Stream) {
	for _, s := range streams {
		i := slices.IndexFunc(g.Streams, func(p Progress) bool { return p.Stream == s.Name() })
		if i < 0 {
			g.Streams, i = append(g.Streams, Progress{Stream: s.Name()}), len(g.Streams)
		}
		g.Streams[i].Last = s.Last
	}
}

// Held and Total are the events of all streams.
func (g *Generation) Held() (held, total uint64) {
	for _, p := range g.Streams {
		held, total = held+min(p.Held, p.Last), total+p.Last
	}
	return held, total
}

// Rebuild asks for a further generation of the version of a view that serves, and returns its number; that of the one that is being built
// already where there is one. It is swapped in when it has caught up. A Conflict fault where the view is on its way back.
func (c Control) Rebuild(ctx context.Context, view string) (number int, err error) {
	return c.ask(ctx, view, false, `insert into projection.generations (number, view, version, schema, state)
		select n, s.view, s.version, s.view || '_v' || s.version || '_g' || n, 'building'
		from projection.generations s, nextval('projection.generation_number') n where s.view = $1 and s.state = 'serving' on conflict do nothing`)
}

// Back asks to go back to the generation of a view that is kept, and returns its number. It catches up first. One of another version is
// another release's: refused, and so it is while a new one is being built.
func (c Control) Back(ctx context.Context, view string) (number int, err error) {
	return c.ask(ctx, view, true, `update projection.generations k set state = 'building', began = now(),
		base = (select coalesce(sum(seq), 0) from projection.checkpoints c where c.generation = k.number)
		where view = $1 and state = 'kept' and version = (select version from projection.generations where view = $1 and state = 'serving')
		and not exists (select from projection.generations where view = $1 and state = 'building')`)
}

// ask changes the ledger and returns the generation that is being built of a view then. One that was asked for before is the same wish where
// both or neither mean one that has served.
func (c Control) ask(ctx context.Context, view string, back bool, change string) (number int, err error) {
	err = c.change(ctx, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, change, view)
		if err != nil {
			return err
		}
		var same bool
		err = tx.QueryRow(ctx, `select number, (since is not null) = $2 from projection.generations where view = $1 and state = 'building'`, view, back).Scan(&number, &same)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return c.nothing(ctx, tx, view)
		case err == nil && done.RowsAffected() == 0 && !same:
			return fault.New(fault.Conflict, "view.building", "generation %d of this view is being built: wait until it serves, or give it up", number)
		}
		return err
	})
	return number, err
}

// Drop asks to drop what is kept of a view, and to give up what is being built of it; it returns how many generations those are.
func (c Control) Drop(ctx context.Context, view string) (dropped int, err error) {
	err = c.change(ctx, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `update projection.generations set state = 'dropping' where view = $1 and state in ('kept', 'building')`, view)
		if err != nil {
			return err
		}
		if dropped = int(done.RowsAffected()); dropped == 0 {
			return c.nothing(ctx, tx, view)
		}
		return nil
	})
	return dropped, err
}

// change writes into the ledger and tells the projector.
func (c Control) change(ctx context.Context, by func(tx pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, c.Pool, func(tx pgx.Tx) error {
		if err := by(tx); err != nil {
			return err
		}
		return tellAll(ctx, tx)
	})
	if isUnprojected(err) {
		return fault.New(fault.Conflict, "views.unprojected", "no projector has worked on this database yet")
	}
	return err
}

// nothing says why there is nothing to go back to or to drop.
func (c Control) nothing(ctx context.Context, tx pgx.Tx, view string) error {
	var known, kept bool
	err := tx.QueryRow(ctx, `select count(*) > 0, count(*) filter (where state = 'kept') > 0 from projection.generations where view = $1`, view).Scan(&known, &kept)
	switch {
	case err != nil:
		return err
	case !known:
		return fault.New(fault.NotFound, "view.unknown", "there is no view of this name")
	case kept:
		return fault.New(fault.Conflict, "view.other_version", "what is kept is of another version, which this release doesn't have: the release that has it takes it up by itself")
	}
	return fault.New(fault.Conflict, "view.nothing_kept", "nothing is kept of this view")
}

// unlessUnprojected passes an error, but for that of a database on which no projector has ever worked.
func unlessUnprojected(err error) error {
	if isUnprojected(err) {
		return nil
	}
	return fmt.Errorf("read generations: %w", err)
}

// isUnprojected tells whether a table of the ledger is missing: 42P01 is PostgreSQL's "undefined table".
func isUnprojected(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42P01"
}
