package live

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// again is how long the hub waits before it asks once more what did not answer.
const again = 500 * time.Millisecond

// district follows the logs of one district for those who watch it.
type district struct {
	hub    *Hub
	code   string
	guests int // the hub's lock

	life context.Context
	stop context.CancelFunc
	wake chan struct{} // holds one
	open chan struct{} // closed when the district's logs are known

	mu       sync.Mutex
	opened   bool
	follow   map[int]bool // the years that are followed
	read     cursor       // how far the logs were read
	shown    cursor       // how far they were told
	gathered changes
	watchers map[*Watcher]bool
	board    map[string][]string // the queues in which cases wait, by case; nil while nobody watches a queue
}

func newDistrict(h *Hub, code string) *district {
	d := &district{hub: h, code: code, wake: make(chan struct{}, 1), open: make(chan struct{}), follow: map[int]bool{}, read: cursor{}, shown: cursor{}, watchers: map[*Watcher]bool{}}
	d.life, d.stop = context.WithCancel(context.Background())
	return d
}

// run follows the district until ctx or its own life ends.
func (d *district) run(ctx context.Context) {
	defer context.AfterFunc(ctx, d.stop)()
	g, ctx := errgroup.WithContext(d.life)
	g.Go(func() error { return d.hub.o.Log.WatchStreams(ctx, func() { d.look(ctx, g) }) })
	g.Go(func() error { return d.tellAll(ctx) })
	_ = g.Wait() // the district's life has ended, or the connection; watchers hear it below
	d.end()
}

// end ends every watching of the district.
func (d *district) end() {
	d.stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.watchers {
		w.fail(ErrEnded)
	}
}

func (d *district) follows() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.follow)
}

// look starts to follow the district's logs that are not followed yet: those that are there at first from their end on, a new one whole.
func (d *district) look(ctx context.Context, g *errgroup.Group) {
	streams, err := d.hub.o.Log.Streams(ctx)
	if err != nil {
		return // the log is away; the next look finds it
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range streams {
		if s.District != d.code || d.follow[s.Year] {
			continue
		}
		d.follow[s.Year] = true
		from := uint64(0)
		if !d.opened {
			from = s.Last
		}
		d.read[s.Year], d.shown[s.Year] = from, from
		g.Go(func() error { return d.attend(ctx, s, from) })
	}
	if !d.opened {
		d.opened = true
		close(d.open)
	}
}

// attend follows one log, again and again. A log that went back, or can't be read, leaves something out: the watchers are told.
func (d *district) attend(ctx context.Context, s eventstore.Stream, from uint64) error {
	for {
		err := d.hub.o.Log.Follow(ctx, s, from+1, d.gather)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.hub.o.Logger.Warn("a log can't be followed for live streams", zap.String("stream", s.Name()), zap.Error(err))
		if !pause(ctx, 4*again) {
			return ctx.Err()
		}
		if now, err := d.hub.o.Log.Stream(ctx, s.District, s.Year); err == nil {
			s, from = now, now.Last
			d.leaveOut(s.Year, from)
		}
	}
}

// gather takes what a log has to tell.
func (d *district) gather(events []eventstore.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range events {
		d.gathered.add(&events[i], d.hub.o.Backlog)
	}
	last := &events[len(events)-1]
	d.read[last.Year] = last.Seq
	d.rouse()
	return nil
}

// leaveOut goes on behind what could not be read.
func (d *district) leaveOut(year int, seq uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gathered.lost = true
	d.read[year] = seq
	d.rouse()
}

func (d *district) rouse() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// pause waits; false where ctx ended first.
func pause(ctx context.Context, how time.Duration) bool {
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
