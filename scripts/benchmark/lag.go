package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/services/projector"
)

// lag measures how long it takes from the acknowledgement of an event until all views show it, with events coming in at a steady rate.
func (b *bench) lag(ctx context.Context) (*section, error) {
	sec := &section{Name: "lag", Title: "Append to visible: from the acknowledgement until all views show the event"}
	db, err := startDatabase(ctx, filepath.Join(b.dir, "lag-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	for _, c := range []struct{ rate, p99 float64 }{{5000, 5}, {20000, 25}} {
		events := int(c.rate * 2 * b.window.Seconds())
		parts, err := b.model(ctx, events/len(way)+1, 512)
		if err != nil {
			return nil, err
		}
		parts = parts[:min(events, len(parts))]
		lags, took, err := b.visible(ctx, db, fmt.Sprintf("lag_%.0f", c.rate), parts, c.rate)
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("%s events a second", number(c.rate))
		sec.Rows = append(sec.Rows, row{what, []cell{{"came in", float64(len(parts)) / took.Seconds(), "/s"},
			{"p50", milliseconds(lags.quantile(0.5)), "ms"}, {"p99", milliseconds(lags.quantile(0.99)), "ms"}}})
		sec.Targets = append(sec.Targets, atMost(what+": p99", c.p99, "ms").judge(milliseconds(lags.quantile(0.99))))
	}
	return sec, nil
}

// visible appends parts to a log of their own while a projector follows, and returns the lags.
func (b *bench) visible(ctx context.Context, db *database, name string, parts []eventstore.Part, rate float64) (lags histogram, took time.Duration, err error) {
	h, err := openHouse(ctx, filepath.Join(b.dir, name), "", true)
	if err != nil {
		return lags, 0, err
	}
	defer h.close()
	dsn, err := db.fresh(ctx, name)
	if err != nil {
		return lags, 0, err
	}
	pool, err := postgres.Connect(ctx, dsn, postgres.PoolOptions{Name: "benchmark"})
	if err != nil {
		return lags, 0, err
	}
	defer pool.Close()
	shown := newArrivals()
	g, ctx := errgroup.WithContext(ctx)
	running, stop := context.WithCancelCause(ctx)
	g.Go(func() error {
		return unlessReached(running, projector.New(projector.Options{Pool: pool, Log: h.log}).Run(running))
	})
	g.Go(func() error { return unlessReached(running, listen(running, dsn, shown)) })
	g.Go(func() (err error) {
		defer stop(errReached)
		p := &pacer{log: h.log, parts: parts[:1], rate: rate, acked: shown.ack}
		if _, err := p.run(ctx); err != nil {
			return err
		}
		if _, err := shown.await(ctx, 1); err != nil { // the projector follows the stream now
			return err
		}
		p.parts = parts[1:]
		if took, err = p.run(ctx); err == nil {
			lags, err = shown.await(ctx, uint64(len(parts)))
		}
		return err
	})
	return lags, took, g.Wait()
}

// unlessReached drops the error of what was ended because it has come far enough.
func unlessReached(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errReached) {
		return nil
	}
	return err
}

// listen hears the projector tell each position.
func listen(ctx context.Context, dsn string, shown *arrivals) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	if _, err := conn.Exec(ctx, "listen "+projection.Channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if at, err := eventstore.ParsePosition(n.Payload); err == nil {
			shown.show(at.Seq, time.Now())
		}
	}
}
