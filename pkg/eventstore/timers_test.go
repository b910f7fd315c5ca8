package eventstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// clock is the timers of a broker, with those that have fired.
type clock struct {
	t      *testing.T
	conn   *nats.Conn
	timers *eventstore.Timers
	fired  chan eventstore.Timer
	fail   func(eventstore.Timer) error // what handling one yields
}

func newClock(t *testing.T) *clock {
	t.Helper()
	return clockOf(t, natstest.Connect(t, natstest.Node(t)), 1)
}

func clockOf(t *testing.T, conn *nats.Conn, replicas int) *clock {
	t.Helper()
	return &clock{t: t, conn: conn, timers: eventstore.NewTimers(open(t, conn, replicas)), fired: make(chan eventstore.Timer, 1000), fail: func(eventstore.Timer) error { return nil }}
}

// run handles what fires until the test ends or the returned function is called.
func (k *clock) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = k.timers.Run(ctx, func(_ context.Context, timer eventstore.Timer) error {
			k.fired <- timer
			return k.fail(timer)
		})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	k.t.Cleanup(stop)
	return stop
}

func (k *clock) set(timers ...eventstore.Timer) {
	k.t.Helper()
	if err := k.timers.Set(k.t.Context(), timers); err != nil {
		k.t.Fatal(err)
	}
}

// next waits for the next timer that fires.
func (k *clock) next() eventstore.Timer {
	k.t.Helper()
	select {
	case timer := <-k.fired:
		return timer
	case <-time.After(30 * time.Second):
		k.t.Fatal("no timer fired")
		return eventstore.Timer{}
	}
}

// stored waits until the stream of timers holds n messages.
func (k *clock) stored(n uint64) {
	k.t.Helper()
	js, err := jetstream.New(k.conn)
	if err != nil {
		k.t.Fatal(err)
	}
	var held uint64
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		s, err := js.Stream(k.t.Context(), "TIMERS")
		if err != nil {
			k.t.Fatal(err)
		}
		if held = s.CachedInfo().State.Msgs; held == n {
			return
		}
	}
	k.t.Fatalf("the stream holds %d messages, want %d", held, n)
}

// breach is a timer of a case that fires so long from now.
func breach(c eventstore.Case, in time.Duration) eventstore.Timer {
	at := time.Now().UTC().Add(in)
	return eventstore.Timer{District: c.District, CaseID: c.ID, Stage: gridcasev1.Stage_STAGE_HANDLE, Kind: eventstore.TimerBreach, At: at, Due: at}
}

func TestATimerFiresOnceAndNotBeforeItsTime(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	k.run()
	want := breach(newCase(t), 700*time.Millisecond)
	k.set(want)
	if got := k.next(); time.Now().Before(want.At) || got != want {
		t.Errorf("%+v fired at %s, want %+v", got, time.Now(), want)
	}
	k.stored(0)
}

func TestATimerSetAgainReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	k.run()
	c := newCase(t)
	moved := breach(c, 600*time.Millisecond)
	k.set(breach(c, 400*time.Millisecond))
	k.set(moved)
	if got := k.next(); got != moved {
		t.Errorf("%+v fired, want the one that was moved", got)
	}
	k.stored(0)
	if len(k.fired) > 0 {
		t.Error("the replaced timer fired too")
	}
}

func TestATimerThatMayNotFireYetWaits(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	k.run()
	want := breach(newCase(t), -time.Hour)
	want.NotBefore = time.Now().UTC().Add(700 * time.Millisecond)
	k.set(want)
	if got := k.next(); time.Now().Before(want.NotBefore) || got != want {
		t.Errorf("%+v fired at %s, want %+v", got, time.Now(), want)
	}
}

func TestATimerThatExistsIsNotRestored(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	c, lost := newCase(t), breach(newCase(t), 300*time.Millisecond)
	there := breach(c, 500*time.Millisecond)
	k.set(there)
	if err := k.timers.Restore(t.Context(), []eventstore.Timer{breach(c, time.Hour), lost}); err != nil {
		t.Fatal(err)
	}
	k.run()
	got := []eventstore.Timer{k.next(), k.next()}
	if !slices.Contains(got, there) || !slices.Contains(got, lost) {
		t.Errorf("%+v fired, want the one that was there and the one that lacked", got)
	}
}

func TestWhatFiredWhileNobodyWorkedIsHandledLater(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	want := breach(newCase(t), -time.Hour)
	k.run()()
	k.set(want)
	k.run()
	if got := k.next(); got != want {
		t.Errorf("%+v fired, want %+v", got, want)
	}
	k.stored(0)
}

func TestATimerThatCannotBeHandledComesAgain(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	var mu sync.Mutex
	tries := map[string]int{}
	k.fail = func(timer eventstore.Timer) error {
		mu.Lock()
		defer mu.Unlock()
		tries[timer.CaseID]++
		if tries[timer.CaseID] < 3 {
			return fault.New(fault.Unavailable, "test", "not now")
		}
		return nil
	}
	k.set(breach(newCase(t), 0), breach(newCase(t), 0))
	k.run()
	k.stored(0)
	for _, n := range tries {
		if n < 3 {
			t.Errorf("a timer was done with after %d tries", n)
		}
	}
}

func TestALostStreamOfTimersIsMadeAnew(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	k.run()
	k.set(breach(newCase(t), time.Hour))
	js, err := jetstream.New(k.conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "TIMERS"); err != nil {
		t.Fatal(err)
	}
	want := breach(newCase(t), 100*time.Millisecond)
	for err := errors.New("not yet"); err != nil; {
		err = k.timers.Set(t.Context(), []eventstore.Timer{want})
	}
	if got := k.next(); got != want {
		t.Errorf("%+v fired, want %+v", got, want)
	}
}

func TestManyTimersAtOnce(t *testing.T) {
	t.Parallel()
	k := newClock(t)
	k.run()
	want := map[string]bool{}
	var timers []eventstore.Timer
	for range 500 {
		timers = append(timers, breach(newCase(t), 300*time.Millisecond))
		want[timers[len(timers)-1].CaseID] = true
	}
	k.set(timers...)
	for len(want) > 0 {
		delete(want, k.next().CaseID)
	}
	k.stored(0)
}

func TestTimersFireOverALeadersStepDown(t *testing.T) {
	t.Parallel()
	cluster := natstest.Cluster(t)
	conn := cluster.Connect(t)
	k := clockOf(t, conn, 3)
	k.run()
	want := map[string]bool{}
	var timers []eventstore.Timer
	for range 50 {
		timers = append(timers, breach(newCase(t), 2*time.Second))
		want[timers[len(timers)-1].CaseID] = true
	}
	k.set(timers...)
	cluster.StepDown(t, conn, "TIMERS")
	for len(want) > 0 {
		delete(want, k.next().CaseID)
	}
	k.stored(0)
}

func TestWithoutTheBrokerNoTimerIsSet(t *testing.T) {
	t.Parallel()
	node := natstest.Node(t)
	timers := eventstore.NewTimers(open(t, natstest.Connect(t, node), 1))
	node.Close()
	if err := timers.Set(t.Context(), []eventstore.Timer{breach(newCase(t), time.Hour)}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("set with %v, want unavailable", err)
	}
}
