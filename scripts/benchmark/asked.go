package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// asked is an installation on a log that is kept, which is asked while events come in, and while none do.
type asked struct {
	*bench
	*installation
	cases  int
	stream eventstore.Stream
	ids    []string // of some of its cases
	house  *house
	db     *database
	pool   *pgxpool.Pool // for the floor
	pacer  pacer
	parts  []eventstore.Part // what comes in, in all rounds
	ends   []func()          // the last one first

	quiet, busy answers
}

// openAsked opens the product on a log of so many cases, and waits until its views hold all of it.
func (b *bench) openAsked(ctx context.Context, cases int) (a *asked, err error) {
	s, err := b.seeded(ctx, cases, b.open)
	if err != nil {
		return nil, err
	}
	a = &asked{bench: b, cases: cases}
	if err := a.open(ctx, s); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *asked) open(ctx context.Context, s *seed) (err error) {
	if a.house, err = openHouse(ctx, filepath.Join(s.dir, "nats"), "127.0.0.1:0", true); err != nil {
		return err
	}
	a.ends = append(a.ends, a.house.close)
	if a.db, err = startDatabase(ctx, filepath.Join(s.dir, "postgres")); err != nil {
		return err
	}
	a.ends = append(a.ends, func() { a.stop(a.db) })
	dsn := a.db.DSN("postgres")
	a.installation, err = install(ctx, a.binary, filepath.Join(a.dir, fmt.Sprintf("reads-%d", a.cases)), "serve", "projector", "query",
		"--nats-url", a.house.broker.ClientURL(), "--postgres-url", dsn, "--vault-key-file", s.key())
	if err != nil {
		return err
	}
	a.ends = append(a.ends, func() { a.installation.end(syscall.SIGTERM) })
	if a.pool, err = openPool(ctx, dsn, 4, true); err != nil {
		return err
	}
	a.ends = append(a.ends, a.pool.Close)
	if a.stream, err = a.house.log.Stream(ctx, district(0).code(), s.Made.UTC().Year()); err != nil {
		return err
	}
	if a.ids, err = sampleCases(ctx, a.house.log, a.stream, 500); err != nil {
		return err
	}
	if err := a.prepare(ctx, dsn, s); err != nil {
		return err
	}
	a.progress("the views of %s cases catch up", number(float64(a.cases)))
	if err := a.caughtUp(ctx); err != nil {
		return err
	}
	_, err = a.ask(ctx, nil) // the first one only warms up
	return err
}

// prepare makes what comes in, with its texts in the installation's vault.
func (a *asked) prepare(ctx context.Context, dsn string, s *seed) error {
	texts, err := openVault(ctx, dsn, s.key())
	if err != nil {
		return err
	}
	defer texts.close()
	a.pacer = pacer{log: a.house.log, rate: writesMeanwhile}
	a.parts, err = a.events(ctx, a.rounds*int(a.length().Seconds()*writesMeanwhile), texts.Vault)
	return err
}

// length is that of one window.
func (a *asked) length() time.Duration { return 2 * a.window }

// caughtUp waits until the views hold the whole log.
func (a *asked) caughtUp(ctx context.Context) error {
	now, err := a.house.log.Stream(ctx, a.stream.District, a.stream.Year)
	if err != nil {
		return err
	}
	return a.awaitViews(ctx, now.District, eventstore.Position{District: now.District, Year: now.Year, Seq: now.Last}.String())
}

// measure is one round: a window without events coming in, and one with them, which the last round takes a profile of.
func (a *asked) measure(ctx context.Context, round int) error {
	if err := a.caughtUp(ctx); err != nil {
		return err
	}
	quiet, err := a.ask(ctx, nil)
	if err != nil {
		return err
	}
	if a.profile != "" && round == a.rounds-1 {
		profiled := a.profileOf(ctx, a.installation, fmt.Sprintf("reads of %d cases", a.cases))
		defer profiled()
	}
	busy, err := a.ask(ctx, a.parts[round*len(a.parts)/a.rounds:(round+1)*len(a.parts)/a.rounds])
	a.quiet, a.busy = append(a.quiet, quiet), append(a.busy, busy)
	return err
}

// ask reads through one window, while parts come in.
func (a *asked) ask(ctx context.Context, parts []eventstore.Part) (found answer, err error) {
	before, err := a.scrape(ctx)
	if err != nil {
		return found, err
	}
	g, gctx := errgroup.WithContext(ctx)
	if len(parts) > 0 {
		g.Go(func() error {
			a.pacer.parts = parts
			wrote, err := a.pacer.run(gctx)
			found.came = float64(len(parts)) / wrote.Seconds()
			return err
		})
	}
	asker := client.New(a.url, user{0, "dispatcher", 0}.token())
	for _, r := range reads {
		g.Go(func() error { return r.steadily(gctx, asker, a.ids, a.length()) })
	}
	g.Go(func() (err error) {
		found.one, err = a.selectOne(gctx)
		return err
	})
	if err := g.Wait(); err != nil {
		return found, err
	}
	after, err := a.scrape(ctx)
	if err != nil {
		return found, err
	}
	for _, r := range reads {
		q, err := callQuantile(before, after, "/gridcase.v1.QueryService/"+r.procedure, 0.99)
		if err != nil {
			return found, err
		}
		found.took = append(found.took, 1000*q)
	}
	return found, nil
}

// selectOne is the p99 of asking the database for nothing, in milliseconds.
func (a *asked) selectOne(ctx context.Context) (float64, error) {
	var mu sync.Mutex
	var took histogram
	err := steadily(ctx, a.length(), func(ctx context.Context) error {
		begun, one := time.Now(), 0
		err := a.pool.QueryRow(ctx, "select 1").Scan(&one)
		mu.Lock()
		defer mu.Unlock()
		took.add(time.Since(begun))
		return err
	})
	return milliseconds(took.quantile(0.99)), err
}

// close ends what was opened.
func (a *asked) close() {
	for i := len(a.ends) - 1; i >= 0; i-- {
		a.ends[i]()
	}
}

// sampleCases returns the ids of cases at random places of the log.
func sampleCases(ctx context.Context, log *eventstore.Log, stream eventstore.Stream, n int) (ids []string, err error) {
	for range n {
		e, err := log.At(ctx, stream, 1+rand.Uint64N(stream.Last))
		if err != nil {
			return nil, err
		}
		ids = append(ids, e.CaseID)
	}
	return ids, nil
}
