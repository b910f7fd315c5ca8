package dispatch

import (
	"context"
	"sync"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

const (
	// lookEvery is how often a queue is looked at for those who wait for a case: once for all of them in this process.
	lookEvery = 250 * time.Millisecond
	// frontPage is how many cases one look reads. More are read only where all of these are held.
	frontPage = 100
)

// fronts are the queues at which somebody asks for a case now.
type fronts struct {
	view workqueue.Queues

	mu  sync.Mutex
	all map[queueName]*front
}

type queueName struct{ district, queue string }

// front is the urgent end of one queue, read for all who ask at it.
type front struct {
	view  workqueue.Queues
	name  queueName
	users int // under the lock of fronts

	turn  chan struct{}        // holds one thing, which whoever looks takes out
	pages map[string]frontSeen // by cursor
}

// frontSeen is a page of the queue as it was at a time.
type frontSeen struct {
	items []*gridcasev1.QueueItem // shared: not to be changed
	next  string                  // the next page's cursor, empty at the end
	at    time.Time
}

// join returns the front of a queue, to be left again.
func (f *fronts) join(name queueName) *front {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := f.all[name]
	if q == nil {
		q = &front{view: f.view, name: name, turn: make(chan struct{}, 1), pages: map[string]frontSeen{}}
		q.turn <- struct{}{}
		f.all[name] = q
	}
	q.users++
	return q
}

func (f *fronts) leave(q *front) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q.users--; q.users == 0 {
		delete(f.all, q.name)
	}
}

// page returns the cases behind a cursor, most urgent first, as they were at since or later. Whoever may look into a queue sees all of it, so
// that one look does for all.
func (q *front) page(ctx context.Context, cursor string, since time.Time) (frontSeen, error) {
	select {
	case <-q.turn:
	case <-ctx.Done():
		return frontSeen{}, ctx.Err()
	}
	defer func() { q.turn <- struct{}{} }()
	if seen, ok := q.pages[cursor]; ok && !seen.at.Before(since) {
		return seen, nil
	}
	if cursor == "" {
		clear(q.pages)
	}
	seen := frontSeen{at: time.Now()}
	var err error
	seen.items, seen.next, err = q.view.Page(ctx, access.Scope{District: q.name.district, All: true}, q.name.queue, cursor, frontPage)
	if err != nil {
		return frontSeen{}, err
	}
	q.pages[cursor] = seen
	return seen, nil
}
