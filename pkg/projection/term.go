package projection

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// term is one time in office: take the lock, raise the epoch, follow every stream until something fails.
type term struct {
	*Projector
	epoch int64
	group *errgroup.Group
	names sync.RWMutex // held for reading by who uses the generations' schemas and states, for writing by who changes them

	mu          sync.Mutex
	looked      bool // the streams are known
	followers   map[string]*follower
	generations map[int]*generation // those that are followed
	runs        []*run
}

// term works until something fails.
func (p *Projector) term(ctx context.Context) error {
	conn, err := p.elect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the lock goes with the session
	if _, err := conn.Exec(ctx, ledgerTables+"; listen "+control); err != nil {
		return fmt.Errorf("make the ledger: %w", err)
	}
	epoch, err := raiseEpoch(ctx, conn)
	if err != nil {
		return err
	}
	t := &term{Projector: p, epoch: epoch, followers: map[string]*follower{}, generations: map[int]*generation{}}
	if err := t.prepare(ctx); err != nil {
		return err
	}
	p.lead(true)
	defer p.lead(false)
	p.logger.Info("projector works", zap.Int64("epoch", epoch))
	t.group, ctx = errgroup.WithContext(ctx)
	if err := t.attend(ctx); err != nil {
		return err
	}
	t.group.Go(func() error { return t.office(ctx, conn) })
	t.group.Go(func() error {
		return p.log.WatchStreams(ctx, func() { t.look(ctx) })
	})
	return t.group.Wait()
}

// office attends to what is asked until the session that holds the lock is lost.
func (t *term) office(ctx context.Context, conn *pgx.Conn) error {
	for {
		wait, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := conn.WaitForNotification(wait)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if err := conn.Ping(ctx); err != nil {
				return fmt.Errorf("the projector's lock is lost: %w", err)
			}
		}
		if err := t.attend(ctx); err != nil {
			return err
		}
	}
}

// look starts to follow the streams that are not followed yet. One that was made anew or went back meanwhile ends the term: the next one
// compares it with its checkpoints.
func (t *term) look(ctx context.Context) {
	applied := t.positions()
	streams, err := t.log.Streams(ctx)
	if err != nil {
		return // the broker is away; the next look finds them
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range streams {
		f, known := t.followers[s.Name()]
		switch {
		case !known:
			t.begin(ctx, s)
		case !f.main.stream.Created.Equal(s.Created):
			t.group.Go(func() error { return transient("follow "+s.Name(), errMadeAnew) })
		case s.Last < applied[s.Name()]:
			if f.shorter++; f.shorter > 1 { // once may be a new leader that is about to know better
				t.group.Go(func() error { return transient("follow "+s.Name(), errWentBack) })
			}
		default:
			f.shorter = 0
			f.end.Store(s.Last)
		}
	}
	t.looked = true
}

// begin follows a stream. The term's lock is held.
func (t *term) begin(ctx context.Context, s eventstore.Stream) {
	f := &follower{main: &run{term: t, stream: s}, begun: make(chan struct{})}
	f.end.Store(s.Last)
	t.followers[s.Name()] = f
	t.runs = append(t.runs, f.main)
	generations := make([]*generation, 0, len(t.generations))
	for _, g := range t.generations {
		generations = append(generations, g)
	}
	slices.SortFunc(generations, func(a, b *generation) int { return a.number - b.number })
	t.group.Go(func() error { return t.follow(ctx, f, generations) })
}

// positions are how far the main runs have come.
func (t *term) positions() map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := make(map[string]uint64, len(t.followers))
	for name, f := range t.followers {
		if f.alive.Load() {
			at[name] = f.main.at.Load()
		}
	}
	return at
}

// caughtUp notes that a generation has caught up in a stream, and tells whether that is new.
func (t *term) caughtUp(g *generation, stream string) (isNew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	isNew = !g.caught[stream]
	g.caught[stream] = true
	return isNew
}

// keep enters a run of a generation that catches up.
func (t *term) keep(r *run) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs = append(t.runs, r)
}

func (t *term) forget(r *run) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs = slices.DeleteFunc(t.runs, func(other *run) bool { return other == r })
}
