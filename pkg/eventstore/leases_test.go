package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// city is a broker at which any number of processes have leases.
type city struct {
	connect  func(testing.TB) *nats.Conn
	replicas int
	life     time.Duration
}

// inBothCities runs a test of leases against one embedded node and against a cluster of three.
func inBothCities(t *testing.T, life time.Duration, test func(t *testing.T, c city)) {
	t.Run("one node", func(t *testing.T) {
		t.Parallel()
		node := natstest.Node(t)
		test(t, city{func(t testing.TB) *nats.Conn { return natstest.Connect(t, node) }, 1, life})
	})
	t.Run("three nodes", func(t *testing.T) {
		t.Parallel()
		test(t, city{natstest.Cluster(t).Connect, 3, life})
	})
}

// process returns the leases as one more process has them, until the test ends.
func (c city) process(t *testing.T) *eventstore.Leases {
	t.Helper()
	leases := eventstore.NewLeases(open(t, c.connect(t), c.replicas), c.life)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = leases.Run(ctx) // ends with ctx
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return leases
}

// wish is a lease of a case of the acceptor's queue.
func wish(caseID, holder string) eventstore.Lease {
	return eventstore.Lease{District: "610302", CaseID: caseID, Queue: "acceptor", Holder: holder}
}

// become waits until a process has heard who holds a case; empty: nobody.
func become(t *testing.T, leases *eventstore.Leases, caseID, holder string) {
	t.Helper()
	var heard eventstore.Lease
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
		if heard, _ = leases.Of("610302", caseID, "acceptor"); heard.Holder == holder {
			return
		}
	}
	t.Fatalf("case %s is held by %q, want %q", caseID, heard.Holder, holder)
}

func TestHowACaseIsHeld(t *testing.T) {
	t.Parallel()
	inBothCities(t, 10*time.Minute, func(t *testing.T, c city) {
		here, there := c.process(t), c.process(t)
		ctx := t.Context()
		atRoads := eventstore.Lease{District: "610302", CaseID: "a", Queue: "department:roads", Holder: "zhao"}
		took, err := here.Take(ctx, wish("a", "wang"))
		if err != nil || took.Holder != "wang" || took.Queue != "acceptor" || time.Until(took.Until) < 9*time.Minute {
			t.Fatalf("a free case is taken: %+v, %v", took, err)
		}
		for _, tt := range []struct {
			name string
			got  error
			want error
		}{
			{"another user of another process doesn't get it", second(there.Take(ctx, wish("a", "li"))), eventstore.ErrHeld},
			{"nor does the holder once more", second(here.Take(ctx, wish("a", "wang"))), eventstore.ErrHeld},
			{"another user can't renew it", second(there.Renew(ctx, "610302", "a", "li")), eventstore.ErrHeld},
			{"nor release it", there.Release(ctx, "610302", "a", "li"), eventstore.ErrHeld},
			{"a case that nobody holds can't be renewed", second(here.Renew(ctx, "610302", "b", "wang")), eventstore.ErrFree},
			{"nor released", here.Release(ctx, "610302", "b", "wang"), eventstore.ErrFree},
			{"its holder renews it from any process", second(there.Renew(ctx, "610302", "a", "wang")), nil},
			{"and releases it", there.Release(ctx, "610302", "a", "wang"), nil},
			{"but not twice", here.Release(ctx, "610302", "a", "wang"), eventstore.ErrFree},
			{"then it is anybody's", second(there.Take(ctx, wish("a", "li"))), nil},
			{"what waits for a department too is theirs to take there", second(here.Take(ctx, atRoads)), nil},
			{"by one of them", second(there.Take(ctx, atRoads)), eventstore.ErrHeld},
			{"who leaves the first one's alone", second(there.Take(ctx, wish("a", "wang"))), eventstore.ErrHeld},
			{"and releases the own one", here.Release(ctx, "610302", "a", "zhao"), nil},
			{"but not the first one's", here.Release(ctx, "610302", "a", "zhao"), eventstore.ErrHeld},
		} {
			if !errors.Is(tt.got, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
			}
		}
		late := c.process(t)
		for _, leases := range []*eventstore.Leases{here, there, late} {
			become(t, leases, "a", "li")
		}
		if l, held := late.Of("610302", "a", atRoads.Queue); held {
			t.Errorf("a released lease is still held: %+v", l)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestNoTwoHoldOneCase: desks of several processes take whatever is free, in any order. Each case goes to one of them, and none is left.
func TestNoTwoHoldOneCase(t *testing.T) {
	t.Parallel()
	inBothCities(t, 10*time.Minute, func(t *testing.T, c city) {
		const processes, desks, cases = 3, 4, 60
		var mu sync.Mutex
		holders := map[int]string{}
		var group sync.WaitGroup
		for p := range processes {
			leases := c.process(t)
			for d := range desks {
				desk := fmt.Sprintf("%d/%d", p, d)
				group.Go(func() {
					for _, n := range rand.Perm(cases) {
						_, err := leases.Take(context.Background(), wish(fmt.Sprint(n), desk))
						if errors.Is(err, eventstore.ErrHeld) {
							continue
						}
						if err != nil {
							t.Errorf("take: %v", err)
							return
						}
						mu.Lock()
						if other, twice := holders[n]; twice {
							t.Errorf("case %d is held by %s and %s", n, other, desk)
						}
						holders[n] = desk
						mu.Unlock()
					}
				})
			}
		}
		group.Wait()
		if len(holders) != cases {
			t.Errorf("%d of %d cases were taken", len(holders), cases)
		}
		late := c.process(t)
		for n, holder := range holders {
			become(t, late, fmt.Sprint(n), holder)
		}
	})
}

func TestALeaseEndsInSilenceAndLivesByActivity(t *testing.T) {
	t.Parallel()
	inBothCities(t, 2*time.Second, func(t *testing.T, c city) {
		here, there := c.process(t), c.process(t)
		ctx := t.Context()
		for _, id := range []string{"silent", "busy", "touched"} {
			if _, err := here.Take(ctx, wish(id, "wang")); err != nil {
				t.Fatal(err)
			}
			become(t, there, id, "wang")
		}
		for _, next := range []string{"li", "zhao"} { // each gets the silent case when the one before has held it for a life
			for free := false; !free; <-time.After(20 * time.Millisecond) {
				_, err := there.Take(ctx, wish("silent", next))
				if err != nil && !errors.Is(err, eventstore.ErrHeld) {
					t.Fatal(err)
				}
				free = err == nil
				there.Touch("610302", "silent", "zhao") // who doesn't hold it
				there.Touch("610302", "touched", "wang")
				if _, err := there.Renew(ctx, "610302", "busy", "wang"); err != nil {
					t.Fatalf("a lease that is renewed all the time ended: %v", err)
				}
				if _, err := there.Take(ctx, wish("touched", "li")); !errors.Is(err, eventstore.ErrHeld) {
					t.Fatalf("a case whose holder is at work is taken: %v", err)
				}
			}
		}
		become(t, here, "silent", "zhao")
		become(t, here, "busy", "wang")
	})
}

func TestLeasesOutliveTheirLeader(t *testing.T) {
	t.Parallel()
	cluster := natstest.Cluster(t)
	c := city{cluster.Connect, 3, 10 * time.Minute}
	leases := c.process(t)
	if _, err := leases.Take(t.Context(), wish("a", "wang")); err != nil {
		t.Fatal(err)
	}
	cluster.Stop(cluster.Leader(t, "KV_LEASES"))
	for deadline := time.Now().Add(30 * time.Second); ; {
		_, err := leases.Take(t.Context(), wish("a", "li"))
		if errors.Is(err, eventstore.ErrHeld) {
			break
		}
		if err == nil || fault.KindOf(err) != fault.Unavailable || time.Now().After(deadline) {
			t.Fatalf("a held case is taken under another leader: %v", err)
		}
	}
	become(t, leases, "a", "wang")
	if err := leases.Release(t.Context(), "610302", "a", "wang"); err != nil {
		t.Error(err)
	}
	become(t, leases, "a", "")
}

func TestNobodyHoldsACaseWhileTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	node := natstest.Node(t)
	leases := city{func(t testing.TB) *nats.Conn { return natstest.Connect(t, node) }, 1, 10 * time.Minute}.process(t)
	if _, err := leases.Take(t.Context(), wish("a", "wang")); err != nil {
		t.Fatal(err)
	}
	node.Close()
	become(t, leases, "a", "")
	if _, err := leases.Take(t.Context(), wish("b", "wang")); fault.KindOf(err) != fault.Unavailable || leases.Ready() == nil {
		t.Errorf("%v, want unavailable", err)
	}
}
