package projection_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

func views() []projection.View {
	return []projection.View{casestatus.View{}, timeline.View{}, gridstatus.View{}, workqueue.View{}}
}

// history is a log with events of many cases.
type history struct {
	log  *eventstore.Log
	conn *nats.Conn
	js   jetstream.JetStream // where the log can be damaged: events are published to it; nil: they are appended
	last eventstore.Position
}

func newHistory(t *testing.T, cases int) *history {
	t.Helper()
	h := &history{conn: natstest.Connect(t, natstest.Node(t))}
	var err error
	if h.log, err = eventstore.New(eventstore.Options{Conn: h.conn, Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range cases {
		h.add(t, script(i, 1+dice.IntN(9)))
	}
	return h
}

// script is the first n events of a case's way.
func script(i, n int) []step {
	place := func(k int) *gridcasev1.Place {
		return &gridcasev1.Place{Grid: fmt.Sprintf("610302001001%03d", 1+k%7), Community: "610302001001", Street: "610302001", District: "610302"}
	}
	worker, handler := uuid.NewString(), uuid.NewString()
	all := []step{
		{&gridcasev1.CaseReported{Number: fmt.Sprintf("61030220261101%05d", i+1), CaseType: []string{"parking.motor", "drain.pipe"}[i%2], Place: place(i)}, gridcasev1.State_STATE_REPORTED},
		{&gridcasev1.VerificationRequested{Worker: worker}, gridcasev1.State_STATE_VERIFYING},
		{&gridcasev1.VerificationSubmitted{}, gridcasev1.State_STATE_REPORTED},
		{&gridcasev1.CaseRelocated{Place: place(i + 3)}, gridcasev1.State_STATE_REPORTED},
		{&gridcasev1.CaseFiled{Condition: "C2"}, gridcasev1.State_STATE_FILED},
		{&gridcasev1.CaseDispatched{Department: "roads"}, gridcasev1.State_STATE_DISPATCHED},
		{&gridcasev1.TaskSigned{}, gridcasev1.State_STATE_HANDLING},
		{&gridcasev1.HandlerAssigned{Handler: handler}, gridcasev1.State_STATE_HANDLING},
		{&gridcasev1.HandlingReported{}, gridcasev1.State_STATE_HANDLED},
		{&gridcasev1.CaseClosed{}, gridcasev1.State_STATE_CLOSED},
	}
	return all[:n]
}

// step is an event and the state after it.
type step struct {
	message proto.Message
	state   gridcasev1.State
}

// add appends a new case of district 610302 with these events.
func (h *history) add(t *testing.T, steps []step) {
	t.Helper()
	h.last = h.addTo(t, "610302", steps)
}

// addTo appends a new case of a district with these events, and returns the last one's position.
func (h *history) addTo(t *testing.T, district string, steps []step) eventstore.Position {
	t.Helper()
	return h.addCase(t, district, steps).last
}

// added is a case in the log.
type added struct {
	id   string
	last eventstore.Position
}

// addCase appends a new case of a district with these events.
func (h *history) addCase(t *testing.T, district string, steps []step) added {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	c, err := eventstore.CaseOf(district, id.String())
	if err != nil {
		t.Fatal(err)
	}
	prev, seq, grid := "", uint64(0), ""
	for i, s := range steps {
		if m, ok := s.message.(interface{ GetPlace() *gridcasev1.Place }); ok {
			grid = m.GetPlace().GetGrid()
		}
		env := gridcasev1.Envelope{ID: uuid.NewString(), Type: gridcasev1.EventType(s.message), Source: "/test", Time: time.Now().UTC(), Subject: c.Subject(), Version: uint64(i + 1),
			CommandID: uuid.NewString(), CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_ACCEPTOR, Catalogue: 1, Calendar: 1, Grid: grid, State: s.state, Prev: prev}
		e, err := eventstore.Draft{Envelope: env, Message: s.message}.Seal(c)
		if err != nil {
			t.Fatal(err)
		}
		if seq, err = h.store(c, seq, e); err != nil {
			t.Fatal(err)
		}
		prev = e.Hash
	}
	return added{c.ID, eventstore.Position{District: district, Year: c.Year, Seq: seq}}
}

// store puts an event behind a sequence of its case.
func (h *history) store(c eventstore.Case, after uint64, e eventstore.Event) (uint64, error) {
	if h.js == nil {
		return h.log.Append(context.Background(), c, after, []eventstore.Event{e})
	}
	m := nats.NewMsg(c.Subject())
	m.Header, m.Data = e.Headers(), e.Payload
	ack, err := h.js.PublishMsg(context.Background(), m)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

func newPool(t *testing.T, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Connect(context.Background(), dsn, postgres.PoolOptions{Conns: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// runUntil runs a projector until the views hold the position, or it ends by itself, whose error it returns.
func runUntil(t *testing.T, p *projection.Projector, pool *pgxpool.Pool, until ...eventstore.Position) error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer cancel()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		select {
		case err := <-ended:
			return err
		case <-time.After(5 * time.Millisecond):
		}
		behind := func(at eventstore.Position) bool {
			return positionIn(pool, fmt.Sprintf("CASES_%s_%d", at.District, at.Year)) < at.Seq
		}
		if !slices.ContainsFunc(until, behind) {
			cancel()
			<-ended
			return nil
		}
	}
	t.Fatal("the views did not reach the log's end")
	return nil
}

func position(pool *pgxpool.Pool) (seq uint64) { return positionIn(pool, "%") }

// positionIn is what every view holds of the streams of a name.
func positionIn(pool *pgxpool.Pool, like string) (seq uint64) {
	_ = pool.QueryRow(context.Background(), `select coalesce(min(seq), 0) from projection.checkpoints where stream like $1`, like).Scan(&seq) // the table may not be there yet
	return seq
}

// dump is every row of every view's table, in a fixed order.
func dump(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables(t, pool) {
		rows, err := pool.Query(context.Background(), "select t::text from "+table+" t order by 1")
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s: %d rows\n%s\n", table, len(lines), strings.Join(lines, "\n"))
	}
	return b.String()
}

// tables are the names of the views' tables.
func tables(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	found, err := pool.Query(context.Background(), `select schemaname || '.' || tablename from pg_tables where schemaname ~ '_v[0-9]+$' order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		t.Fatalf("the views' tables are %v (%v)", names, err)
	}
	return names
}

var errCrash = errors.New("crashed here")

func TestACrashBetweenAnyTwoStepsLeavesTheRowsOfOneUninterruptedRun(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 60)
	whole := newPool(t, pgtest.New(t))
	if err := runUntil(t, projection.New(projection.Options{Pool: whole, Log: h.log, Views: views()}), whole, h.last); err != nil {
		t.Fatal(err)
	}
	want := dump(t, whole)
	if strings.Count(want, "\n") < 300 {
		t.Fatalf("the views hold too little to compare:\n%s", want)
	}
	for _, in := range []struct {
		wideFrom uint64
		steps    []string
	}{
		{1, []string{"before begin", "after casestatus", "after timeline", "after gridstatus", "after workqueue", "before commit", "between commits", "after commit"}}, // two halves
		{1000, []string{"after timeline", "before commit", "after commit"}},                                                                                            // one transaction
	} {
		for _, crash := range in.steps {
			t.Run(fmt.Sprintf("%s from %d", crash, in.wideFrom), func(t *testing.T) {
				t.Parallel()
				pool := newPool(t, pgtest.New(t))
				for n := 1; n <= 3; n++ { // at the first, the second and the third time that it comes by
					left := n
					p := projection.New(projection.Options{Pool: pool, Log: small{h.log}, Views: views(), WideFrom: in.wideFrom, Step: func(step string) error {
						if step == crash {
							if left--; left == 0 {
								return errCrash
							}
						}
						return nil
					}})
					if err := runUntil(t, p, pool, h.last); !errors.Is(err, errCrash) {
						t.Fatalf("the projector ended with %v, want the crash", err)
					}
				}
				if err := runUntil(t, projection.New(projection.Options{Pool: pool, Log: small{h.log}, Views: views(), WideFrom: in.wideFrom}), pool, h.last); err != nil {
					t.Fatal(err)
				}
				if got := dump(t, pool); got != want {
					t.Errorf("the rows differ from one uninterrupted run\ngot:\n%s\nwant:\n%s", got, want)
				}
			})
		}
	}
}

// small hands the log on in batches of at most seven events, so that there are many steps to crash at.
type small struct{ *eventstore.Log }

func (s small) Follow(ctx context.Context, stream eventstore.Stream, from uint64, handle func([]eventstore.Event) error) error {
	return s.Log.Follow(ctx, stream, from, func(batch []eventstore.Event) error {
		for len(batch) > 0 {
			n := min(7, len(batch))
			if err := handle(batch[:n]); err != nil {
				return err
			}
			batch = batch[n:]
		}
		return nil
	})
}

func TestOfTwoProjectorsOneWorksAndTheOtherTakesOver(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 20)
	dsn := pgtest.New(t)
	pool := newPool(t, dsn)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type running struct {
		*projection.Projector
		stop  context.CancelFunc
		ended chan error
	}
	start := func() *running {
		own, stop := context.WithCancel(ctx)
		r := &running{Projector: projection.New(projection.Options{Pool: newPool(t, dsn), Log: h.log, Views: views()}), stop: stop, ended: make(chan error, 1)}
		go func() { r.ended <- r.Run(own) }()
		return r
	}
	a, b := start(), start()
	await := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !done(); <-time.After(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("no " + what)
			}
		}
	}
	await("leader", func() bool { return a.Leading() || b.Leading() })
	if a.Leading() && b.Leading() {
		t.Error("both projectors work at once")
	}
	first, second := a, b
	if b.Leading() {
		first, second = b, a
	}
	h.add(t, script(100, 9))
	first.stop()
	<-first.ended
	h.add(t, script(101, 9))
	await("successor", second.Leading)
	await("end of the log", func() bool { return position(pool) >= h.last.Seq })
	second.stop()
	<-second.ended
	whole := newPool(t, pgtest.New(t))
	if err := runUntil(t, projection.New(projection.Options{Pool: whole, Log: h.log, Views: views()}), whole, h.last); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, pool), dump(t, whole); got != want {
		t.Errorf("two projectors left other rows than one\ngot:\n%s\nwant:\n%s", got, want)
	}
}

func TestALogThatIsNotWhatItWasHaltsTheProjection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reason string
		spoil        func(t *testing.T, h *history, pool *pgxpool.Pool) projection.Log
	}{
		{"a gap", "has a gap", func(_ *testing.T, h *history, _ *pgxpool.Pool) projection.Log { return gappy{h.log} }},
		{"an unknown event type", "unknown event type", func(t *testing.T, h *history, _ *pgxpool.Pool) projection.Log {
			h.addUnknown(t)
			return h.log
		}},
		{"another event at the checkpoint", "was rewound", func(t *testing.T, h *history, pool *pgxpool.Pool) projection.Log {
			if _, err := pool.Exec(context.Background(), `update projection.checkpoints set hash = 'another'`); err != nil {
				t.Fatal(err)
			}
			return h.log
		}},
		{"a stream made anew", "was made at", func(t *testing.T, h *history, pool *pgxpool.Pool) projection.Log {
			if _, err := pool.Exec(context.Background(), `update projection.checkpoints set stream_created = stream_created - interval '1 day'`); err != nil {
				t.Fatal(err)
			}
			return h.log
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, 5)
			pool := newPool(t, pgtest.New(t))
			if err := runUntil(t, projection.New(projection.Options{Pool: pool, Log: h.log, Views: views()}), pool, h.last); err != nil {
				t.Fatal(err)
			}
			before := dump(t, pool)
			log := tt.spoil(t, h, pool)
			h.add(t, script(50, 3))
			p := projection.New(projection.Options{Pool: pool, Log: log, Views: views()})
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- p.Run(ctx) }()
			for deadline := time.Now().Add(20 * time.Second); p.Ready() == nil; <-time.After(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the projection was not halted")
				}
			}
			if err := p.Ready(); !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("halted because %v, want %q", err, tt.reason)
			}
			for deadline := time.Now().Add(20 * time.Second); ; <-time.After(5 * time.Millisecond) {
				var halted string
				if err := pool.QueryRow(context.Background(), `select max(halted) from projection.checkpoints`).Scan(&halted); err == nil && strings.Contains(halted, tt.reason) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the checkpoints don't name the reason")
				}
			}
			cancel()
			<-ended
			if after := dump(t, pool); after != before {
				t.Errorf("a halted projection wrote rows")
			}
		})
	}
}

// gappy loses an event on the way, as a flipped bit on the broker's disk does.
type gappy struct{ *eventstore.Log }

func (g gappy) Follow(ctx context.Context, s eventstore.Stream, from uint64, handle func([]eventstore.Event) error) error {
	return g.Log.Follow(ctx, s, from, func([]eventstore.Event) error {
		return fmt.Errorf("%w: %s misses sequence %d", eventstore.ErrGap, s.Name(), from)
	})
}

// addUnknown appends an event that a later version of the contract would write.
func (h *history) addUnknown(t *testing.T) {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	c, err := eventstore.CaseOf("610302", id.String())
	if err != nil {
		t.Fatal(err)
	}
	e, err := eventstore.Draft{Message: &gridcasev1.NoteAdded{}, Envelope: gridcasev1.Envelope{ID: uuid.NewString(), Type: "gridcase.v9.CaseDreamt", Source: "/test", Time: time.Now().UTC(),
		Subject: c.Subject(), Version: 1, CommandID: uuid.NewString(), CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_ACCEPTOR, Catalogue: 1, Calendar: 1,
		Grid: "610302001001001", State: gridcasev1.State_STATE_REPORTED}}.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.log.Append(context.Background(), c, 0, []eventstore.Event{e}); err != nil {
		t.Fatal(err)
	}
}

// startedAfter tells whether the server that answers now was started after a time.
func startedAfter(pool *pgxpool.Pool, then time.Time) (yes bool) {
	_ = pool.QueryRow(context.Background(), `select pg_postmaster_start_time() > $1`, then).Scan(&yes) // it may be away
	return yes
}

func TestTheProjectorCatchesUpAfterTheDatabasesDeath(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 10)
	server := pgtest.Start(t)
	pool := newPool(t, server.DSN("postgres"))
	ctx, cancel := context.WithCancel(context.Background())
	p := projection.New(projection.Options{Pool: pool, Log: h.log, Views: views()})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	await := func(seq uint64, killed time.Time) { // what a server tells that outlived its main process may be lost with it
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !startedAfter(pool, killed) || position(pool) < seq; <-time.After(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the views did not reach the log's end")
			}
		}
	}
	await(h.last.Seq, time.Time{})
	for i := range 3 {
		killed := time.Now()
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		h.add(t, script(200+i, 9))
		await(h.last.Seq, killed)
	}
	cancel()
	<-ended
	whole := newPool(t, pgtest.New(t))
	if err := runUntil(t, projection.New(projection.Options{Pool: whole, Log: h.log, Views: views()}), whole, h.last); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, pool), dump(t, whole); got != want {
		t.Errorf("the rows differ from one uninterrupted run\ngot:\n%s\nwant:\n%s", got, want)
	}
}
