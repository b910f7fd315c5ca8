package live_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/live"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// city is a log, its views and a hub over both.
type city struct {
	t         *testing.T
	conn      *eventstore.Conn
	log       *eventstore.Log
	pool      *postgres.Pool
	directory *reference.Directory
	tracker   *readmodel.Tracker
	hub       *live.Hub
	project   func() (stop func())
	stopHub   func()
}

// newCity opens the test district on one embedded node. Its views stand still until project is called.
func newCity(t *testing.T, o live.Options) *city {
	t.Helper()
	return newCityOn(t, o, natstest.Connect(t, natstest.Node(t)))
}

func newCityOn(t *testing.T, o live.Options, conn *eventstore.Conn) *city {
	t.Helper()
	c := &city{t: t, conn: conn}
	var err error
	if c.log, err = eventstore.New(eventstore.Options{Conn: conn, Patience: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if c.pool, err = postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.pool.Close)
	c.directory = referencetest.Run(t, c.log)
	referencetest.Publish(t, c.directory)
	views := []projection.View{gridstatus.View{}, workqueue.View{}, history.View{}}
	c.tracker = readmodel.NewTracker(c.pool, c.log, views, nopLogger)
	run(t, c.tracker.Run)
	c.project = func() func() {
		return run(t, projection.New(projection.Options{Pool: c.pool, Log: c.log, Views: views}).Run)
	}
	c.restart(o)
	return c
}

// restart starts a hub that knows nothing of the one before.
func (c *city) restart(o live.Options) {
	if c.stopHub != nil {
		c.stopHub()
	}
	o.Log, o.Pool, o.Tracker, o.Directory = c.log, c.pool, c.tracker, c.directory
	c.hub = live.New(o)
	c.stopHub = run(c.t, c.hub.Run)
}

// run works until the test ends or stop is called, which waits.
func run(t *testing.T, work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = work(ctx) // ends with ctx
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

// as is what a user of the district may see.
func (c *city) as(user string) access.Scope {
	c.t.Helper()
	actor, err := access.New(c.directory, referencetest.OperatorToken).Authenticate(referencetest.Token(user))
	if err != nil {
		c.t.Fatal(err)
	}
	return actor.Scope(referencetest.District)
}

// subscribe opens a stream, again while the hub is not ready.
func (c *city) subscribe(s live.Subscription) *live.Reader {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		r, err := c.hub.Subscribe(c.t.Context(), s)
		if err == nil {
			c.t.Cleanup(r.Close)
			return r
		}
		if time.Now().After(end) {
			c.t.Fatal(err)
		}
	}
}

// told is one message as a client reads it.
type told struct {
	live.Message
	start *gridcasev1.LiveStart
	kase  *gridcasev1.LiveCase
	grid  *gridcasev1.LiveGrid
	fresh *gridcasev1.Freshness
}

// take reads what waits for a reader.
func (c *city) take(r *live.Reader) ([]told, string, error) {
	c.t.Helper()
	messages, at, err := r.Take()
	all := make([]told, len(messages))
	for i, m := range messages {
		all[i].Message = m
		var into proto.Message
		switch m.Kind {
		case live.Start, live.Reset:
			all[i].start = new(gridcasev1.LiveStart)
			into = all[i].start
		case live.Case:
			all[i].kase = new(gridcasev1.LiveCase)
			into = all[i].kase
		case live.Area:
			all[i].grid = new(gridcasev1.LiveGrid)
			into = all[i].grid
		case live.Freshness:
			all[i].fresh = new(gridcasev1.Freshness)
			into = all[i].fresh
		}
		if err := protojson.Unmarshal(m.Data, into); err != nil {
			c.t.Fatalf("message %s: %v", m.Kind, err)
		}
	}
	return all, at, err
}

// until takes until a message fulfils a condition, and returns all up to then.
func (c *city) until(r *live.Reader, what string, done func(told) bool) (all []told) {
	c.t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		some, _, err := c.take(r)
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, some...)
		if slices.ContainsFunc(some, done) {
			return all
		}
		select {
		case <-r.Ready():
		case <-timeout:
			c.t.Fatalf("%s is not told; all that was: %v", what, all)
		}
	}
}

// says is the condition that a message tells of a version of a case.
func says(k *walk) func(told) bool {
	version := uint64(len(k.stood))
	return func(m told) bool { return m.kase.GetCaseId() == k.c.ID && m.kase.GetVersion() == version }
}

func isKind(kind string) func(told) bool { return func(m told) bool { return m.Kind == kind } }

// stood is how a case stood after one of its events: what the test itself knows.
type stood struct {
	seq     uint64
	state   gridcasev1.State
	parties access.Parties
	queues  []string
}

// walk is one case on its way.
type walk struct {
	city  *city
	c     eventstore.Case
	last  eventstore.Event
	stood []stood
}

// newWalk reports a case in unit grid n.
func (c *city) newWalk(n int) *walk {
	c.t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		c.t.Fatal(err)
	}
	k := &walk{city: c}
	if k.c, err = eventstore.CaseOf(referencetest.District, id.String()); err != nil {
		c.t.Fatal(err)
	}
	k.add(&gridcasev1.CaseReported{Number: id.String(), CaseType: "parking.motor", Place: place(n)}, stood{state: gridcasev1.State_STATE_REPORTED,
		parties: access.Parties{Grid: referencetest.Cell(n), Reporter: referencetest.UserID("citizen")}, queues: []string{"acceptor"}})
	return k
}

func place(n int) *gridcasev1.Place {
	cell := referencetest.Cell(n)
	return &gridcasev1.Place{Grid: cell, Community: cell[:12], Street: cell[:9], District: cell[:6]}
}

// now is how the case stands.
func (k *walk) now() stood { return k.stood[len(k.stood)-1] }

// add appends an event after which the case stands so.
func (k *walk) add(m proto.Message, after stood) {
	k.city.t.Helper()
	version := uint64(len(k.stood) + 1)
	e, err := eventstore.Draft{Message: m, Envelope: gridcasev1.Envelope{ID: uuid.NewString(), Type: gridcasev1.EventType(m), Source: "/test", Time: time.Now().UTC(), Subject: k.c.Subject(),
		Version: version, CommandID: uuid.NewString(), CommandHash: "00", Actor: referencetest.UserID("citizen"), Role: gridcasev1.Role_ROLE_CITIZEN, Catalogue: 1, Calendar: 1,
		Grid: after.parties.Grid, State: after.state, Prev: k.last.Hash}}.Seal(k.c)
	if err != nil {
		k.city.t.Fatal(err)
	}
	seq, err := k.city.log.Append(k.city.t.Context(), k.c, k.last.Seq, []eventstore.Event{e})
	if err != nil {
		k.city.t.Fatal(err)
	}
	e.Seq = seq
	k.last = e
	after.seq = seq
	k.stood = append(k.stood, after)
}

func (k *walk) position() eventstore.Position {
	return eventstore.Position{District: k.c.District, Year: k.c.Year, Seq: k.last.Seq}
}

// then is how the case stands now but for a state and its queues.
func (k *walk) then(state gridcasev1.State, queues ...string) stood {
	s := k.now()
	s.state, s.queues = state, queues
	return s
}

func (k *walk) String() string { return fmt.Sprintf("case %s: %v", k.c.ID, k.stood) }
