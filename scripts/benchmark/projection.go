package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
)

// projected is one filling of views from the log.
type projected struct {
	dsn     string
	views   []projection.View
	log     projection.Log
	trace   pgx.QueryTracer // may be nil
	until   uint64          // events
	atMost  time.Duration   // from the first batch on; 0: until the end
	whole   bool            // as a view is filled in fact: case by case; the clock starts with the start
	meter   meter
	scratch string // a directory to sort in
}

// errReached ends a projector that has come far enough.
var errReached = errors.New("far enough")

// run fills the views of an empty database and returns when the events are applied, or time is over. The clock starts with the end of the
// first batch, when the tables are made and the consumer runs; where there is one batch only, with the start.
func (p *projected) run(ctx context.Context) (sample, error) {
	pool, err := p.pool(ctx)
	if err != nil {
		return sample{}, err
	}
	defer pool.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	applied := uint64(0) // one stream: one goroutine
	clock := startClock(p.meter)
	sortFrom := uint64(math.MaxUint64)
	if p.whole {
		sortFrom = 1
	}
	projector := projection.New(projection.Options{Pool: pool, Log: p.log, Views: p.views, Scratch: p.scratch, SortFrom: sortFrom, Applied: func(n int) {
		if applied == 0 && uint64(n) < p.until && !p.whole {
			clock = startClock(p.meter)
			clock.skipped = uint64(n)
		}
		applied += uint64(n)
		over := p.atMost > 0 && applied > clock.skipped && time.Since(clock.begun) > p.atMost
		if over || applied >= p.until {
			cancel(errReached)
		}
	}})
	err = projector.Run(ctx)
	if context.Cause(ctx) != errReached {
		return sample{}, errors.Join(err, projector.Ready())
	}
	return clock.stop(applied)
}

// pool is the product's own, with the recorder where there is one.
func (p *projected) pool(ctx context.Context) (*pgxpool.Pool, error) {
	pool, err := postgres.Connect(ctx, p.dsn, postgres.PoolOptions{Name: "benchmark", Timeout: 10 * time.Minute})
	if err != nil || p.trace == nil {
		return pool, err
	}
	defer pool.Close()
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = p.trace
	return pgxpool.NewWithConfig(ctx, cfg)
}

// singly hands a log's events on one by one.
type singly struct{ *eventstore.Log }

// Follow is the log's own, in batches of one.
func (l singly) Follow(ctx context.Context, s eventstore.Stream, from uint64, handle func([]eventstore.Event) error) error {
	return l.Log.Follow(ctx, s, from, func(events []eventstore.Event) error {
		for i := range events {
			if err := handle(events[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// digests are what the views' tables of a database hold: rows and a sum over them, by table.
func digests(ctx context.Context, dsn string) (map[string]string, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	found, err := conn.Query(ctx, `select schemaname || '.' || tablename from pg_tables where schemaname ~ '_v[0-9]+$' order by 1`)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, table := range tables {
		var digest string
		if err := conn.QueryRow(ctx, `select count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from `+table+` t`).Scan(&digest); err != nil {
			return nil, err
		}
		all[table] = digest
	}
	return all, nil
}

// equal holds one database's views to another's, those that both have.
func equal(got, want map[string]string) error {
	if len(got) == 0 {
		return errors.New("there are no views")
	}
	for table, digest := range maps.All(got) {
		if digest != want[table] {
			return fmt.Errorf("%s has %s, want %s", table, digest, want[table])
		}
	}
	return nil
}

// shown holds the tables to what "all views" promises: each view shows something.
func shown(tables map[string]string, views []projection.View) error {
	for _, v := range views {
		rows := 0
		for table, digest := range maps.All(tables) {
			if strings.HasPrefix(table, projection.Schema(v)+".") && !strings.HasPrefix(digest, "0 rows") {
				rows++
			}
		}
		if rows == 0 {
			return fmt.Errorf("the view %s shows nothing", v.Name())
		}
	}
	return nil
}

// consume reads a stream's messages and does nothing with them: no header is read, nothing is decoded.
func consume(ctx context.Context, conn *eventstore.Conn, stream string, until uint64) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	consumer, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	var n atomic.Uint64
	done := make(chan struct{})
	running, err := consumer.Consume(func(jetstream.Msg) {
		if n.Add(1) == until {
			close(done)
		}
	}, jetstream.PullMaxMessages(2000))
	if err != nil {
		return err
	}
	defer running.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
