package readmodel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
)

// Ends tells how far the logs go.
type Ends interface {
	Streams(ctx context.Context) ([]eventstore.Stream, error)
}

// Tracker knows how far the views have come, so that a query can wait for a position and say when its answer is stale. It is safe for
// concurrent use.
type Tracker struct {
	pool   *pgxpool.Pool
	ends   Ends
	views  []string // their names
	fronts []string // the schemas that this build's queries read
	logger *zap.Logger

	mu      sync.Mutex
	at      map[stream]uint64
	behind  map[stream]bool   // halted, or short of an end that the log had a look ago
	end     map[stream]uint64 // the log's end at the last look
	parked  map[string]bool   // the cases that a view can't go on with, as DISTRICT/ID
	changed chan struct{}     // closed and replaced when a position moves
}

type stream struct {
	district string
	year     int
}

const (
	// patience is how long a query waits for a position.
	patience = 2 * time.Second
	// look is how often the logs' ends are compared with the views.
	look = 2 * time.Second
)

// NewTracker returns a tracker of the views that are read. It knows nothing until Run.
func NewTracker(pool *pgxpool.Pool, ends Ends, views []projection.View, logger *zap.Logger) *Tracker {
	t := &Tracker{pool: pool, ends: ends, logger: logger, at: map[stream]uint64{}, behind: map[stream]bool{}, end: map[stream]uint64{}, changed: make(chan struct{})}
	for _, v := range views {
		t.views, t.fronts = append(t.views, v.Name()), append(t.fronts, projection.Schema(v))
	}
	return t
}

// Run listens for new positions and compares them with the logs until ctx ends. The database's absence is waited out.
func (t *Tracker) Run(ctx context.Context) error {
	for {
		err := t.listen(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.forget()
		t.logger.Warn("positions are not heard", zap.Error(err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// forget takes back how far the views were: a database that went away may have lost the last transactions, and applies them again.
func (t *Tracker) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.at)
}

func (t *Tracker) listen(ctx context.Context) error {
	cfg := t.pool.Config().ConnConfig.Copy()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+projection.Channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		if err := t.compare(ctx, conn); err != nil {
			return err
		}
		until := time.Now().Add(look)
		for time.Now().Before(until) {
			wait, cancel := context.WithDeadline(ctx, until)
			n, err := conn.WaitForNotification(wait)
			cancel()
			if err == nil && n.Payload == "" {
				break // something else than a position has changed
			} else if err == nil {
				t.hear(n.Payload)
			} else if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("wait for a position: %w", err)
			}
		}
	}
}

// hear takes a position that the projector told.
func (t *Tracker) hear(payload string) {
	p, err := eventstore.ParsePosition(payload)
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.move(stream{p.District, p.Year}, p.Seq)
}

// move must be called with the lock held.
func (t *Tracker) move(s stream, seq uint64) {
	if seq <= t.at[s] {
		return
	}
	t.at[s] = seq
	close(t.changed)
	t.changed = make(chan struct{})
}

// compare reads the checkpoints and the logs' ends.
func (t *Tracker) compare(ctx context.Context, conn *pgx.Conn) error {
	found, halted, err := t.readCheckpoints(ctx, conn)
	if err != nil && !unprojected(err) {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	parked, err := t.readParked(ctx, conn)
	if err != nil && !unprojected(err) {
		return fmt.Errorf("read what is parked: %w", err)
	}
	ends, err := t.ends.Streams(ctx)
	if err != nil {
		return nil // the log is away: what is known stays
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parked = parked
	for _, e := range ends {
		s := stream{e.District, e.Year}
		t.behind[s] = halted[e.Name()] || found[e.Name()] < t.end[s]
		t.end[s] = e.Last
		t.move(s, found[e.Name()])
	}
	return nil
}

// shown are the generations that queries read, $1 being the views and $2 their schemas: the one that has the schema's name, which may be
// kept or built; where what stands in has it, the one that serves.
const shown = `(select distinct on (view) number from projection.generations where view = any($1) and (state = 'serving' or schema = any($2))
	order by view, (schema = any($2)) desc)`

// readCheckpoints returns, by stream, how far the slowest view is and whether any is halted.
func (t *Tracker) readCheckpoints(ctx context.Context, conn *pgx.Conn) (found map[string]uint64, halted map[string]bool, err error) {
	found, halted = map[string]uint64{}, map[string]bool{}
	rows, err := conn.Query(ctx, `select stream, min(seq), bool_or(halted <> '') from projection.checkpoints where generation in `+shown+` group by stream`, t.views, t.fronts)
	if err != nil {
		return found, halted, err
	}
	var name string
	var seq uint64
	var stopped bool
	_, err = pgx.ForEachRow(rows, []any{&name, &seq, &stopped}, func() error {
		found[name], halted[name] = seq, stopped
		return nil
	})
	return found, halted, err
}

// readParked returns the cases that a view can't go on with.
func (t *Tracker) readParked(ctx context.Context, conn *pgx.Conn) (map[string]bool, error) {
	rows, err := conn.Query(ctx, `select distinct district || '/' || case_id from projection.quarantine where generation in `+shown, t.views, t.fronts)
	if err != nil {
		return nil, err
	}
	cases, err := pgx.CollectRows(rows, pgx.RowTo[string])
	parked := make(map[string]bool, len(cases))
	for _, c := range cases {
		parked[c] = true
	}
	return parked, err
}

// Mark says of an answer about one case that a view can't go on with it, where that is so: the answer is stale then.
func (t *Tracker) Mark(f *gridcasev1.Freshness, district, caseID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.parked[district+"/"+caseID] {
		f.Stale, f.Quarantined = true, true
	}
}

// unprojected tells whether no projector has ever worked on this database.
func unprojected(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == undefinedTable
}

// undefinedTable is PostgreSQL's "undefined table".
const undefinedTable = "42P01"

// Wait returns when the views hold the positions that are asked for, at the latest after two seconds, and says how far they are in the
// district and whether the answer may be stale.
func (t *Tracker) Wait(ctx context.Context, district string, atLeast []string) (*gridcasev1.Freshness, error) {
	wanted := make([]eventstore.Position, len(atLeast))
	for i, s := range atLeast {
		p, err := eventstore.ParsePosition(s)
		if err != nil {
			return nil, err
		}
		wanted[i] = p
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		f, reached, changed := t.now(district, wanted)
		if reached {
			return f, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return f, nil
		case <-timeout.C:
			return f, nil
		}
	}
}

// Await returns when the views hold a position, or with ctx's error.
func (t *Tracker) Await(ctx context.Context, wanted eventstore.Position) error {
	for {
		_, reached, changed := t.now("", []eventstore.Position{wanted})
		if reached {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// now returns the freshness of this moment; stale unless the wanted positions are reached.
func (t *Tracker) now(district string, wanted []eventstore.Position) (f *gridcasev1.Freshness, reached bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, reached = &gridcasev1.Freshness{}, true
	for _, p := range wanted {
		reached = reached && t.at[stream{p.District, p.Year}] >= p.Seq
	}
	f.Stale = !reached
	for s, seq := range t.at {
		if s.district == district {
			f.Positions = append(f.Positions, eventstore.Position{District: s.district, Year: s.year, Seq: seq}.String())
		}
	}
	for s, behind := range t.behind {
		f.Stale = f.GetStale() || behind && s.district == district
	}
	slices.Sort(f.Positions)
	return f, reached, t.changed
}
