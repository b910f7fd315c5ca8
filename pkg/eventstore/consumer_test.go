package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// manager counts the events that a consumer hands to it.
type manager struct {
	t   *testing.T
	log *eventstore.Log

	consumer *eventstore.Consumer // the last that runs
	fail     func(eventstore.Event) error
	only     uint64 // tries before parking; 0: the default

	mu   sync.Mutex
	came map[eventstore.Position]int
}

func newManager(t *testing.T, log *eventstore.Log) *manager {
	return &manager{t: t, log: log, fail: func(eventstore.Event) error { return nil }, came: map[eventstore.Position]int{}}
}

// run works until the test ends or the returned function is called.
func (m *manager) run() (stop func()) {
	m.consumer = eventstore.NewConsumer(m.log, eventstore.ConsumerOptions{Name: "test-v1", Handle: m.handle, Tries: m.only})
	consumer := m.consumer
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := consumer.Run(ctx); !errors.Is(err, context.Canceled) {
			m.t.Errorf("the consumer ended with %v", err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	m.t.Cleanup(stop)
	return stop
}

func (m *manager) handle(_ context.Context, events []eventstore.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range events {
		if err := m.fail(e); err != nil {
			return err
		}
	}
	for _, e := range events {
		m.came[e.Position()]++
	}
	return nil
}

// has waits until n different events came.
func (m *manager) has(n int) {
	m.t.Helper()
	var got int
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
		m.mu.Lock()
		got = len(m.came)
		m.mu.Unlock()
		if got == n {
			return
		}
	}
	m.t.Fatalf("%d events came, want %d", got, n)
}

// happen appends n events to a new case.
func happen(t *testing.T, log *eventstore.Log, n int) {
	t.Helper()
	c := newCase(t)
	for i := range n {
		if err := appendNext(t, log, c, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAManagerGetsEveryEventAndGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	log := open(t, natstest.Connect(t, natstest.Node(t)), 1)
	m := newManager(t, log)
	stop := m.run()
	happen(t, log, 5)
	m.has(5)
	stop()
	happen(t, log, 4)
	m.run()
	m.has(9)
	for at, n := range m.came {
		if n != 1 {
			t.Errorf("the event at %s came %d times", at, n)
		}
	}
}

func TestAnEventThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	log := open(t, natstest.Connect(t, natstest.Node(t)), 1)
	m := newManager(t, log)
	tries := 0
	m.fail = func(e eventstore.Event) error {
		if e.Seq != 3 {
			return nil
		}
		if tries++; tries < 4 {
			return errors.New("not understood")
		}
		return nil
	}
	happen(t, log, 8)
	m.run()
	m.has(8)
	if tries < 4 {
		t.Errorf("done with after %d tries", tries)
	}
}

func TestAnEventThatFailsAgainAndAgainIsParkedAndNotDropped(t *testing.T) {
	t.Parallel()
	conn := natstest.Connect(t, natstest.Node(t))
	log := open(t, conn, 1)
	m := newManager(t, log)
	m.only = 2
	m.fail = func(e eventstore.Event) error {
		if e.Seq == 3 {
			return errors.New("not understood")
		}
		return nil
	}
	happen(t, log, 8)
	stop := m.run()
	m.has(7)
	for deadline := time.Now().Add(20 * time.Second); m.consumer.Parked() != 1; <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d events are parked, want 1", m.consumer.Parked())
		}
	}
	stop()
	stream, err := log.Streams(t.Context())
	if err != nil || len(stream) != 1 {
		t.Fatal(stream, err)
	}
	if pending := held(t, conn, stream[0].Name()); pending != 1 {
		t.Errorf("the broker holds %d events that are not done with, want 1", pending)
	}
}

// held is how many messages of a stream the broker has handed out that nobody is done with.
func held(t *testing.T, conn *nats.Conn, stream string) int {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.Consumer(t.Context(), stream, "test-v1")
	if err != nil {
		t.Fatal(err)
	}
	return consumer.CachedInfo().NumAckPending
}

func TestAConsumerThatTheBrokerForgotIsMadeAgain(t *testing.T) {
	t.Parallel()
	conn := natstest.Connect(t, natstest.Node(t))
	log := open(t, conn, 1)
	m := newManager(t, log)
	m.run()
	happen(t, log, 3)
	m.has(3)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	streams, err := log.Streams(t.Context())
	if err != nil || len(streams) != 1 {
		t.Fatal(streams, err)
	}
	if err := js.DeleteConsumer(t.Context(), streams[0].Name(), "test-v1"); err != nil {
		t.Fatal(err)
	}
	happen(t, log, 2)
	m.has(5)
}

func TestManagersOfOneNameShareTheWork(t *testing.T) {
	t.Parallel()
	log := open(t, natstest.Connect(t, natstest.Node(t)), 1)
	m := newManager(t, log)
	m.run()
	m.run()
	happen(t, log, 40)
	m.has(40)
	for at, n := range m.came {
		if n != 1 {
			t.Errorf("the event at %s came %d times", at, n)
		}
	}
}
