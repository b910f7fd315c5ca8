// Package live tells many watchers what changes, while it changes. It owns one follower of each log for all of them, what is told to whom,
// and how a watcher goes on where it stopped. It tells a change only once the views hold it, and never what is personal.
//
// # Decisions
//
// 2026-11: a change is told when the views hold it, not when the log does: who hears of it reads the views next. So each turn of a district
// asks the views once, for all watchers: the counters of the areas that changed, the queues of the cases that changed.
//
// 2026-11: a watcher that comes back is served from the log, up to a bound, and told to read the state anew beyond that. Nothing of the past
// is kept in memory, so a server that has just started serves those who come back as well as an old one.
package live

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Views tell what the read models make of changes.
type Views interface {
	// Reached tells whether the views hold these positions of a district. It waits a moment for that.
	Reached(ctx context.Context, district string, at []eventstore.Position) bool
	// Counts returns how many cases stand in unit grids and in the areas above them.
	Counts(ctx context.Context, district string, grids []string) ([]*gridcasev1.GridCount, error)
	// Waiting returns in which queues cases wait; those of all cases of the district that wait anywhere where ids is nil.
	Waiting(ctx context.Context, district string, ids []string) (map[string][]string, error)
}

// Options are what a hub is made of.
type Options struct {
	Log     *eventstore.Log
	Views   Views
	Most    int           // watchers at once; 4,096 where 0
	OfUser  int           // of them, those of one user; 64 where 0
	Gather  time.Duration // how long changes gather before they are told; 25 ms where 0
	Backlog int           // how many events are read for a watcher that comes back, and how many messages wait for a slow one; 4,096 where 0
	Logger  *zap.Logger
}

// Hub hands changes on. It is safe for concurrent use.
type Hub struct {
	o       Options
	dropped atomic.Uint64

	mu        sync.Mutex
	begin     func(*district) // starts what a district needs; nil while the hub does not run
	districts map[string]*district
	watchers  int
	ofUser    map[string]int
}

// New returns a hub. It follows nothing until somebody watches.
func New(o Options) *Hub {
	if o.Most == 0 {
		o.Most = 4096
	}
	if o.OfUser == 0 {
		o.OfUser = 64
	}
	if o.Gather == 0 {
		o.Gather = 25 * time.Millisecond
	}
	if o.Backlog == 0 {
		o.Backlog = 4096
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return &Hub{o: o, districts: map[string]*district{}, ofUser: map[string]int{}}
}

// Run follows what is watched until ctx ends; that ends every watching.
func (h *Hub) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	h.mu.Lock()
	h.begin = func(d *district) {
		g.Go(func() error {
			d.run(ctx)
			return nil
		})
	}
	h.mu.Unlock()
	g.Go(func() error {
		<-ctx.Done()
		h.end()
		return ctx.Err()
	})
	return g.Wait()
}

// end ends every watching.
func (h *Hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin = nil
	for _, d := range h.districts {
		d.end()
	}
}

// Watchers is how many watch.
func (h *Hub) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.watchers
}

// Dropped is how many watchers were given up because they did not read.
func (h *Hub) Dropped() uint64 { return h.dropped.Load() }

// Follows is how many logs are followed, one consumer each.
func (h *Hub) Follows() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, d := range h.districts {
		n += d.follows()
	}
	return n
}

// errAway is the answer where nothing can be watched now.
func errAway(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "live.unavailable", After: 2 * time.Second, Cause: cause, Text: "changes can't be followed now; try again"}
}

var errNotRunning = errors.New("the hub does not run")

// Watch begins to watch. The watcher is to be closed. An Unavailable fault where too many watch, or the log or the views are away.
func (h *Hub) Watch(ctx context.Context, w Watching) (*Watcher, error) {
	d, err := h.enter(w)
	if err != nil {
		return nil, err
	}
	watcher, err := d.admit(ctx, w)
	if err != nil {
		h.leave(d, w.User)
		return nil, err
	}
	return watcher, nil
}

// enter counts a watcher in and starts its district where nobody watched it before.
func (h *Hub) enter(w Watching) (*district, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begin == nil {
		return nil, errAway(errNotRunning)
	}
	if h.watchers >= h.o.Most || h.ofUser[w.User] >= h.o.OfUser {
		return nil, &fault.Error{Kind: fault.Unavailable, Code: "live.too_many", After: 30 * time.Second, Text: "too many streams are open: here, or of this user"}
	}
	d := h.districts[w.District]
	if d == nil || d.life.Err() != nil {
		d = newDistrict(h, w.District)
		h.districts[w.District] = d
		h.begin(d)
	}
	h.watchers++
	h.ofUser[w.User]++
	d.guests++
	return d, nil
}

// leave counts a watcher out. A district that nobody watches is no longer followed.
func (h *Hub) leave(d *district, user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers--
	if h.ofUser[user]--; h.ofUser[user] == 0 {
		delete(h.ofUser, user)
	}
	if d.guests--; d.guests == 0 && h.districts[d.code] == d {
		delete(h.districts, d.code)
		d.end()
	}
}
