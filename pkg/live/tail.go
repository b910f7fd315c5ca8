package live

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// tail is the end of one log: its newest heads, and how far they were told.
type tail struct {
	district *district
	stream   eventstore.Stream
	stop     context.CancelFunc
	news     chan struct{} // something is to be told
	moved    chan struct{} // something was told

	// Under the district's lock.
	ring  *ring
	told  uint64
	since time.Time // when the oldest of what is not told came; zero where all is
}

// follow fills the ring until ctx ends. A log that can't be followed is tried again: the views don't go on with it either.
func (t *tail) follow(ctx context.Context) error {
	for {
		err := t.district.hub.o.Log.FollowHeads(ctx, t.stream, t.next(), func(heads []eventstore.Head) error { return t.take(ctx, heads) })
		if ctx.Err() != nil {
			return nil
		}
		t.district.hub.o.Logger.Error("log is not followed", zap.String("stream", t.stream.Name()), zap.Error(err))
		if !wait(ctx, time.Second) {
			return nil
		}
	}
}

func (t *tail) next() uint64 {
	t.district.mu.Lock()
	defer t.district.mu.Unlock()
	return t.ring.next
}

// take keeps heads that have come. Where memory is full of what is not told, it waits: the log is followed no faster than the views are.
func (t *tail) take(ctx context.Context, heads []eventstore.Head) error {
	for len(heads) > 0 {
		n := t.keep(heads)
		signal(t.news)
		if heads = heads[n:]; n > 0 {
			continue
		}
		select {
		case <-t.moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// keep puts as many heads into the ring as there is room for, and returns their number.
func (t *tail) keep(heads []eventstore.Head) int {
	t.district.mu.Lock()
	defer t.district.mu.Unlock()
	n := len(heads)
	if untold := t.ring.next - 1 - min(t.told, t.ring.next-1); uint64(n) > t.ring.size-untold {
		n = int(t.ring.size - untold)
	}
	for _, h := range heads[:n] {
		t.ring.push(h)
	}
	if t.since.IsZero() && t.ring.next-1 > t.told {
		t.since = time.Now()
	}
	return n
}

// signal wakes who waits for a channel of one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake
	}
}

// mostAtOnce is how many events are told at once at most.
const mostAtOnce = 2000

// tell hands what comes to the readers until ctx ends: at once after a quiet time, else at the hub's pace.
func (t *tail) tell(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.news:
		}
		for more := true; more; {
			var err error
			more, err = t.tellSome(ctx)
			pause := t.district.hub.o.Pace
			if err != nil && ctx.Err() == nil {
				t.district.hub.o.Logger.Warn("changes are not told yet", zap.String("stream", t.stream.Name()), zap.Error(err))
				t.district.setStale(t.stream.Year, true)
				pause = retry
			}
			if more && !wait(ctx, pause) {
				return nil
			}
		}
	}
}

// retry is how long the views are left alone after they could not be read.
const retry = 250 * time.Millisecond

// tellSome tells the next changes, and says whether it is to be called again.
func (t *tail) tellSome(ctx context.Context) (more bool, err error) {
	heads, from, to := t.due()
	if to == from {
		return false, nil
	}
	if err := t.await(ctx, eventstore.Position{District: t.stream.District, Year: t.stream.Year, Seq: to}); err != nil {
		return true, err
	}
	if err := t.district.enterTurn(ctx); err != nil {
		return true, err
	}
	defer t.district.leaveTurn()
	n, err := t.district.hub.join(ctx, t.district.code, heads, from)
	if err != nil {
		return true, err
	}
	t.district.setStale(t.stream.Year, false)
	t.deliver(n, from, to)
	return true, nil
}

// patience is how long the views may take to hold what has happened before readers hear that they are stale.
const patience = 2 * time.Second

// await waits until the views hold a position. Readers hear of it when that takes long.
func (t *tail) await(ctx context.Context, at eventstore.Position) error {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tracker := t.district.hub.o.Tracker
	err := tracker.Await(soon, at)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return err
	}
	t.district.setStale(t.stream.Year, true)
	return tracker.Await(ctx, at)
}

// due returns the next heads to be told: those behind from, up to to. Where nobody listens they are told by that.
func (t *tail) due() (heads []eventstore.Head, from, to uint64) {
	d := t.district
	d.mu.Lock()
	defer d.mu.Unlock()
	from, to = t.told, min(t.ring.next-1, t.told+mostAtOnce)
	if to <= from {
		return nil, from, from
	}
	if d.readers == 0 {
		t.advance(t.ring.next - 1)
		delete(d.stale, t.stream.Year)
		return nil, to, to
	}
	return t.ring.latest(from, to), from, to
}

// advance notes how far the log is told. It must be called with the lock held.
func (t *tail) advance(to uint64) {
	t.told, t.since = to, time.Time{}
	signal(t.moved)
	if t.ring.next-1 > to {
		t.since = time.Now()
	}
}
