package projection_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	pasts "github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/hotspots"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
)

// allViews are those that need no vault.
func allViews() []projection.View {
	return append(views(), deadlines.View{}, pasts.View{}, hotspots.View{}, projectcases.View{}, kpifacts.View{})
}

// sorting has every stream filled case by case.
func sorting(t *testing.T, log projection.Log, pool *pgxpool.Pool, step func(string) error, views ...projection.View) projection.Options {
	t.Helper()
	return projection.Options{Pool: pool, Log: log, Views: views, Step: step, Scratch: t.TempDir(), SortFrom: 1, WideFrom: 2}
}

// Every view is in this, so that one whose rows would depend on the order of different cases' events can't come in.
func TestWhatIsFilledCaseByCaseIsWhatAPlainFoldMakes(t *testing.T) {
	if testing.Short() {
		t.Skip("fills views a dozen times")
	}
	t.Parallel()
	m, dice := newMingled(t), rand.New(rand.NewPCG(13, 17))
	m.report(t, 500)
	for range 4 {
		m.goOn(t, dice)
	}
	for i := range 100 {
		m.add(t, script(i, 1+i%10))
	}
	pool, c := newPool(t, pgtest.New(t)), projection.Control{Log: m.log}
	c.Pool = pool
	turns := counted{}
	start(t, projection.New(sorting(t, m.log, pool, turns.step, allViews()...)))
	eventually(t, "the views hold all", holdsAll(pool, m.last, len(allViews())))
	plain := newPool(t, pgtest.New(t))
	m.foldPlainly(t, plain, allViews())
	want := dump(t, plain)
	if got := dump(t, pool); got != want {
		t.Error("the rows differ from a plain fold's")
	}
	for _, v := range allViews() {
		rebuild(t, c, v.Name())
	}
	if got := dump(t, pool); got != want {
		t.Error("the rows of what was built beside them differ from a plain fold's")
	}
	if first, later := turns.of("after turn"), turns.of("late after turn"); first != 2 || later != 2*len(allViews()) {
		t.Errorf("%d and %d fillings began and ended", first, later)
	}
}

// counted are how often a projector came by each step.
type counted struct{ steps [2]atomic.Int64 }

func (c *counted) step(step string) error {
	for i, name := range []string{"after turn", "late after turn"} {
		if step == name {
			c.steps[i].Add(1)
		}
	}
	return nil
}

func (c *counted) of(step string) int {
	if step == "after turn" {
		return int(c.steps[0].Load())
	}
	return int(c.steps[1].Load())
}

// The steps of a filling are those of any batch, and its beginning and end.
func TestACrashDuringAFillingLosesNothingOfIt(t *testing.T) {
	if testing.Short() {
		t.Skip("fills views a dozen times")
	}
	t.Parallel()
	m, dice := newMingled(t), rand.New(rand.NewPCG(19, 23))
	m.report(t, 450)
	for range 4 {
		m.goOn(t, dice)
	}
	plain := newPool(t, pgtest.New(t))
	m.foldPlainly(t, plain, views())
	want := dump(t, plain)
	for _, crash := range []string{"before turn", "after turn", "before begin", "after timeline", "after gridstatus", "before commit", "between commits", "after commit"} {
		for nth := 1; nth <= 2; nth++ {
			t.Run(fmt.Sprintf("%s %d", crash, nth), func(t *testing.T) {
				t.Parallel()
				pool, left := newPool(t, pgtest.New(t)), nth
				p := projection.New(sorting(t, m.log, pool, func(step string) error {
					if step == crash {
						if left--; left == 0 {
							return errCrash
						}
					}
					return nil
				}, views()...))
				if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
					t.Fatalf("the projector ended with %v, want the crash", err)
				}
				start(t, projection.New(sorting(t, m.log, pool, nil, views()...)))
				eventually(t, "the views hold all", holdsAll(pool, m.last, len(views())))
				if got := dump(t, pool); got != want {
					t.Error("the rows differ from a plain fold's")
				}
			})
		}
	}
}

// TestAFillingGoesOnWhereItWas counts the events that are folded anew after the crash, and sees how far it is.
func TestAFillingGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 5000)
	pool := newPool(t, pgtest.New(t))
	commits := 0
	p := projection.New(sorting(t, m.log, pool, func(step string) error {
		if step == "after commit" {
			if commits++; commits == 2 {
				return errCrash
			}
		}
		return nil
	}, views()...))
	if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
		t.Fatalf("the projector ended with %v, want the crash", err)
	}
	all, err := projection.Control{Pool: pool, Log: m.log}.Generations(t.Context())
	if err != nil || len(all) != len(views()) {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, g := range all {
		if held, total := g.Held(); held != 4000 || total != 5000 {
			t.Errorf("%s holds %d of %d events, want 4000", g.View, held, total)
		}
	}
	if at := position(pool); at != 0 {
		t.Errorf("readers are told of %d events", at)
	}
	var applied atomic.Int64
	o := sorting(t, m.log, pool, nil, views()...)
	o.Applied = func(n int) { applied.Add(int64(n)) }
	start(t, projection.New(o))
	eventually(t, "the views hold all", holdsAll(pool, m.last, len(views())))
	if n := applied.Load(); n != 1000 {
		t.Errorf("%d events were folded after the crash, want 1000", n)
	}
}

// A batch with a refused event is halved, so that a crash may leave a part of a case.
func TestACaseIsParkedDuringAFillingAndTriedAgainBehindIt(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 30)
	bad := h.addCase(t, "610302", script(40, 6))
	h.add(t, script(41, 9))
	for crash := range 6 { // at the commit of this number; 0: none
		t.Run(fmt.Sprintf("crash %d", crash), func(t *testing.T) {
			t.Parallel()
			pool, mended := newPool(t, pgtest.New(t)), &atomic.Bool{}
			view := picky{casestatus.View{}, func(e *projection.Event) error {
				if e.CaseID == bad.id && e.Version == 3 {
					return &projection.DataError{Code: "row.unreadable", Text: "the row can't be read"}
				}
				return nil
			}, mended}
			if left := crash; crash > 0 {
				p := projection.New(sorting(t, h.log, pool, func(step string) error {
					if step == "after commit" {
						if left--; left == 0 {
							return errCrash
						}
					}
					return nil
				}, view, gridstatus.View{}))
				if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
					t.Fatalf("the projector ended with %v, want the crash", err)
				}
			}
			start(t, projection.New(sorting(t, h.log, pool, nil, view, gridstatus.View{})))
			eventually(t, "the views hold all", holdsAll(pool, h.last, 2))
			parked := quarantined(t, pool, projection.Which{})
			if len(parked) != 1 || parked[0].CaseID != bad.id || parked[0].Events != 4 || parked[0].Last-parked[0].First != 3 {
				t.Fatalf("parked are %+v", parked)
			}
			mended.Store(true)
			c := projection.Control{Pool: pool, Log: h.log}
			if r, err := c.Retry(t.Context(), projection.Which{}); err != nil || r.Lifted != 1 || len(r.Left) != 0 {
				t.Errorf("the retry: %+v, %v", r, err)
			}
			exactWith(t, h, pool, casestatus.View{}, gridstatus.View{})
		})
	}
}

// TestWhoWaitsIsToldThatAStreamIsSorted: before anything is held, the ledger says how many events were read, and no more once they are folded.
func TestWhoWaitsIsToldThatAStreamIsSorted(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 300)
	c := projection.Control{Pool: newPool(t, pgtest.New(t)), Log: m.log}
	told := make(chan []projection.Generation, 1)
	start(t, projection.New(sorting(t, m.log, c.Pool, func(step string) error {
		if step != "before turn" {
			return nil
		}
		all, err := c.Generations(t.Context())
		select {
		case told <- all:
		default: // the second turn ends the filling
		}
		return err
	}, casestatus.View{})))
	eventually(t, "the view holds all", holdsAll(c.Pool, m.last, 1))
	if all := <-told; len(all) != 1 || all[0].Streams[0].Sorted == 0 || all[0].Streams[0].Sorted > m.last.Seq || all[0].Streams[0].Held > 0 {
		t.Errorf("while the stream was sorted it was said: %+v", all)
	}
	all, err := c.Generations(t.Context())
	if err != nil || all[0].Streams[0].Sorted != 0 || all[0].Streams[0].Held != m.last.Seq {
		t.Errorf("afterwards: %+v, %v", all, err)
	}
}

// While a filling goes on, how far it is can't be told by a sequence: a retry would fold nothing and lift the quarantine.
func TestARetryWaitsForTheEndOfAFilling(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 4500)
	bad, pool, mended := m.cases[0].ID, newPool(t, pgtest.New(t)), &atomic.Bool{}
	view := picky{casestatus.View{}, func(e *projection.Event) error {
		if e.CaseID == bad {
			return &projection.DataError{Code: "row.unreadable", Text: "the row can't be read"}
		}
		return nil
	}, mended}
	held, goOn := make(chan struct{}), make(chan struct{})
	commits := 0
	start(t, projection.New(sorting(t, m.log, pool, func(step string) error {
		if step == "after commit" {
			if commits++; commits == 2 && !mended.Load() {
				close(held)
				<-goOn
			}
		}
		return nil
	}, view)))
	<-held
	mended.Store(true)
	exec(t, pool, `update projection.quarantine set asked_at = clock_timestamp(); select pg_notify('gridcase_control', '')`)
	close(goOn)
	eventually(t, "the views hold all", holdsAll(pool, m.last, 1))
	exec(t, pool, `select pg_notify('gridcase_control', '')`)
	eventually(t, "nothing is parked", func() bool { return len(quarantined(t, pool, projection.Which{})) == 0 })
	if n := scalar(t, pool, `select count(*) from `+projection.Schema(casestatus.View{})+`.cases`); n != 4500 {
		t.Errorf("the view holds %d cases", n)
	}
}

func TestAFillingEndsBeforeAFaultOfTheLog(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reason string
		log          func(t *testing.T) *history
		held         func(h *history) uint64
	}{
		{"a deleted event", "misses sequence 13", func(t *testing.T) *history {
			h, stream := newFragile(t, 4)
			if err := stream.DeleteMsg(t.Context(), 13); err != nil {
				t.Fatal(err)
			}
			return h
		}, func(*history) uint64 { return 12 }},
		{"an unknown event type", "unknown event type", func(t *testing.T) *history {
			h := newHistory(t, 10)
			h.addUnknown(t)
			h.addTo(t, "610302", script(9, 5))
			return h
		}, func(h *history) uint64 { return h.last.Seq }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := tt.log(t)
			pool, turns := newPool(t, pgtest.New(t)), counted{}
			p, _ := start(t, projection.New(sorting(t, h.log, pool, turns.step, views()...)))
			eventually(t, "the projection halts", func() bool { return p.Ready() != nil && strings.Contains(p.Ready().Error(), tt.reason) })
			if at := position(pool); at != tt.held(h) || turns.of("after turn") != 2 {
				t.Errorf("the views hold %d events, want %d, by %d turns", at, tt.held(h), turns.of("after turn"))
			}
		})
	}
}

// A log that changed between two parts of a filling is not the one of which half is folded.
func TestAFillingOfAnotherLogIsHalted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ spoil, reason string }{
		{`update projection.checkpoints set fill_hash = 'another'`, "was rewound"},
		{`update projection.checkpoints set stream_created = stream_created - interval '1 day'`, "was made at"},
		{`update projection.checkpoints set fill_end = fill_end + 100`, "compare the checkpoint"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, 10)
			pool := newPool(t, pgtest.New(t))
			p := projection.New(sorting(t, h.log, pool, func(step string) error {
				if step == "after commit" {
					return errCrash
				}
				return nil
			}, views()...))
			if err := p.Run(t.Context()); !errors.Is(err, errCrash) {
				t.Fatalf("the projector ended with %v, want the crash", err)
			}
			exec(t, pool, tt.spoil)
			p, _ = start(t, projection.New(sorting(t, h.log, pool, nil, views()...)))
			eventually(t, "the projection halts", func() bool { return p.Ready() != nil && strings.Contains(p.Ready().Error(), tt.reason) })
		})
	}
}

func TestWhatCannotBeSortedIsFilledInTheOrderOfTheLog(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 10)
	pool, turns := newPool(t, pgtest.New(t)), counted{}
	o := sorting(t, h.log, pool, turns.step, views()...)
	o.Scratch = filepath.Join(o.Scratch, "none")
	start(t, projection.New(o))
	eventually(t, "the log is projected", holds(pool, h.last))
	exact(t, h, pool)
	if n := turns.of("after turn"); n != 0 {
		t.Errorf("%d fillings began", n)
	}
}

// Two streams of a district have counts in common, which both add to.
func TestTwoStreamsAreFilledAtOnce(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 40)
	other := h.addTo(t, "610303", script(50, 9))
	pool := newPool(t, pgtest.New(t))
	start(t, projection.New(sorting(t, h.log, pool, nil, views()...)))
	eventually(t, "both are projected", func() bool {
		return positionIn(pool, "CASES_610302%") == h.last.Seq && positionIn(pool, "CASES_610303%") == other.Seq
	})
	exact(t, h, pool)
}
