package projection_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
)

// newFragile is a history of some cases in a stream of which events can be deleted.
func newFragile(t *testing.T, cases int) (*history, jetstream.Stream) {
	t.Helper()
	h := newHistory(t, 0)
	var err error
	if h.js, err = jetstream.New(h.conn); err != nil {
		t.Fatal(err)
	}
	year := time.Now().UTC().Year()
	s, err := h.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: fmt.Sprintf("CASES_610302_%d", year), Subjects: []string{fmt.Sprintf("cases.610302.%d.*", year)}, AllowDirect: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		h.add(t, script(i, 5))
	}
	return h, s
}

// halts are the reasons that the ledger names, by view.
func halts(t *testing.T, c projection.Control) map[string]string {
	t.Helper()
	all, err := c.Generations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, g := range all {
		for _, p := range g.Streams {
			if p.Halted != "" {
				found[g.View] = p.Halted
			}
		}
	}
	return found
}

func TestADeletedEventHaltsTheProjectionBehindWhatComesBefore(t *testing.T) {
	t.Parallel()
	h, stream := newFragile(t, 4)
	if err := stream.DeleteMsg(t.Context(), 13); err != nil {
		t.Fatal(err)
	}
	pool := newPool(t, pgtest.New(t))
	p, _ := work(t, h.log, pool)
	eventually(t, "the projection halts", func() bool { return p.Ready() != nil })
	c := projection.Control{Pool: pool, Log: h.log}
	eventually(t, "the ledger names it", func() bool { return len(halts(t, c)) == len(views()) })
	for view, reason := range halts(t, c) {
		if !strings.Contains(reason, "misses sequence 13") {
			t.Errorf("%s is halted because %s", view, reason)
		}
	}
	if at := position(pool); at != 12 {
		t.Errorf("the views hold %d events, want 12", at)
	}
	number, err := c.Rebuild(t.Context(), "gridstatus")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a rebuild gets as far as what it replaces", serves(c, "gridstatus", number))
	if err := p.Ready(); err == nil {
		t.Error("the projection is not halted any more")
	}
}

func TestWhatComesBeforeADeletedEndIsNotHeldBack(t *testing.T) {
	t.Parallel()
	h, stream := newFragile(t, 4)
	if err := stream.DeleteMsg(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	pool := newPool(t, pgtest.New(t))
	work(t, h.log, pool)
	eventually(t, "the views hold what is there", func() bool { return position(pool) == 19 })
}

func TestACheckpointWhoseEventIsGoneHaltsTheProjection(t *testing.T) {
	t.Parallel()
	h, stream := newFragile(t, 4)
	pool := newPool(t, pgtest.New(t))
	_, stop := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	stop()
	if err := stream.DeleteMsg(t.Context(), h.last.Seq); err != nil {
		t.Fatal(err)
	}
	h.add(t, script(50, 3))
	p, _ := work(t, h.log, pool)
	eventually(t, "the projection halts", func() bool { return p.Ready() != nil })
	if err := p.Ready(); !strings.Contains(err.Error(), "compare the checkpoint") {
		t.Errorf("halted because %v", err)
	}
}

// TestAnOperatorTakesAStreamThatWasMadeAnewByRebuilding: until then the views stay as they were, and say that they are halted.
func TestAnOperatorTakesAStreamThatWasMadeAnewByRebuilding(t *testing.T) {
	t.Parallel()
	h, _ := newFragile(t, 6)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: h.log}
	p, _ := work(t, h.log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	before := dump(t, pool)
	name := fmt.Sprintf("CASES_610302_%d", h.last.Year)
	if err := h.js.DeleteStream(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := h.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{fmt.Sprintf("cases.610302.%d.*", h.last.Year)}, AllowDirect: true}); err != nil {
		t.Fatal(err)
	}
	h.add(t, script(50, 3))
	eventually(t, "the projection halts", func() bool { return p.Ready() != nil })
	eventually(t, "the ledger names it", func() bool { return len(halts(t, c)) == len(views()) })
	if dump(t, pool) != before {
		t.Error("the halted views have changed")
	}
	for _, v := range views() {
		rebuild(t, c, v.Name())
	}
	eventually(t, "nothing is halted any more", func() bool { return p.Ready() == nil })
	h.add(t, script(51, 3))
	eventually(t, "the new stream is projected", holds(pool, h.last))
	exact(t, h, pool)
}

// rewound is a log that lost its end under the running projector, as one does that was not synced when the power went.
type rewound struct {
	*eventstore.Log
	since atomic.Bool
}

func (r *rewound) Streams(ctx context.Context) ([]eventstore.Stream, error) {
	streams, err := r.Log.Streams(ctx)
	for i := range streams {
		if r.since.Load() {
			streams[i].Last = 1
		}
	}
	return streams, err
}

func (r *rewound) At(ctx context.Context, s eventstore.Stream, seq uint64) (eventstore.Event, error) {
	if r.since.Load() {
		return eventstore.Event{}, fmt.Errorf("%w: %s misses sequence %d", eventstore.ErrGap, s.Name(), seq)
	}
	return r.Log.At(ctx, s, seq)
}

func TestALogThatGoesBackUnderARunningProjectorHaltsIt(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 3)
	pool := newPool(t, pgtest.New(t))
	log := &rewound{Log: h.log}
	p, _ := work(t, log, pool)
	eventually(t, "the log is projected", holds(pool, h.last))
	log.since.Store(true)
	eventually(t, "the projection halts", func() bool { return p.Ready() != nil })
}
