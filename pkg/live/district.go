package live

import (
	"context"
	"sync"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// district is one district's logs and readers.
type district struct {
	hub  *Hub
	code string
	turn chan struct{} // holds one thing, which who reads the views and tells takes out: what was read later is told later

	mu        sync.Mutex
	logs      map[int]*tail // by year
	bySubject map[string]map[*Reader]bool
	readers   int
	stale     map[int]bool // the logs whose changes the views don't hold though they should
}

// enterTurn waits until nobody else reads the views for this district's readers.
func (d *district) enterTurn(ctx context.Context) error {
	select {
	case <-d.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *district) leaveTurn() { d.turn <- struct{}{} }

// enter returns the tail of a log, and whether it is to be followed from now on. What a log holds at the first look is the past; one that is
// found later has come into being since. Readers of a log that was made anew have to start anew.
func (d *district) enter(s eventstore.Stream, first bool) (t *tail, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.logs[s.Year]
	if old != nil && old.stream.Created.Equal(s.Created) {
		return old, false
	}
	told, from := uint64(0), uint64(1)
	if first || old != nil {
		told = s.Last
		if size := uint64(d.hub.o.Ring); s.Last > size {
			from = s.Last - size + 1
		}
	}
	t = &tail{district: d, stream: s, ring: newRing(d.hub.o.Ring, from), told: told, news: make(chan struct{}, 1), moved: make(chan struct{}, 1)}
	d.logs[s.Year] = t
	if old != nil {
		old.stop()
		d.reset("log.new")
	}
	return t, true
}

// place is how far the logs are told. A district without a log has a place too: before any. It must be called with the lock held.
func (d *district) place() Cursor {
	c := make(Cursor, len(d.logs))
	for year, t := range d.logs {
		c[year] = t.told
	}
	if len(c) == 0 {
		c[none] = 0
	}
	return c
}

// join adds a reader; one that is there already stays. It must be called with the lock held.
func (d *district) join(r *Reader) {
	key := r.subject.key()
	if d.bySubject[key][r] {
		return
	}
	if d.bySubject[key] == nil {
		d.bySubject[key] = map[*Reader]bool{}
	}
	d.bySubject[key][r] = true
	d.readers++
}

// leave takes a reader out.
func (d *district) leave(r *Reader) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := r.subject.key()
	if !d.bySubject[key][r] {
		return
	}
	delete(d.bySubject[key], r)
	if len(d.bySubject[key]) == 0 {
		delete(d.bySubject, key)
	}
	d.readers--
}

// everyReader calls act with each reader. It must be called with the lock held.
func (d *district) everyReader(act func(*Reader)) {
	for _, readers := range d.bySubject {
		for r := range readers {
			act(r)
		}
	}
}

// reset lets every reader start anew from here. It must be called with the lock held.
func (d *district) reset(why string) {
	at := d.place()
	d.everyReader(func(r *Reader) { r.reset(at, why) })
}

// setStale tells every reader when the views stop holding what has happened, and when they hold it again.
func (d *district) setStale(year int, stale bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := len(d.stale) > 0
	d.stale[year] = true
	if !stale {
		delete(d.stale, year)
	}
	if now := len(d.stale) > 0; now != before {
		d.everyReader(func(r *Reader) { r.freshness(now) })
	}
}

// interested are the readers whose subject is one of the keys. It must be called with the lock held.
func (d *district) interested(keys map[string]bool, act func(*Reader)) {
	for key := range keys {
		for r := range d.bySubject[key] {
			act(r)
		}
	}
}
