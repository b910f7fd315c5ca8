package live

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// Watching is what somebody wants to hear of.
type Watching struct {
	User     string // who watches; many streams of one user are refused
	District string
	Area     string // a code: the district, a street, a community or a unit grid; empty for a queue's stream
	Cases    bool   // the changed cases of the area too, not their counts alone
	Queue    string
	After    string // the cursor of an earlier stream of the same kind, to go on from; empty: from now on
}

// Batch is what is new, in the order of the log, and the cursor behind it.
type Batch struct {
	Messages []Message
	Cursor   string
}

// ErrSlow ends a watching whose reader does not keep up. ErrEnded ends one because the server stops.
var (
	ErrSlow  = errors.New("the reader is too slow")
	ErrEnded = errors.New("the stream has ended")
)

// Watcher is one who watches. Its messages wait until they are read, the newest of each case and each area.
type Watcher struct {
	d *district
	w Watching

	mu      sync.Mutex
	waiting map[string]told // by what it is about
	count   int
	cursor  string
	moved   bool // the cursor is newer than what was read
	failed  error

	wake   chan struct{} // holds one
	closed sync.Once
}

// told is a message that waits, and its place among all that were told.
type told struct {
	place   int
	message Message
}

// news is a message and what it is about: of those about the same the newest is enough.
type news struct {
	about   string
	message Message
}

func newWatcher(d *district, w Watching) *Watcher {
	return &Watcher{d: d, w: w, waiting: map[string]told{}, wake: make(chan struct{}, 1)}
}

// Next waits until there is something new and returns it. ErrSlow, ErrEnded or ctx's error end the watching.
func (w *Watcher) Next(ctx context.Context) (Batch, error) {
	for {
		if b, err := w.take(); len(b.Messages) > 0 || err != nil {
			return b, err
		}
		select {
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		case <-w.wake:
		}
	}
}

// Cursor is how far a watcher is for whom nothing waits, so that a stream on which nothing happens goes on from there later; empty where
// that was told before.
func (w *Watcher) Cursor() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.moved || len(w.waiting) > 0 {
		return ""
	}
	w.moved = false
	return w.cursor
}

// Close ends the watching. It may be called again.
func (w *Watcher) Close() {
	w.closed.Do(func() {
		w.d.dismiss(w)
		w.d.hub.leave(w.d, w.w.User)
	})
}

// take returns what waits, in the order in which it was told.
func (w *Watcher) take() (Batch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return Batch{}, w.failed
	}
	if len(w.waiting) == 0 {
		return Batch{}, nil
	}
	waiting := slices.SortedFunc(maps.Values(w.waiting), func(a, b told) int { return cmp.Compare(a.place, b.place) })
	b := Batch{Cursor: w.cursor, Messages: make([]Message, len(waiting))}
	for i := range waiting {
		b.Messages[i] = waiting[i].message
	}
	clear(w.waiting)
	w.moved = false
	return b, nil
}

// tell adds what is new up to a cursor. A watcher for whom too much waits is given up.
func (w *Watcher) tell(all []news, cursor string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range all {
		w.count++
		w.waiting[n.about] = told{w.count, n.message}
	}
	w.cursor, w.moved = cursor, true
	if len(w.waiting) > w.d.hub.o.Backlog && w.failed == nil {
		w.failed = ErrSlow
		w.d.hub.dropped.Add(1)
	}
	if w.failed != nil {
		clear(w.waiting)
	}
	if len(all) > 0 {
		w.rouse()
	}
}

// precede adds what happened before all that was told.
func (w *Watcher) precede(all []news, cursor string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, n := range all {
		if _, newer := w.waiting[n.about]; !newer {
			w.waiting[n.about] = told{i - len(all), n.message}
		}
	}
	if w.cursor == "" {
		w.cursor, w.moved = cursor, true
	}
	w.rouse()
}

// restart replaces what waits by a reset: the watcher reads the state anew.
func (w *Watcher) restart(n news, cursor string) {
	w.mu.Lock()
	clear(w.waiting)
	w.mu.Unlock()
	w.tell([]news{n}, cursor)
}

// fail ends the watching.
func (w *Watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = err
	}
	w.rouse()
}

func (w *Watcher) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
