// Package live tells who watches an area or a queue what changes there: one follower of each district's log for all of them, which keeps the
// newest changes in memory. It owns who hears of what, that nothing is missed from a position on, and how much it keeps for a reader who is
// slow. It never tells of a change before the views hold it, and never keeps a reader's place but in the reader's own hands.
//
// # Decisions
//
// 2026-11: the hub follows each log by one ordered consumer without payloads, not by the republished subjects: the consumer has no gaps by
// itself, while what is republished is lost whenever a connection is, and would have to be mended from the log by a second way. It costs the
// broker one consumer a log and process, whatever the number of readers.
//
// 2026-11: a change is told when the views hold it. Who may see a case, and in which queue it stands, is in no header; what a message tells is
// then what a query answers; and counters go out with what changed them. The price: while the database is away nothing is told, readers hear
// that they are stale, and go on from where they were.
//
// 2026-11: that a case has left a queue, an area or somebody's sight is read from how it stood before (view history), not remembered for each
// reader. So a reader that comes back with a position hears of it too, and the hub holds no state that a restart loses.
package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference"
)

// Options are what a hub is made of.
type Options struct {
	Log       *eventstore.Log
	Pool      *postgres.Pool
	Tracker   *readmodel.Tracker
	Directory *reference.Directory
	Logger    *zap.Logger

	Pace    time.Duration // the least time between two tellings of a log's changes; 40 ms where 0
	Ring    int           // how many of each log's newest events are kept in memory; 8,192 where 0
	Reach   int           // how many events are read from the log for a reader that comes back; 20,000 where 0
	Buffer  int           // how many cases and areas may wait for a reader that is slow; 4,096 where 0
	Readers int           // how many there may be at once; 4,000 where 0
	PerUser int           // how many of them one user may be; 20 where 0
}

// atOnce is how many readers at a time are helped from the log.
const atOnce = 2

// Hub tells readers what changes. It is safe for concurrent use.
type Hub struct {
	o       Options
	queues  workqueue.Queues
	past    history.Past
	counts  gridstatus.Counts
	helping chan struct{}
	dropped atomic.Uint64

	mu        sync.Mutex
	started   bool // the logs have been looked at
	districts map[string]*district
	readers   int
	users     map[string]int
}

// New returns a hub. It tells nothing before it runs.
func New(o Options) *Hub {
	o.Pace = max(o.Pace, 0)
	if o.Pace == 0 {
		o.Pace = 40 * time.Millisecond
	}
	for _, n := range []struct {
		option *int
		usual  int
	}{{&o.Ring, 8192}, {&o.Reach, 20_000}, {&o.Buffer, 4096}, {&o.Readers, 4000}, {&o.PerUser, 20}} {
		if *n.option == 0 {
			*n.option = n.usual
		}
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return &Hub{o: o, queues: workqueue.Queues{Pool: o.Pool}, past: history.Past{Pool: o.Pool}, counts: gridstatus.Counts{Pool: o.Pool},
		helping: make(chan struct{}, atOnce), districts: map[string]*district{}, users: map[string]int{}}
}

// Run follows the logs until ctx ends. The broker's and the database's absence are waited out.
func (h *Hub) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for {
			err := h.o.Log.WatchStreams(ctx, func() { h.look(ctx, g) })
			if !wait(ctx, time.Second) {
				return err
			}
		}
	})
	return g.Wait()
}

// look begins to follow the logs that are not followed yet. One that was made anew is another one.
func (h *Hub) look(ctx context.Context, g *errgroup.Group) {
	found, err := h.o.Log.Streams(ctx)
	if err != nil {
		return // the broker is away; the next look finds them
	}
	for _, s := range found {
		l, fresh := h.district(s.District).enter(s, h.first())
		if !fresh {
			continue
		}
		running, stop := context.WithCancel(ctx)
		l.stop = stop
		g.Go(func() error { return l.follow(running) })
		g.Go(func() error { return l.tell(running) })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started = true
}

// first tells whether this is the first look: what the logs hold by then is the past.
func (h *Hub) first() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.started
}

// district returns what the hub knows of a district.
func (h *Hub) district(code string) *district {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.districts[code]
	if d == nil {
		d = &district{hub: h, code: code, turn: make(chan struct{}, 1), logs: map[int]*tail{}, bySubject: map[string]map[*Reader]bool{}, stale: map[int]bool{}}
		d.leaveTurn()
		h.districts[code] = d
	}
	return d
}

// wait returns after a time, false where ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
