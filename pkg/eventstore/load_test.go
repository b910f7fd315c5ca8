package eventstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// TestNoEventIsMissingHoweverLittleAConnectionHolds: the server sends the events of an answer more quickly than they are read, and a
// connection drops what its queue can't take.
func TestNoEventIsMissingHoweverLittleAConnectionHolds(t *testing.T) {
	t.Parallel()
	const stored = 600
	node := natstest.Node(t)
	stream := fill(t, open(t, natstest.Connect(t, node), 1), stored)
	narrow, err := nats.Connect("", nats.InProcessServer(node), nats.SyncQueueLen(8))
	if err != nil {
		t.Fatal(err)
	}
	defer narrow.Close()
	log := open(t, narrow, 1)
	events, err := log.Read(t.Context(), stream, 1, 2*stored)
	if err != nil || len(events) != stored {
		t.Fatalf("%d of %d events were read, %v", len(events), stored, err)
	}
	for i := range events {
		if events[i].Seq != uint64(i+1) {
			t.Fatalf("event %d has sequence %d", i+1, events[i].Seq)
		}
	}
	some, err := log.Read(t.Context(), stream, 11, 20)
	if err != nil || len(some) != 20 || some[0].Seq != 11 {
		t.Errorf("%d events were read from the 11th on, want 20, %v", len(some), err)
	}
	c := eventstore.Case{District: events[0].District, Year: events[0].Year, ID: events[0].CaseID}
	if whole, err := log.Load(t.Context(), c, 0, 0, ""); err != nil || len(whole) != stored {
		t.Errorf("%d of %d events of the case were loaded, %v", len(whole), stored, err)
	}
}

// TestWhateverACallerKnowsTheRestIsLoaded: the events of two cases lie mixed in the log, some of them stored by one append.
func TestWhateverACallerKnowsTheRestIsLoaded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, log *eventstore.Log, _ func(string)) {
		type known struct {
			eventstore.Case
			stored []eventstore.Event
		}
		one, other := &known{Case: newCase(t)}, &known{Case: newCase(t)}
		add := func(k *known, n int) {
			t.Helper()
			last := eventstore.Event{}
			if len(k.stored) > 0 {
				last = k.stored[len(k.stored)-1]
			}
			var events []eventstore.Event
			prev := last.Hash
			for i := range n {
				e := note(t, k.Case, last.Version+uint64(i)+1, prev, newCase(t).ID)
				events, prev = append(events, e), e.Hash
			}
			seq, err := log.Append(t.Context(), k.Case, last.Seq, events)
			if err != nil {
				t.Fatal(err)
			}
			for i := range events {
				events[i].Seq = seq - uint64(n-1-i)
			}
			k.stored = append(k.stored, events...)
		}
		for _, n := range []int{1, 1, 2, 1, 3, 1, 1} {
			add(one, n)
			add(other, 1)
		}
		for version := range one.stored {
			after, prev := uint64(0), ""
			if version > 0 {
				after, prev = one.stored[version-1].Seq, one.stored[version-1].Hash
			}
			found, err := log.Load(t.Context(), one.Case, after, uint64(version), prev)
			if err != nil || len(found) != len(one.stored)-version {
				t.Fatalf("behind version %d there are %d events (%v), want %d", version, len(found), err, len(one.stored)-version)
			}
			for i, e := range found {
				if want := one.stored[version+i]; e.Hash != want.Hash || e.Seq != want.Seq {
					t.Errorf("behind version %d, event %d is %s at %d, want %s at %d", version, i+1, e.Hash, e.Seq, want.Hash, want.Seq)
				}
			}
			if _, err := log.Load(t.Context(), one.Case, after, uint64(version), "another"); !errors.Is(err, eventstore.ErrBroken) {
				t.Errorf("behind another event than version %d: %v, want ErrBroken", version, err)
			}
		}
	})
}

// TestAFewEventsAreReadByTheirPlaces counts what the server is asked: a batch where a case is read from its beginning, and of many events.
func TestAFewEventsAreReadByTheirPlaces(t *testing.T) {
	t.Parallel()
	node := natstest.Node(t)
	log, watcher := open(t, natstest.Connect(t, node), 1), natstest.Connect(t, node)
	s := fill(t, log, 6)
	events, err := log.Read(t.Context(), s, 1, 6)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := watcher.SubscribeSync("$JS.API.DIRECT.GET.>")
	if err == nil {
		err = watcher.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := eventstore.Case{District: events[0].District, Year: events[0].Year, ID: events[0].CaseID}
	short := newCase(t)
	if _, err := log.Append(t.Context(), short, 0, []eventstore.Event{note(t, short, 1, "", "1")}); err != nil {
		t.Fatal(err)
	}
	for known, batches := range []int{1, 1, 0, 0, 0, 0, 1} {
		of, after, prev, left := c, uint64(0), "", 6-known
		switch known {
		case 0:
		case 6: // of the other case, nothing
			of, known, left = short, 0, 1
		default:
			after, prev = events[known-1].Seq, events[known-1].Hash
		}
		if found, err := log.Load(t.Context(), of, after, uint64(known), prev); err != nil || len(found) != left {
			t.Fatalf("behind version %d there are %d events, %v", known, len(found), err)
		}
		if err := watcher.Flush(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for pending, _, _ := asked.Pending(); n < pending; n++ {
			if _, err := asked.NextMsg(time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if n != batches {
			t.Errorf("behind version %d, for %d events, %d batches were asked for, want %d", known, left, n, batches)
		}
	}
}

// TestAForkedCaseIsBroken: somebody stored a second version 2 without the guard.
func TestAForkedCaseIsBroken(t *testing.T) {
	t.Parallel()
	conn := natstest.Connect(t, natstest.Node(t))
	log, c := open(t, conn, 1), newCase(t)
	first := note(t, c, 1, "", "1")
	second, fork := note(t, c, 2, first.Hash, "2"), note(t, c, 2, first.Hash, "3")
	begun, err := log.Append(t.Context(), c, 0, []eventstore.Event{first})
	if err == nil {
		_, err = log.Append(t.Context(), c, begun, []eventstore.Event{second})
	}
	if err == nil {
		_, err = conn.RequestMsg(&nats.Msg{Subject: c.Subject(), Header: fork.Headers(), Data: fork.Payload}, time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []eventstore.Event{{}, {Seq: begun, Envelope: first.Envelope, Hash: first.Hash}} {
		if found, err := log.Load(t.Context(), c, known.Seq, known.Version, known.Hash); !errors.Is(err, eventstore.ErrBroken) {
			t.Errorf("behind version %d there are %d events, %v, want ErrBroken", known.Version, len(found), err)
		}
	}
}
