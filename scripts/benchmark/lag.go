package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/services/projector"
)

// The names of those that follow the log, behind the pace.
const (
	showNothing = "no view"
	showAll     = "all views"
)

// pace is how many events a second come in, and within how many milliseconds all views must show them.
type pace struct {
	rate, p99 float64
	parts     []eventstore.Part
}

func (p *pace) String() string { return number(p.rate) + " events a second" }

func (p *pace) target() target { return atMost(p.String()+": p99", p.p99, "ms") }

// lag measures how long it takes from the acknowledgement of an event until all views show it, with events coming in at a steady rate. The
// floor is a projector whose only view keeps nothing: what the log, the consumer and one commit a batch cost by themselves.
func (b *bench) lag(ctx context.Context) (*section, error) {
	sec := &section{Name: "lag", Title: "Append to visible: from the acknowledgement until all views show the event, texts included; no view: the log, the consumer, a commit a batch"}
	db, err := startDatabase(ctx, filepath.Join(b.dir, "lag-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	paces, left := []*pace{{rate: 5000, p99: 5}, {rate: 20000, p99: 25}}, []*pace(nil)
	if b.quick {
		paces, left = paces[:1], paces[1:]
	}
	views, err := b.prepare(ctx, db, paces)
	if err != nil {
		return nil, err
	}
	var all []contestant
	for _, p := range paces {
		all = append(all, b.follower(db, p, showNothing, []projection.View{noView{}}), b.follower(db, p, showAll, views))
	}
	outcomes, err := b.compete(ctx, all)
	if err != nil {
		return nil, err
	}
	sec.add(outcomes)
	for _, p := range paces {
		took := find(outcomes, named(p.String(), showAll)).quantile(0.99)
		sec.Targets = append(sec.Targets, p.target().judge(milliseconds(took)))
	}
	for _, p := range left {
		sec.Targets = append(sec.Targets, p.target().because("--quick leaves it out"))
	}
	return sec, nil
}

// prepare makes the events of each pace, whose texts all further databases hold, and returns the views that open them.
func (b *bench) prepare(ctx context.Context, db *database, paces []*pace) ([]projection.View, error) {
	const name = "texts"
	dsn, err := db.fresh(ctx, name)
	if err != nil {
		return nil, err
	}
	texts, err := openVault(ctx, dsn, filepath.Join(b.dir, "lag-vault.key"))
	if err != nil {
		return nil, err
	}
	defer texts.close() // nobody may be connected to what is copied
	for _, p := range paces {
		if p.parts, err = b.events(ctx, int(p.rate*2*b.window.Seconds()), texts.Vault); err != nil {
			return nil, err
		}
	}
	opens, err := texts.settled(ctx, db, name)
	return projector.Views(opens), err
}

// follower is a projector of some views; its rate is that at which the events came in.
func (b *bench) follower(db *database, p *pace, name string, views []projection.View) contestant {
	var dsn string
	return contestant{anew: true, name: named(p.String(), name), profiled: true,
		run: func(ctx context.Context) (_ sample, err error) {
			if dsn, err = db.fresh(ctx, fmt.Sprintf("lag_%.0f_%d", p.rate, len(views))); err != nil {
				return sample{}, err
			}
			return b.visible(ctx, db, dsn, p, views)
		},
		verify: func(ctx context.Context, _ uint64) error {
			if name == showNothing {
				return nil // it ends when it has told the last position only
			}
			tables, err := digests(ctx, dsn)
			if err != nil {
				return err
			}
			return shown(tables, views)
		}}
}

// visible appends a pace's events to a log of their own while a projector follows, and returns the lags.
func (b *bench) visible(ctx context.Context, db *database, dsn string, p *pace, views []projection.View) (s sample, err error) {
	dir := filepath.Join(b.dir, "lag")
	defer func() { _ = os.RemoveAll(dir) }() // the run's directory goes in any case
	h, err := openHouse(ctx, dir, "", true)
	if err != nil {
		return s, err
	}
	defer h.close()
	pool, err := postgres.Connect(ctx, dsn, postgres.PoolOptions{Name: "benchmark"})
	if err != nil {
		return s, err
	}
	defer pool.Close()
	told, err := listen(ctx, dsn)
	if err != nil {
		return s, err
	}
	defer func() { _ = told.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	arrived := newArrivals()
	g, ctx := errgroup.WithContext(ctx)
	running, stop := context.WithCancelCause(ctx)
	g.Go(func() error {
		return unlessReached(running, projection.New(projection.Options{Pool: pool, Log: h.log, Views: views}).Run(running))
	})
	g.Go(func() error { return unlessReached(running, hear(running, told, arrived)) })
	g.Go(func() (err error) {
		defer stop(errReached)
		s, err = p.follow(ctx, h.log, arrived, meter{own: true, trees: []int{db.pid}})
		return err
	})
	return s, g.Wait()
}

// follow appends the first event, waits until the projector follows its stream, and measures with the others.
func (p *pace) follow(ctx context.Context, log *eventstore.Log, arrived *arrivals, m meter) (s sample, err error) {
	paced := &pacer{log: log, parts: p.parts[:1], rate: p.rate, acked: arrived.ack}
	if _, err := paced.run(ctx); err != nil {
		return s, err
	}
	if _, err := arrived.await(ctx, 1); err != nil {
		return s, err
	}
	paced.parts = p.parts[1:]
	clock := startClock(m)
	took, err := paced.run(ctx)
	if err != nil {
		return s, err
	}
	lags, err := arrived.await(ctx, uint64(len(p.parts)))
	if err != nil {
		return s, err
	}
	s, err = clock.stop(uint64(len(paced.parts)))
	s.elapsed, s.latency = took, lags
	return s, err
}

// unlessReached drops the error of what was ended because it has come far enough.
func unlessReached(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errReached) {
		return nil
	}
	return err
}

// listen begins to listen to what the projector tells. Nothing that is told later is missed.
func listen(ctx context.Context, dsn string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "listen "+projection.Channel); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

// hear notes each position that the projector tells.
func hear(ctx context.Context, conn *pgx.Conn, arrived *arrivals) error {
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if at, err := eventstore.ParsePosition(n.Payload); err == nil {
			arrived.show(at.Seq, time.Now())
		}
	}
}
