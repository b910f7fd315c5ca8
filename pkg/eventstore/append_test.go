package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// onBoth runs a test of appends against one embedded node and against a cluster of three with three replicas: they differ in what they
// answer to a conflict and to a message sent again.
func onBoth(t *testing.T, test func(t *testing.T, log *eventstore.Log, stepDown func(stream string))) {
	t.Run("one node", func(t *testing.T) {
		t.Parallel()
		node := natstest.Node(t)
		test(t, open(t, natstest.Connect(t, node), 1), func(string) {})
	})
	t.Run("three nodes", func(t *testing.T) {
		t.Parallel()
		cluster := natstest.Cluster(t)
		conn := cluster.Connect(t)
		test(t, open(t, conn, 3), func(stream string) { cluster.StepDown(t, conn, stream) })
	})
}

func open(t *testing.T, conn *nats.Conn, replicas int) *eventstore.Log {
	t.Helper()
	log, err := eventstore.New(eventstore.Options{Conn: conn, Replicas: replicas, Patience: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// newCase names a case that nobody has.
func newCase(t *testing.T) eventstore.Case {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	c, err := eventstore.CaseOf("610302", id.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// note is the event that stands at a version of a case, linked to the one before it.
func note(t *testing.T, c eventstore.Case, version uint64, prev, command string) eventstore.Event {
	t.Helper()
	env := gridcasev1.Envelope{ID: uuid.NewString(), Type: "gridcase.v1.NoteAdded", Source: "/test", Time: time.Now().UTC(), Subject: c.Subject(), Version: version, CommandID: command,
		CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_ACCEPTOR, Catalogue: 1, Calendar: 1, Grid: "610302001001001",
		State: gridcasev1.State_STATE_REPORTED, Prev: prev}
	e, err := eventstore.Draft{Envelope: env, Message: &gridcasev1.NoteAdded{}}.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// appendNext stores one more event behind what the leader has, as a writer does who reads and decides again after each conflict.
func appendNext(t *testing.T, log *eventstore.Log, c eventstore.Case, command string) error {
	ctx := context.Background()
	for {
		events, err := log.Load(ctx, c, 0, 0, "")
		if fault.KindOf(err) == fault.Unavailable && err != nil {
			continue // as a client does that is told to try again
		}
		if err != nil {
			return err
		}
		var last eventstore.Event
		for _, e := range events {
			if e.CommandID == command {
				return nil // an earlier try was stored after all
			}
			last = e
		}
		_, err = log.Append(ctx, c, last.Seq, []eventstore.Event{note(t, c, last.Version+1, last.Hash, command)})
		if err == nil {
			return nil
		}
		if !errors.Is(err, eventstore.ErrConflict) && !errors.Is(err, eventstore.ErrUnknown) && fault.KindOf(err) != fault.Unavailable {
			return err
		}
	}
}

func TestOfRacingWritersOneWinsEachVersion(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, log *eventstore.Log, stepDown func(string)) {
		c := newCase(t)
		const writers, rounds = 8, 20
		var wins sync.Map
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				version, after, prev := uint64(1), uint64(0), ""
				for version <= rounds {
					seq, err := log.Append(context.Background(), c, after, []eventstore.Event{note(t, c, version, prev, fmt.Sprintf("%d/%d", w, version))})
					if err == nil {
						if _, twice := wins.LoadOrStore(version, seq); twice {
							t.Errorf("version %d was won twice", version)
						}
					} else if !errors.Is(err, eventstore.ErrConflict) {
						t.Errorf("version %d: %v", version, err)
						return
					}
					events, err := log.Load(context.Background(), c, 0, 0, "")
					if err != nil {
						t.Errorf("load: %v", err)
						return
					}
					if len(events) == 0 {
						continue // the winner's event is on its way through the replicas
					}
					last := events[len(events)-1]
					version, after, prev = last.Version+1, last.Seq, last.Hash
				}
			})
		}
		group.Wait()
		events, err := log.Load(context.Background(), c, 0, 0, "")
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range events {
			if seq, won := wins.Load(e.Version); !won || seq != e.Seq || e.Version != uint64(i+1) {
				t.Errorf("version %d at %d was acknowledged as %v", e.Version, e.Seq, seq)
			}
		}
	})
}

func TestNothingIsLostOrDoubledWhenTheLeaderStepsDown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, log *eventstore.Log, stepDown func(string)) {
		const cases, each = 8, 30
		keys := make([]eventstore.Case, cases)
		var group sync.WaitGroup
		half := make(chan struct{}, cases)
		for i := range keys {
			keys[i] = newCase(t)
			group.Go(func() {
				for n := range each {
					if err := appendNext(t, log, keys[i], fmt.Sprintf("%d/%d", i, n)); err != nil {
						t.Errorf("append: %v", err)
						return
					}
					if n == each/3 {
						half <- struct{}{}
					}
				}
			})
		}
		<-half
		stepDown(fmt.Sprintf("CASES_610302_%04d", keys[0].Year))
		group.Wait()
		for i, key := range keys {
			events, err := log.Load(context.Background(), key, 0, 0, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(events) != each {
				t.Errorf("case %d has %d events, %d were acknowledged", i, len(events), each)
			}
			for n, e := range events {
				if e.CommandID != fmt.Sprintf("%d/%d", i, n) {
					t.Errorf("case %d has command %s at %d", i, e.CommandID, n)
				}
			}
		}
	})
}

func TestLeasedNumbersAreUniqueAmongRivals(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, log *eventstore.Log, _ func(string)) {
		var mu sync.Mutex
		seen := map[uint64]bool{}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 5 {
					first, err := log.LeaseNumbers(context.Background(), "610302.20261122", 100)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for n := first; n < first+100; n++ {
						if seen[n] {
							t.Errorf("number %d was leased twice", n)
						}
						seen[n] = true
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if len(seen) != 8*5*100 {
			t.Errorf("%d numbers were leased, want %d", len(seen), 8*5*100)
		}
	})
}
