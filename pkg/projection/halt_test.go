package projection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
)

// work runs a projector until the test ends or stop is called, which waits.
func work(t *testing.T, log projection.Log, pool *pgxpool.Pool) (p *projection.Projector, stop func()) {
	t.Helper()
	return start(t, projection.New(projection.Options{Pool: pool, Log: log, Views: views()}))
}

// start runs a projector until the test ends or stop is called, which waits.
func start(t *testing.T, p *projection.Projector) (_ *projection.Projector, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the projector ended by itself: %v", err)
		}
	})
	t.Cleanup(stop)
	return p, stop
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !so(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// holds tells whether every view holds the stream of a position up to it.
func holds(pool *pgxpool.Pool, at eventstore.Position) func() bool {
	return holdsAll(pool, at, len(views()))
}

// holdsAll tells whether so many views that serve hold the stream of a position up to it.
func holdsAll(pool *pgxpool.Pool, at eventstore.Position, want int) func() bool {
	return func() bool {
		var views int
		err := pool.QueryRow(context.Background(), `select count(*) from projection.checkpoints c join projection.generations g on g.number = c.generation
			where g.state = 'serving' and stream = $1 and seq >= $2`, fmt.Sprintf("CASES_%s_%d", at.District, at.Year), int64(at.Seq)).Scan(&views)
		return err == nil && views == want
	}
}

func exec(t *testing.T, pool *pgxpool.Pool, statements string) {
	t.Helper()
	if _, err := pool.Exec(context.Background(), statements); err != nil {
		t.Fatal(err)
	}
}

// exact compares the views with those of one uninterrupted run.
func exact(t *testing.T, h *history, pool *pgxpool.Pool) {
	t.Helper()
	exactWith(t, h, pool, views()...)
}

// exactWith compares these views with those of one uninterrupted run.
func exactWith(t *testing.T, h *history, pool *pgxpool.Pool, views ...projection.View) {
	t.Helper()
	whole := newPool(t, pgtest.New(t))
	streams, err := h.log.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ends := []eventstore.Position{h.last}
	for _, s := range streams {
		ends = append(ends, eventstore.Position{District: s.District, Year: s.Year, Seq: s.Last})
	}
	if err := runUntil(t, projection.New(projection.Options{Pool: whole, Log: h.log, Views: views}), whole, ends...); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, pool), dump(t, whole); got != want {
		t.Errorf("the rows differ from one uninterrupted run\ngot:\n%s\nwant:\n%s", got, want)
	}
}

func TestAStreamMadeAnewUnderARunningProjectorHaltsIt(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 2)
	pool := newPool(t, pgtest.New(t))
	p, _ := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	js, err := jetstream.New(h.conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), fmt.Sprintf("CASES_610302_%d", h.last.Year)); err != nil {
		t.Fatal(err)
	}
	if h.log, err = eventstore.New(eventstore.Options{Conn: h.conn, Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	h.add(t, script(50, 3))
	eventually(t, "the projection halts", func() bool { return p.Ready() != nil })
	if err := p.Ready(); !strings.Contains(err.Error(), "was made at") {
		t.Errorf("halted because %v", err)
	}
}

// TestAHaltedStreamGoesOnOnceItIsMended starts a projector again after what halted it is gone, with nothing new in the log.
func TestAHaltedStreamGoesOnOnceItIsMended(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 2)
	pool := newPool(t, pgtest.New(t))
	_, stop := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	stop()
	exec(t, pool, `update projection.checkpoints set halted = 'a gap'`)
	work(t, h.log, pool)
	eventually(t, "nothing is halted any more", func() bool {
		var halted int
		err := pool.QueryRow(t.Context(), `select count(*) from projection.checkpoints where halted <> ''`).Scan(&halted)
		return err == nil && halted == 0
	})
}

// TestCheckpointsThatWentBackAreReadBeforeAnythingIsWritten takes the views back under a running projector, as a failover does to a
// standby that missed the last transactions.
func TestCheckpointsThatWentBackAreReadBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 5)
	pool := newPool(t, pgtest.New(t))
	work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	exec(t, pool, "truncate projection.checkpoints, "+strings.Join(tables(t, pool), ", "))
	h.add(t, script(50, 5))
	eventually(t, "the log is projected again", holds(pool, h.last))
	exact(t, h, pool)
}

// TestAProjectorThatLostItsLockUnawaresWritesNothingMore ends the session that holds the lock, again and again, while events come in.
func TestAProjectorThatLostItsLockUnawaresWritesNothingMore(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 2)
	pool := newPool(t, pgtest.New(t))
	work(t, small{h.log}, pool)
	work(t, small{h.log}, pool)
	for i := range 4 {
		eventually(t, "one works", holds(pool, h.last))
		exec(t, pool, `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`)
		for k := range 4 {
			h.add(t, script(100+10*i+k, 9))
		}
	}
	eventually(t, "the log is projected", holds(pool, h.last))
	exact(t, h, pool)
}

// TestAProjectorThatStandsByHoldsNoSnapshot: one that did would keep every replaced row from being cleaned up.
func TestAProjectorThatStandsByHoldsNoSnapshot(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 1)
	pool := newPool(t, pgtest.New(t))
	work(t, h.log, pool)
	eventually(t, "one works", holds(pool, h.last))
	work(t, h.log, pool)
	waiting := func() (asked, held int) {
		err := pool.QueryRow(t.Context(), `select count(*), count(*) filter (where backend_xmin is not null and now() - query_start > interval '100 ms')
			from pg_stat_activity where query like '%advisory_lock%' and pid <> pg_backend_pid() and datname = current_database()`).Scan(&asked, &held)
		if err != nil {
			t.Fatal(err)
		}
		return asked, held
	}
	eventually(t, "the other one asks for the lock", func() bool { asked, _ := waiting(); return asked >= 1 })
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 10 {
		<-tick.C
		if _, held := waiting(); held > 0 {
			t.Fatal("the one that stands by holds a snapshot")
		}
	}
}
