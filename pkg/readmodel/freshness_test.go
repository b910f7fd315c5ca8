package readmodel_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
)

// followed is a log, a projector behind it, and a tracker that tells how far it is.
type followed struct {
	*readmodel.Tracker
	t         *testing.T
	log       *eventstore.Log
	pool      *pgxpool.Pool
	standsOff func() // ends the projector
	cases     int
}

func follow(t *testing.T) *followed {
	t.Helper()
	f := &followed{t: t}
	var err error
	if f.log, err = eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if f.pool, err = postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.pool.Close)
	f.Tracker = readmodel.NewTracker(f.pool, f.log, []projection.View{casestatus.View{}}, zap.NewNop())
	f.standsOff = start(t, projection.New(projection.Options{Pool: f.pool, Log: f.log, Views: []projection.View{casestatus.View{}}}).Run)
	start(t, f.Run)
	return f
}

// start runs until the test ends or stop is called, which waits.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = run(ctx) // ends with ctx
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

// report appends the first event of a new case and returns its position.
func (f *followed) report() string {
	f.t.Helper()
	f.cases++
	c, err := eventstore.CaseOf("610302", id(f.cases))
	if err != nil {
		f.t.Fatal(err)
	}
	e, err := eventstore.Draft{Message: report.message, Envelope: gridcasev1.Envelope{ID: id(f.cases), Type: gridcasev1.EventType(report.message), Source: "/test", Time: morning, Subject: c.Subject(),
		Version: 1, CommandID: id(f.cases), CommandHash: "00", Actor: desk, Role: gridcasev1.Role_ROLE_ACCEPTOR, Grid: "610302001001001", State: reported}}.Seal(c)
	if err != nil {
		f.t.Fatal(err)
	}
	seq, err := f.log.Append(f.t.Context(), c, 0, []eventstore.Event{e})
	if err != nil {
		f.t.Fatal(err)
	}
	return eventstore.Position{District: "610302", Year: c.Year, Seq: seq}.String()
}

// fresh is what an answer would say of itself.
func (f *followed) fresh(atLeast ...string) *gridcasev1.Freshness {
	f.t.Helper()
	got, err := f.Wait(f.t.Context(), "610302", atLeast)
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

// becomes waits until answers are stale, or are not.
func (f *followed) becomes(stale bool) {
	f.t.Helper()
	f.says(func(said *gridcasev1.Freshness) bool { return said.GetStale() == stale })
}

// says waits until an answer says something of itself.
func (f *followed) says(so func(*gridcasev1.Freshness) bool) {
	f.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(15 * time.Second); ; <-tick.C {
		said := f.fresh()
		if so(said) {
			return
		}
		if time.Now().After(end) {
			f.t.Fatalf("the answers go on to say %v", said)
		}
	}
}

func TestAnAnswerWaitsForTheCommandThatItNames(t *testing.T) {
	t.Parallel()
	f := follow(t)
	for range 20 {
		at := f.report()
		same(t, f.fresh(at), &gridcasev1.Freshness{Positions: []string{at}})
	}
	if got := f.fresh("610302-2026:1000"); !got.GetStale() || len(got.GetPositions()) != 1 || got.GetPositions()[0] != "610302-2026:20" {
		t.Errorf("an answer that misses what it was asked for says %v", got)
	}
	if _, err := f.Wait(t.Context(), "610302", []string{"yesterday"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a malformed position: %v, want a refusal", err)
	}
}

func TestAnswersAreStaleWhileTheProjectorStandsStill(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.fresh(f.report())
	f.becomes(false)
	f.standsOff()
	f.report()
	f.becomes(true)
	start(t, projection.New(projection.Options{Pool: f.pool, Log: f.log, Views: []projection.View{casestatus.View{}}}).Run)
	f.becomes(false)
}

func TestAnswersAreStaleWhileTheDistrictsProjectionIsHalted(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.fresh(f.report())
	if _, err := f.pool.Exec(t.Context(), `update projection.checkpoints set halted = 'a gap'`); err != nil {
		t.Fatal(err)
	}
	f.becomes(true)
	other, err := f.Wait(t.Context(), "610303", nil)
	if err != nil || other.GetStale() {
		t.Errorf("another district's answers: %v, %v", other, err)
	}
}

// TestAnotherGenerationOfAViewHoldsNoAnswerBack stays with the tracker over two of its looks at the checkpoints.
func TestAnotherGenerationOfAViewHoldsNoAnswerBack(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.fresh(f.report())
	for _, statement := range []string{
		`insert into projection.generations (number, view, version, schema, state) values (1000, 'casestatus', 1, 'casestatus_v1', 'kept'), (1001, 'forgotten', 1, 'forgotten_v1', 'serving')`,
		`insert into projection.checkpoints (view, version, stream, stream_created, seq, hash, halted, generation)
			select g.view, g.version, stream, stream_created, 0, '', 'given up', g.number from projection.checkpoints, projection.generations g where g.number >= 1000`,
	} {
		if _, err := f.pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 50 {
		<-tick.C
		if got := f.fresh(f.report()); got.GetStale() {
			t.Fatalf("the answer says %v", got)
		}
	}
}

// TestWhatTheDatabaseLostIsNotPromised: a crash of the database takes the last transactions of the projector away, which does not wait for the
// disk. Until they are applied again, no answer says that it holds them.
func TestWhatTheDatabaseLostIsNotPromised(t *testing.T) {
	t.Parallel()
	f := follow(t)
	held := f.report()
	lost := f.report()
	f.fresh(lost)
	f.becomes(false)
	f.standsOff()
	for _, statement := range []string{`update projection.checkpoints set seq = seq - 1`,
		`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`} {
		if _, err := f.pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	f.says(func(said *gridcasev1.Freshness) bool { return slices.Equal(said.GetPositions(), []string{held}) })
	if !f.fresh(lost).GetStale() {
		t.Error("an answer promises what was lost")
	}
}

// TestAnAnswerOutOfAKeptGenerationIsStale: a release that reads a version which isn't followed any more says so, though another serves.
func TestAnAnswerOutOfAKeptGenerationIsStale(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.fresh(f.report())
	f.becomes(false)
	f.standsOff()
	start(t, projection.New(projection.Options{Pool: f.pool, Log: f.log, Views: []projection.View{later{}}}).Run)
	f.report()
	f.becomes(true)
	newer := readmodel.NewTracker(f.pool, f.log, []projection.View{later{}}, zap.NewNop())
	start(t, newer.Run)
	f.Tracker = newer
	f.becomes(false)
	f.fresh(f.report())
}

// later is the view's next version.
type later struct{ casestatus.View }

func (later) Version() int { return casestatus.View{}.Version() + 1 }

func TestAnAnswerAboutAParkedCaseSaysSo(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.fresh(f.report())
	_, err := f.pool.Exec(t.Context(), `insert into projection.quarantine (generation, district, year, case_id, seq, event_id, event_type, code, reason, events, last_seq)
		select number, '610302', 2026, '`+id(1)+`', 1, '', '', 'row.unreadable', '', 1, 1 from projection.generations`)
	if err != nil {
		t.Fatal(err)
	}
	about := func(caseID string) *gridcasev1.Freshness {
		fresh := f.fresh()
		f.Mark(fresh, "610302", caseID)
		return fresh
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(15 * time.Second); !about(id(1)).GetQuarantined(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("the answer about the parked case never says so")
		}
	}
	if got := about(id(2)); got.GetQuarantined() || got.GetStale() {
		t.Errorf("the answer about another case says %v", got)
	}
}
