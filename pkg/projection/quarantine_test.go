package projection_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
)

// picky is a view that refuses some events until it is mended, as a fold with a fault does until its next release.
type picky struct {
	projection.View
	refuses func(*projection.Event) error
	mended  *atomic.Bool
}

func (p picky) Fold(batch []projection.Event) projection.Fold {
	return pickyFold{p.View.Fold(batch), p, batch}
}

type pickyFold struct {
	projection.Fold
	picky
	batch []projection.Event
}

func (f pickyFold) Write(x *projection.Exchange) error {
	for i := range f.batch {
		if f.mended.Load() {
			break
		}
		if err := f.refuses(&f.batch[i]); err != nil {
			return err
		}
	}
	return f.Fold.Write(x)
}

// workWith runs a projector of these views until the test ends or stop is called, which waits.
func workWith(t *testing.T, log projection.Log, pool *pgxpool.Pool, views ...projection.View) (p *projection.Projector, stop func()) {
	t.Helper()
	return start(t, projection.New(projection.Options{Pool: pool, Log: log, Views: views, WideFrom: 2}))
}

func TestACaseThatAViewCannotGoOnWithIsParkedThereAndTheRestFlowsOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, code, reason string
		refusal            func() error
	}{
		{"the fold says no", "row.unreadable", "the row's clocks can't be read", func() error {
			return &projection.DataError{Code: "row.unreadable", Text: "the row's clocks can't be read"}
		}},
		{"the fold panics", "view.panic", "runtime error", func() error {
			var none *gridcasev1.CaseReported
			none.Number = ""
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, 30)
			pool, mended := newPool(t, pgtest.New(t)), &atomic.Bool{}
			bad := h.addCase(t, "610302", script(40, 6))
			h.add(t, script(41, 9))
			view := picky{casestatus.View{}, func(e *projection.Event) error {
				if e.CaseID == bad.id && e.Version == 3 {
					return tt.refusal()
				}
				return nil
			}, mended}
			p, _ := workWith(t, h.log, pool, timeline.View{}, view) // it is in the half that commits first
			eventually(t, "the log is projected", holdsAll(pool, h.last, 2))
			parked := quarantined(t, pool, projection.Which{})
			if len(parked) != 1 {
				t.Fatalf("parked are %+v", parked)
			}
			if k := parked[0]; k.View != "casestatus" || k.CaseID != bad.id || k.Code != tt.code || !strings.Contains(k.Reason, tt.reason) || k.Events != 4 || k.Last-k.First != 3 ||
				k.EventType != "gridcase.v1.VerificationSubmitted" {
				t.Errorf("parked is %+v", k)
			}
			if err := p.Ready(); err != nil {
				t.Errorf("a parked case halts the stream: %v", err)
			}
			eventually(t, "the metric counts it", func() bool { return p.Quarantined()["casestatus"] == 1 })
			if got := scalar(t, pool, `select version from `+projection.Schema(casestatus.View{})+`.cases where case_id = '`+bad.id+`'`); got != 2 {
				t.Errorf("the parked case stands at version %d, want 2", got)
			}
			if got := scalar(t, pool, `select count(*) from `+projection.Schema(timeline.View{})+`.events where case_id = '`+bad.id+`'`); got != 6 {
				t.Errorf("the other view holds %d of the case's events, want 6", got)
			}
			h.retries(t, pool, bad.id, mended)
		})
	}
}

// retries asks for a retry before and after the view is mended, and compares with one uninterrupted run.
func (h *history) retries(t *testing.T, pool *pgxpool.Pool, id string, mended *atomic.Bool) {
	t.Helper()
	c := projection.Control{Pool: pool, Log: h.log}
	if r, err := c.Retry(t.Context(), projection.Which{View: "casestatus", District: "610302", CaseID: id}); err != nil || r.Lifted != 0 || r.Parked != 1 || r.Untried != 0 || len(r.Left) != 1 || r.Left[0].Tries != 1 {
		t.Errorf("a retry before the view is mended: %+v, %v", r, err)
	}
	mended.Store(true)
	if r, err := c.Retry(t.Context(), projection.Which{View: "casestatus"}); err != nil || r.Lifted != 1 || r.Parked != 0 || len(r.Left) != 0 {
		t.Errorf("a retry afterwards: %+v, %v", r, err)
	}
	if _, err := c.Retry(t.Context(), projection.Which{View: "casestatus"}); fault.Of(err).Code != "quarantine.none" {
		t.Errorf("a retry of nothing: %v", err)
	}
	exactWith(t, h, pool, casestatus.View{}, timeline.View{})
}

// TestAParkedCaseStaysParkedOverARestart: its later events wait too, and are counted.
func TestAParkedCaseStaysParkedOverARestart(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 2)
	h.add(t, []step{{&gridcasev1.CaseReported{Number: "\x00", Place: &gridcasev1.Place{Grid: "610302001001001"}}, gridcasev1.State_STATE_REPORTED}})
	bad := h.last
	pool := newPool(t, pgtest.New(t))
	p, stop := work(t, h.log, pool)
	h.add(t, script(7, 9))
	eventually(t, "the log is projected", holds(pool, h.last))
	stop()
	if err := p.Ready(); err != nil {
		t.Error(err)
	}
	_, stop = work(t, h.log, pool)
	h.add(t, script(8, 9))
	eventually(t, "the log is projected again", holds(pool, h.last))
	stop()
	parked := quarantined(t, pool, projection.Which{})
	if len(parked) != 2 || parked[0].First != bad.Seq || parked[1].First != bad.Seq || parked[0].Events != 1 {
		t.Fatalf("parked are %+v", parked)
	}
	for _, k := range parked { // two views hold the number; the database can't
		if k.View != "casestatus" && k.View != "workqueue" || k.Code != "sql.22021" || strings.Contains(k.Reason, "\x00") {
			t.Errorf("parked is %+v", k)
		}
	}
}

func TestWhatARebuildRefusesIsParkedInTheNewGeneration(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 10)
	pool, mended := newPool(t, pgtest.New(t)), &atomic.Bool{}
	mended.Store(true)
	view := picky{casestatus.View{}, func(e *projection.Event) error {
		if e.Version == 1 && e.Seq == 1 {
			return &projection.DataError{Code: "row.unreadable", Text: "no"}
		}
		return nil
	}, mended}
	workWith(t, h.log, pool, view)
	eventually(t, "the log is projected", holdsAll(pool, h.last, 1))
	mended.Store(false)
	c := projection.Control{Pool: pool, Log: h.log}
	number, err := c.Rebuild(t.Context(), "casestatus")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new generation serves", serves(c, "casestatus", number))
	if parked := quarantined(t, pool, projection.Which{View: "casestatus"}); len(parked) != 1 || parked[0].Generation != number {
		t.Fatalf("parked are %+v", parked)
	}
	mended.Store(true)
	if r, err := c.Retry(t.Context(), projection.Which{}); err != nil || r.Lifted != 1 {
		t.Errorf("the retry: %+v, %v", r, err)
	}
	exactWith(t, h, pool, casestatus.View{})
}

func quarantined(t *testing.T, pool *pgxpool.Pool, w projection.Which) []projection.Parked {
	t.Helper()
	parked, next, err := projection.Control{Pool: pool}.Quarantined(t.Context(), w, "", 1000)
	if err != nil || next != "" {
		t.Fatal(next, err)
	}
	return parked
}

// scalar is the number that a query returns.
func scalar(t *testing.T, pool *pgxpool.Pool, query string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// TestMoreCasesAreParkedThanAPageHolds: the pages hold each case once, and a retry tells how many are left.
func TestMoreCasesAreParkedThanAPageHolds(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 3)
	pool := newPool(t, pgtest.New(t))
	_, stop := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	stop()
	const parked = 1234
	if _, err := pool.Exec(t.Context(), `insert into projection.quarantine (generation, district, year, case_id, seq, event_id, event_type, code, reason, since, events, last_seq)
		select (select number from projection.generations where view = 'casestatus'), '610302', 2026, gen_random_uuid(), n, 'event', 'type', 'code', 'reason', now() - n / 3 * interval '1 s', 1, n
		from generate_series(1, $1::int) n`, parked); err != nil {
		t.Fatal(err)
	}
	c, seen, pages := projection.Control{Pool: pool, Log: h.log}, map[string]bool{}, 0
	for page, more := "", true; more; more = page != "" {
		var all []projection.Parked
		var err error
		if all, page, err = c.Quarantined(t.Context(), projection.Which{View: "casestatus"}, page, 100); err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			seen[k.CaseID] = true
		}
		pages++
	}
	if len(seen) != parked || pages != 13 {
		t.Errorf("%d pages hold %d cases, want 13 with %d", pages, len(seen), parked)
	}
	if _, _, err := c.Quarantined(t.Context(), projection.Which{}, "made up", 100); fault.Of(err).Code != "page.malformed" {
		t.Errorf("a made up page: %v", err)
	}
	r, err := c.Retry(t.Context(), projection.Which{}) // nobody projects
	if err != nil || r.Lifted != 0 || r.Parked != parked || r.Untried != parked || len(r.Left) != 1000 {
		t.Errorf("a retry: %d lifted, %d parked, %d not tried, %d shown, %v", r.Lifted, r.Parked, r.Untried, len(r.Left), err)
	}
}
