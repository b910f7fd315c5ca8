package projection

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// leaderLock is the key of the advisory lock that the working projector's session holds.
const leaderLock = 0x67726964 // "grid"

// term is one time in office: take the lock, raise the epoch, follow every stream until something fails.
func (p *Projector) term(ctx context.Context) error {
	conn, err := p.elect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the lock goes with the session
	if err := p.prepare(ctx, conn); err != nil {
		return err
	}
	epoch, err := raiseEpoch(ctx, conn)
	if err != nil {
		return err
	}
	p.lead(true)
	defer p.lead(false)
	p.logger.Info("projector works", zap.Int64("epoch", epoch))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return holdOffice(ctx, conn) })
	followed := &followed{made: map[string]time.Time{}}
	g.Go(func() error {
		return p.log.WatchStreams(ctx, func() { p.look(ctx, g, followed, epoch) })
	})
	return g.Wait()
}

// elect opens a session of its own and waits for the lock.
func (p *Projector) elect(ctx context.Context) (*pgx.Conn, error) {
	cfg := p.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["tcp_keepalives_idle"] = "5"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect the projector: %w", err)
	}
	if err := awaitLock(ctx, conn); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("wait for the projector's lock: %w", err)
	}
	return conn, nil
}

// awaitLock asks for the lock until it is free. One statement that waits would hold a snapshot for as long as the other one lives, and
// nothing that the views replace meanwhile could be cleaned up.
func awaitLock(ctx context.Context, conn *pgx.Conn) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		var mine bool
		if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, leaderLock).Scan(&mine); err != nil || mine {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// holdOffice returns when the session that holds the lock is lost.
func holdOffice(ctx context.Context, conn *pgx.Conn) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := conn.Ping(ctx); err != nil {
				return fmt.Errorf("the projector's lock is lost: %w", err)
			}
		}
	}
}

// prepare makes the checkpoint's tables and every view's.
func (p *Projector) prepare(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, checkpointTables); err != nil {
		return fmt.Errorf("make the checkpoint's tables: %w", err)
	}
	for _, v := range p.views {
		schema := pgx.Identifier{Schema(v)}.Sanitize()
		if _, err := conn.Exec(ctx, "create schema if not exists "+schema+"; set search_path to "+schema+"; "+v.Tables()+"; reset search_path"); err != nil {
			return fmt.Errorf("make view %s: %w", v.Name(), err)
		}
	}
	return nil
}

// followed are the streams of one term, and when each was made.
type followed struct {
	sync.Mutex
	made map[string]time.Time
}

// look starts to follow the streams that are not followed yet. One that was made anew meanwhile ends the term: the next one compares it
// with its checkpoints.
func (p *Projector) look(ctx context.Context, g *errgroup.Group, f *followed, epoch int64) {
	streams, err := p.log.Streams(ctx)
	if err != nil {
		return // the broker is away; the next look finds them
	}
	f.Lock()
	defer f.Unlock()
	for _, s := range streams {
		made, known := f.made[s.Name()]
		if known && made.Equal(s.Created) {
			continue
		}
		f.made[s.Name()] = s.Created
		if known {
			g.Go(func() error { return transient("follow "+s.Name(), errMadeAnew) })
			continue
		}
		g.Go(func() error { return p.follow(ctx, s, epoch) })
	}
}

// follow applies a stream from its checkpoint on. A log that is not what it was halts this stream alone.
func (p *Projector) follow(ctx context.Context, s eventstore.Stream, epoch int64) error {
	run := &streamRun{projector: p, stream: s, epoch: epoch}
	err := run.start(ctx)
	if err == nil {
		err = p.log.Follow(ctx, s, run.next(), func(batch []eventstore.Event) error { return run.apply(ctx, batch) })
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := haltReason(err)
	if reason == "" {
		return err
	}
	p.logger.Error("projection is halted", zap.String("stream", s.Name()), zap.String("reason", reason))
	p.mu.Lock()
	p.halted[s.Name()] = reason
	p.mu.Unlock()
	return run.mark(ctx, reason)
}

// haltReason tells whether an error is the log's own, that no retry mends; empty: it is not.
func haltReason(err error) string {
	var transient *transientError
	var step *stepError
	if err == nil || errors.As(err, &transient) || errors.As(err, &step) || errors.Is(err, errFenced) {
		return ""
	}
	return err.Error()
}

var (
	// errMadeAnew: a stream that is followed is not the one that it was.
	errMadeAnew = errors.New("the stream was made anew")
	// errMoved: the checkpoints are not where this run left them, as after a failover to a standby that missed the last transactions.
	errMoved = errors.New("the checkpoints were moved")
)

// transientError is a failure of the database or the broker: the term ends and the next one goes on from the checkpoint.
type transientError struct{ error }

func (e *transientError) Unwrap() error { return e.error }

func transient(act string, err error) error {
	return &transientError{fmt.Errorf("%s: %w", act, err)}
}
