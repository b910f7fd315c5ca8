package eventstore_test

import (
	"testing"

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
