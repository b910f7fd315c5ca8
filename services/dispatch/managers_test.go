package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/dispatch"
)

// centre is a district at work: its log, its write side and its process managers, over a real broker and a real database.
type centre struct {
	t         *testing.T
	js        jetstream.JetStream
	log       *eventstore.Log
	timers    *eventstore.Timers
	pool      *postgres.Pool
	directory *reference.Directory
	access    *access.Access
	commands  *command.Service
	ago       atomic.Int64 // how far the write side's clock is behind, ns
	settle    time.Duration
	sweep     time.Duration
	ahead     time.Duration // how far the managers' clock is ahead
}

func newCentre(t *testing.T) *centre {
	t.Helper()
	conn := natstest.Connect(t, natstest.Node(t))
	c := &centre{t: t}
	var err error
	if c.js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	if c.log, err = eventstore.New(eventstore.Options{Conn: conn, Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	c.timers, c.directory = eventstore.NewTimers(c.log), referencetest.Run(t, c.log)
	referencetest.Publish(t, c.directory)
	if c.pool, err = postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.pool.Close)
	v := vault.New(c.pool, vault.Key{1})
	if err := v.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.access = access.New(c.directory, referencetest.OperatorToken)
	now := func() time.Time { return time.Now().Add(-time.Duration(c.ago.Load())) }
	if c.commands, err = command.New(command.Options{Log: c.log, Directory: c.directory, Access: c.access, Vault: v, Now: now}); err != nil {
		t.Fatal(err)
	}
	return c
}

// manage runs the process managers until the test ends or the returned function is called.
func (c *centre) manage() (stop func()) {
	m := dispatch.NewManagers(dispatch.ManagerOptions{Log: c.log, Commands: c.commands, Directory: c.directory, Deadlines: deadlines.Deadlines{Pool: c.pool},
		Sweep: c.sweep, Settle: c.settle, Now: func() time.Time { return time.Now().Add(c.ahead) }})
	return c.run(m.Run)
}

// project fills the view of deadlines until the test ends.
func (c *centre) project() {
	p := projection.New(projection.Options{Pool: c.pool, Log: c.log, Views: []projection.View{deadlines.View{}}})
	c.run(p.Run)
}

func (c *centre) run(work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := work(ctx); ctx.Err() == nil {
			c.t.Errorf("ended by itself: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	c.t.Cleanup(stop)
	return stop
}

// do sends a command as a user of the test district.
func (c *centre) do(as string, cmd casework.Command) {
	c.t.Helper()
	actor, err := c.access.Authenticate(referencetest.Token(as))
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.commands.Do(c.t.Context(), actor, cmd); err != nil {
		c.t.Fatal(err)
	}
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func to(caseID string) *gridcasev1.Target {
	return &gridcasev1.Target{CaseId: caseID, CommandId: uuid.NewString()}
}

func shows(kind string) []*gridcasev1.Photo {
	return []*gridcasev1.Photo{{Kind: kind, Sha256: fmt.Sprintf("%064d", 1)}}
}

// report reports a case in unit grid 1, so long ago.
func (c *centre) report(as string, ago time.Duration) (caseID string) {
	c.t.Helper()
	caseID = newID(c.t)
	cmd := &gridcasev1.ReportCase{Target: to(caseID), CaseType: "parking.motor", Point: referencetest.Point(1), Photos: shows("far"),
		Fields: []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}}}
	if as == "acceptor" {
		cmd.Source = gridcasev1.Source_SOURCE_HOTLINE
	}
	c.ago.Store(int64(ago))
	defer c.ago.Store(0)
	c.do(as, cmd)
	return caseID
}

// handling brings a case into the roads department's hands.
func (c *centre) handling() (caseID string) {
	c.t.Helper()
	caseID = c.report("worker-1", 0)
	c.do("acceptor", &gridcasev1.FileCase{Target: to(caseID), Condition: "C2"})
	c.do("dispatcher", &gridcasev1.DispatchCase{Target: to(caseID), Department: "roads"})
	c.do("roads-manager", &gridcasev1.SignTask{Target: to(caseID)})
	return caseID
}

// events are a case's, as the log has them.
func (c *centre) events(caseID string) []eventstore.Event {
	c.t.Helper()
	key, err := eventstore.CaseOf(referencetest.District, caseID)
	if err != nil {
		c.t.Fatal(err)
	}
	all, err := c.log.Load(context.Background(), key, 0, 0, "")
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

// of returns a case's events of the same type as e.
func (c *centre) of(caseID string, e proto.Message) (found []eventstore.Event) {
	c.t.Helper()
	for _, stored := range c.events(caseID) {
		if stored.Type == gridcasev1.EventType(e) {
			found = append(found, stored)
		}
	}
	return found
}

// happens waits until a case has an event of the type of e, and returns it.
func (c *centre) happens(caseID string, e proto.Message) eventstore.Event {
	c.t.Helper()
	var found []eventstore.Event
	c.await("no "+gridcasev1.EventType(e), func() bool {
		found = c.of(caseID, e)
		return len(found) > 0
	})
	return found[0]
}

// happened waits until everything is quiet, and checks that a case has exactly n events of the type of e.
func (c *centre) happened(caseID string, e proto.Message, n int) {
	c.t.Helper()
	c.quiet()
	if found := c.of(caseID, e); len(found) != n {
		c.t.Errorf("the case has %d events %s, want %d", len(found), gridcasev1.EventType(e), n)
	}
}

// quiet waits until no timer has fired unanswered and the managers have answered every event.
func (c *centre) quiet() {
	c.t.Helper()
	c.await("the managers have work left", func() bool {
		s, err := c.js.Stream(context.Background(), "TIMERS")
		if err != nil {
			return false
		}
		info, err := s.Info(context.Background(), jetstream.WithSubjectFilter("timers.due.>"))
		if err != nil || len(info.State.Subjects) > 0 {
			return false
		}
		streams, err := c.log.Streams(context.Background())
		for _, stream := range streams {
			k, kerr := c.js.Consumer(context.Background(), stream.Name(), "managers-v1")
			if kerr != nil || k.CachedInfo().NumPending > 0 || k.CachedInfo().NumAckPending > 0 {
				return false
			}
		}
		return err == nil
	})
}

// set lists the timers that are set of a case.
func (c *centre) set(caseID string) (subjects []string) {
	c.t.Helper()
	s, err := c.js.Stream(context.Background(), "TIMERS")
	if err != nil {
		return nil
	}
	info, err := s.Info(context.Background(), jetstream.WithSubjectFilter("timers.set.*."+caseID+".*"))
	if err != nil {
		c.t.Fatal(err)
	}
	for subject := range info.State.Subjects {
		subjects = append(subjects, subject[strings.Index(subject, caseID)+len(caseID)+1:])
	}
	return subjects
}

func (c *centre) await(what string, done func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	c.t.Fatal(what)
}
