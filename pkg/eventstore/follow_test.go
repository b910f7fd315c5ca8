package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// careless makes the case's stream as somebody who does not rule out deletion would, and stores n events in it.
func careless(t *testing.T, js jetstream.JetStream, c eventstore.Case, n int) jetstream.Stream {
	t.Helper()
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: fmt.Sprintf("CASES_%s_%04d", c.District, c.Year), Subjects: []string{fmt.Sprintf("cases.%s.%04d.*", c.District, c.Year)},
		Discard: jetstream.DiscardNew, AllowDirect: true})
	if err != nil {
		t.Fatal(err)
	}
	prev := ""
	for i := range n {
		e := note(t, c, uint64(i+1), prev, fmt.Sprint(i))
		prev = e.Hash
		m := nats.NewMsg(c.Subject())
		m.Header, m.Data = e.Headers(), e.Payload
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestADeletedEventIsAGapAndABrokenChain(t *testing.T) {
	t.Parallel()
	conn := natstest.Connect(t, natstest.Node(t))
	log, c := open(t, conn, 1), newCase(t)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := careless(t, js, c, 5).DeleteMsg(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	stream, err := log.Stream(t.Context(), c.District, c.Year)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var last uint64
	err = log.Follow(ctx, stream, 1, func(batch []eventstore.Event) error {
		last = batch[len(batch)-1].Seq
		return nil
	})
	if !errors.Is(err, eventstore.ErrGap) || !strings.Contains(err.Error(), "misses sequence 3") || last > 2 {
		t.Errorf("followed to %d, then %v; want a gap at 3", last, err)
	}
	if _, err := log.Load(t.Context(), c, 0, 0, ""); !errors.Is(err, eventstore.ErrBroken) {
		t.Errorf("loaded with %v, want a broken chain", err)
	}
	if _, err := log.At(t.Context(), stream, 3); !errors.Is(err, eventstore.ErrGap) {
		t.Errorf("read with %v, want a gap", err)
	}
}

func TestAStreamThatMayDropEventsIsRefused(t *testing.T) {
	t.Parallel()
	conn := natstest.Connect(t, natstest.Node(t))
	log, c := open(t, conn, 1), newCase(t)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	careless(t, js, c, 0)
	if _, err := log.Append(t.Context(), c, 0, []eventstore.Event{note(t, c, 1, "", "1")}); err == nil || !strings.Contains(err.Error(), "may drop events") {
		t.Errorf("appended with %v, want a refusal", err)
	}
}

func TestTheLogIsFollowedInOrderAcrossItsServersRestarts(t *testing.T) {
	t.Parallel()
	cluster := natstest.Cluster(t)
	log, c := open(t, cluster.Connect(t), 3), newCase(t)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan uint64, 1000)
	ended := make(chan error, 1)
	if err := appendNext(t, log, c, "0"); err != nil {
		t.Fatal(err)
	}
	stream, err := log.Stream(ctx, c.District, c.Year)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		ended <- log.Follow(ctx, stream, 1, func(batch []eventstore.Event) error {
			for _, e := range batch {
				got <- e.Version
			}
			return nil
		})
	}()
	const events = 30
	for n := 1; n < events; n++ {
		if n%10 == 0 {
			cluster.Stop(n/10 - 1)
		}
		if err := appendNext(t, log, c, fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
		if n%10 == 5 && n > 10 {
			cluster.Start(t, n/10-1)
		}
	}
	for want := uint64(1); want <= events; want++ {
		select {
		case version := <-got:
			if version != want {
				t.Fatalf("version %d came after %d", version, want-1)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("version %d did not come", want)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("following ended with %v", err)
	}
}

func TestWithoutTheBrokerNothingIsAcknowledged(t *testing.T) {
	t.Parallel()
	node := natstest.Node(t)
	log, c := open(t, natstest.Connect(t, node), 1), newCase(t)
	if _, err := log.Append(t.Context(), c, 0, []eventstore.Event{note(t, c, 1, "", "1")}); err != nil {
		t.Fatal(err)
	}
	node.Close()
	if _, err := log.Append(t.Context(), c, 1, []eventstore.Event{note(t, c, 2, "", "2")}); fault.KindOf(err) != fault.Unavailable && !errors.Is(err, eventstore.ErrUnknown) {
		t.Errorf("appended with %v, want unavailable or unknown", err)
	}
	if _, err := log.Load(t.Context(), c, 0, 0, ""); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("loaded with %v, want unavailable", err)
	}
}

func TestPositionsAndIDs(t *testing.T) {
	t.Parallel()
	p := eventstore.Position{District: "610302", Year: 2026, Seq: 17}
	if got, err := eventstore.ParsePosition(p.String()); err != nil || got != p || p.String() != "610302-2026:17" {
		t.Errorf("%s is read as %v, %v", p, got, err)
	}
	for _, s := range []string{"", "610302-2026", "610302:17", "61030-2026:17", "610302-26:17", "610302-2026:-1", "610302-2026:99999999999999999999", "610302-2026:1x"} {
		if _, err := eventstore.ParsePosition(s); fault.Of(err).Code != "position.malformed" {
			t.Errorf("%q: %v", s, err)
		}
	}
	for id, ok := range map[string]bool{"01a20611-a6f6-730a-8e6f-ef656003e00d": true, "01A20611-a6f6-730a-8e6f-ef656003e00d": false, "01a20611-a6f6-430a-8e6f-ef656003e00d": false,
		"01a20611-a6f6-730a-0e6f-ef656003e00d": false, "01a20611a6f6730a8e6fef656003e00d": false, "": false} {
		if _, got := eventstore.IDTime(id); got != ok {
			t.Errorf("%q is an id: %v, want %v", id, got, ok)
		}
	}
}
