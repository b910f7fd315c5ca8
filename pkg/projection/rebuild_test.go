package projection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
)

// serves tells whether a generation of a view serves.
func serves(c projection.Control, view string, number int) func() bool {
	return func() bool { return slot(c, view, projection.Serving) == number }
}

// slot is the number of the generation of a view that is in a state; 0 where none is.
func slot(c projection.Control, view, state string) int {
	all, err := c.Generations(context.Background())
	if err != nil {
		return 0
	}
	for _, g := range all {
		if g.View == view && g.State == state {
			return g.Number
		}
	}
	return 0
}

// rebuild asks for a rebuild of a view and waits until it serves.
func rebuild(t *testing.T, c projection.Control, view string) (number int) {
	t.Helper()
	number, err := c.Rebuild(t.Context(), view)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new generation serves", serves(c, view, number))
	return number
}

func TestARebuiltViewEqualsTheOldOneByteForByte(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 40)
	h.addTo(t, "610303", script(50, 9))
	pool := newPool(t, pgtest.New(t))
	work(t, small{h.log}, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	before := dump(t, pool)
	c := projection.Control{Pool: pool, Log: h.log}
	for _, v := range views() {
		old := slot(c, v.Name(), projection.Serving)
		rebuild(t, c, v.Name())
		if kept := slot(c, v.Name(), projection.Kept); kept != old {
			t.Errorf("of %s generation %d is kept, want %d", v.Name(), kept, old)
		}
	}
	if after := dump(t, pool); after != before {
		t.Errorf("the rebuilt views differ\ngot:\n%s\nwant:\n%s", after, before)
	}
	h.add(t, script(60, 9))
	eventually(t, "the rebuilt views go on", holds(pool, h.last))
	h.last = h.addTo(t, "610302", script(61, 4))
	eventually(t, "the rebuilt views go on", holds(pool, h.last))
	exact(t, h, pool)
}

func TestAnOperatorGoesBackToWhatIsKeptAndDropsIt(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 5)
	pool := newPool(t, pgtest.New(t))
	work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	c := projection.Control{Pool: pool, Log: h.log}
	if _, err := c.Back(t.Context(), "gridstatus"); fault.Of(err).Code != "view.nothing_kept" {
		t.Errorf("going back to nothing: %v", err)
	}
	if _, err := c.Rebuild(t.Context(), "nonsense"); fault.Of(err).Code != "view.unknown" {
		t.Errorf("the rebuild of no view: %v", err)
	}
	first := slot(c, "gridstatus", projection.Serving)
	second := rebuild(t, c, "gridstatus")
	h.add(t, script(60, 9)) // what is kept doesn't see it
	eventually(t, "the log is projected", holds(pool, h.last))
	if back, err := c.Back(t.Context(), "gridstatus"); err != nil || back != first {
		t.Fatalf("going back leads to %d, %v; want %d", back, err, first)
	}
	eventually(t, "the first generation serves again", serves(c, "gridstatus", first))
	exact(t, h, pool)
	third := rebuild(t, c, "gridstatus")
	eventually(t, "the second generation is dropped by the next rebuild", func() bool { return schemas(t, pool, fmt.Sprintf("gridstatus%%_g%d", second)) == 0 })
	if kept := slot(c, "gridstatus", projection.Kept); kept != first || third <= second {
		t.Errorf("kept is %d, the third is %d", kept, third)
	}
	if n, err := c.Drop(t.Context(), "gridstatus"); err != nil || n != 1 {
		t.Errorf("dropped %d, %v", n, err)
	}
	eventually(t, "nothing is left beside what serves", func() bool { return schemas(t, pool, "gridstatus%") == 1 })
	if _, err := c.Drop(t.Context(), "gridstatus"); fault.Of(err).Code != "view.nothing_kept" {
		t.Errorf("dropping nothing: %v", err)
	}
	exact(t, h, pool)
}

// TestWhileAViewIsBuiltAnotherWishIsRefused: who asks to go back while it is rebuilt, or to rebuild it while it goes back, would wait for
// what he didn't ask for. The same wish again is the same generation.
func TestWhileAViewIsBuiltAnotherWishIsRefused(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 5)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: h.log}
	_, stop := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	first := slot(c, "gridstatus", projection.Serving)
	rebuild(t, c, "gridstatus")
	stop()
	for range 2 {
		if n, err := c.Back(t.Context(), "gridstatus"); n != first || err != nil {
			t.Errorf("going back leads to %d, %v; want %d", n, err, first)
		}
	}
	if n, err := c.Rebuild(t.Context(), "gridstatus"); fault.Of(err).Code != "view.building" {
		t.Errorf("a rebuild on the way back: %d, %v", n, err)
	}
	_, stop = work(t, h.log, pool)
	eventually(t, "the first generation serves again", serves(c, "gridstatus", first))
	stop()
	third, err := c.Rebuild(t.Context(), "gridstatus")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Back(t.Context(), "gridstatus"); fault.Of(err).Code != "view.building" {
		t.Errorf("going back during a rebuild: %d, %v", n, err)
	}
	if n, err := c.Rebuild(t.Context(), "gridstatus"); n != third || err != nil {
		t.Errorf("a rebuild during a rebuild: %d, %v; want %d", n, err, third)
	}
}

// schemas counts the schemas of a name.
func schemas(t *testing.T, pool *pgxpool.Pool, like string) int {
	t.Helper()
	return scalar(t, pool, `select count(*) from pg_namespace where nspname like '`+like+`'`)
}

// TestReadsAndWritesGoOnDuringARebuild rebuilds a view again and again under clients that append and read it by prepared statements: no
// read fails, none goes back behind what was read before, and in the end no event is missing.
func TestReadsAndWritesGoOnDuringARebuild(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 60)
	pool := newPool(t, pgtest.New(t))
	work(t, small{h.log}, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	c := projection.Control{Pool: pool, Log: h.log}
	counted := fmt.Sprintf("select coalesce(sum(cases), 0)::bigint from %s.counts where area = '610302'", projection.Schema(gridstatus.View{}))
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var reads atomic.Int64
	for range 3 {
		clients.Go(func() {
			for last := int64(0); ctx.Err() == nil; reads.Add(1) {
				var n int64
				if err := pool.QueryRow(context.Background(), counted).Scan(&n); err != nil || n < last {
					t.Errorf("a read: %d after %d, %v", n, last, err)
					return
				}
				last = n
			}
		})
	}
	clients.Go(func() {
		for i := 100; ctx.Err() == nil; i++ {
			h.add(t, script(i, 3))
			for held := holds(pool, h.last); i%20 == 0 && ctx.Err() == nil && !held(); { // what is left in the end is bounded
				<-time.After(5 * time.Millisecond)
			}
		}
	})
	for range 5 {
		rebuild(t, c, "gridstatus")
	}
	cancel()
	clients.Wait()
	eventually(t, "the log is projected", holds(pool, h.last))
	if reads.Load() < 100 {
		t.Errorf("only %d reads were made", reads.Load())
	}
	exact(t, h, pool)
}

func TestACrashDuringARebuildLosesNothingOfIt(t *testing.T) {
	if testing.Short() {
		t.Skip("a rebuild eight times: one that goes on is TestARebuildGoesOnWhereItWas")
	}
	t.Parallel()
	h := newHistory(t, 60)
	for _, crash := range []string{"late before begin", "late after gridstatus", "late before commit", "late after commit", "late before join", "late after join", "before swap", "after swap"} {
		t.Run(crash, func(t *testing.T) {
			t.Parallel()
			pool := newPool(t, pgtest.New(t))
			c := projection.Control{Pool: pool, Log: h.log}
			_, stop := work(t, h.log, pool)
			eventually(t, "the log is projected", holds(pool, h.last))
			stop()
			number, err := c.Rebuild(t.Context(), "gridstatus")
			if err != nil {
				t.Fatal(err)
			}
			p := projection.New(projection.Options{Pool: pool, Log: h.log, Views: views(), Step: func(step string) error {
				if step == crash {
					return errCrash
				}
				return nil
			}})
			if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
				t.Fatalf("the projector ended with %v, want the crash", err)
			}
			work(t, h.log, pool)
			eventually(t, "the new generation serves", serves(c, "gridstatus", number))
			exact(t, h, pool)
		})
	}
}

// TestARebuildGoesOnWhereItWas counts the events that are folded anew after the crash.
func TestARebuildGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 60)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: h.log}
	_, stop := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	stop()
	number, err := c.Rebuild(t.Context(), "gridstatus")
	if err != nil {
		t.Fatal(err)
	}
	p := projection.New(projection.Options{Pool: pool, Log: small{h.log}, Views: views(), Step: func(step string) error {
		if step == "late before join" {
			return errCrash
		}
		return nil
	}})
	if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
		t.Fatalf("the projector ended with %v, want the crash", err)
	}
	held := scalar(t, pool, fmt.Sprintf(`select coalesce(sum(seq), 0) from projection.checkpoints where generation = %d`, number))
	var applied atomic.Int64
	start(t, projection.New(projection.Options{Pool: pool, Log: h.log, Views: views(), Applied: func(n int) { applied.Add(int64(n)) }}))
	eventually(t, "the new generation serves", serves(c, "gridstatus", number))
	if got := applied.Load(); got != int64(h.last.Seq)-int64(held) {
		t.Errorf("%d events were applied after the crash; %d of %d were held", got, held, h.last.Seq)
	}
}

// next is a view's next version: what it folds is the same, but its table has a further column, and there is a further table.
type next struct{ gridstatus.View }

func (next) Version() int { return gridstatus.View{}.Version() + 1 }

func (n next) Tables() string {
	return n.View.Tables() + `alter table counts add column if not exists note text not null default 'new', add column if not exists seen timestamptz;
		create table if not exists notes (area text primary key, marks text[] not null);`
}

// TestAViewsNextVersionIsFilledBesideTheOldOne: until it serves, its queries are answered out of the old one; then the old one is kept for
// the release that knows it.
func TestAViewsNextVersionIsFilledBesideTheOldOne(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 20)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: h.log}
	_, stop := workWith(t, h.log, pool, gridstatus.View{})
	eventually(t, "the log is projected", holdsAll(pool, h.last, 1))
	stop()
	total := func(schema string) int {
		return scalar(t, pool, `select coalesce(sum(cases), 0)::bigint from `+schema+`.counts where area = '610302' and note in ('', 'new') and (seen is null or seen > 'epoch')`)
	}
	front := projection.Schema(next{})
	p := projection.New(projection.Options{Pool: pool, Log: h.log, Views: []projection.View{next{}}, Step: func(step string) error {
		if step == "before swap" {
			return errCrash
		}
		return nil
	}})
	if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
		t.Fatalf("the projector ended with %v, want the crash", err)
	}
	if n := total(front); n != 20 {
		t.Errorf("before the swap the new version's query counts %d cases, want 20", n)
	}
	if n := scalar(t, pool, `select count(*) from `+front+`.notes where marks = '{}'`); n != 0 {
		t.Errorf("a new table has %d rows", n)
	}
	h.add(t, script(30, 2))
	_, stop = workWith(t, h.log, pool, next{})
	eventually(t, "the new version serves", func() bool {
		all, err := c.Generations(t.Context())
		return err == nil && len(all) == 2 && all[1].State == projection.Serving && all[1].Version == next{}.Version() && all[0].State == projection.Kept
	})
	if n := total(front); n != 21 {
		t.Errorf("after the swap the new version's query counts %d cases, want 21", n)
	}
	if _, err := c.Back(t.Context(), "gridstatus"); fault.Of(err).Code != "view.other_version" {
		t.Errorf("going back to another version: %v", err)
	}
	stop()
	h.add(t, script(31, 2))
	workWith(t, h.log, pool, gridstatus.View{}) // the release before is started again
	eventually(t, "the old version serves again", func() bool {
		all, err := c.Generations(t.Context())
		return err == nil && len(all) == 2 && all[0].State == projection.Serving && all[1].State == projection.Kept
	})
	eventually(t, "the log is projected", holdsAll(pool, h.last, 1))
	if n := scalar(t, pool, `select sum(cases)::bigint from `+projection.Schema(gridstatus.View{})+`.counts where area = '610302'`); n != 22 {
		t.Errorf("the old version's query counts %d cases, want 22", n)
	}
}

func TestHowFarARebuildIsCanBeSeen(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 30)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: h.log}
	if all, err := c.Generations(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("before any projector: %+v, %v", all, err)
	}
	if _, err := c.Rebuild(t.Context(), "gridstatus"); fault.Of(err).Code != "views.unprojected" {
		t.Errorf("a rebuild before any projector: %v", err)
	}
	_, stop := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	stop()
	number, err := c.Rebuild(t.Context(), "gridstatus")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Rebuild(t.Context(), "gridstatus"); err != nil || again != number {
		t.Errorf("asked again: %d, %v; want %d", again, err, number)
	}
	all, err := c.Generations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		held, total := g.Held()
		want := h.last.Seq
		if g.Number == number {
			want = 0
		}
		if held != want || total != h.last.Seq || len(g.Streams) != 1 || !strings.HasPrefix(g.Streams[0].Stream, "CASES_610302_") || time.Since(g.Began) > time.Minute {
			t.Errorf("%+v: %d of %d, want %d", g, held, total, want)
		}
	}
}
