package projection

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// longestHold is for how long a batch waits for the next one at most: what was known to come may be deleted, or the broker away.
const longestHold = 250 * time.Millisecond

// lookahead folds a stream into a run. While more is known to come it holds a batch back until the next one is there, so that the rows which
// that one misses are read while the first one is written.
type lookahead struct {
	run *run
	end *atomic.Uint64 // the stream's last sequence at the last look

	mu     sync.Mutex // held while events are folded
	held   []Event    // it comes before what is taken next
	since  time.Time  // when it was taken
	failed error      // of a fold: nothing is folded behind what is missing
}

// take folds what is held, and the batch or holds it.
func (l *lookahead) take(ctx context.Context, stored []eventstore.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, unread := decode(stored)
	if err := l.fold(ctx, next); err != nil {
		return err
	}
	l.held, l.since = next, time.Now()
	if unread == nil && stored[len(stored)-1].Seq < l.end.Load() {
		return nil
	}
	if err := l.fold(ctx, nil); err != nil {
		return err
	}
	return unread
}

// fold folds what is held. next comes behind it, where that is known.
func (l *lookahead) fold(ctx context.Context, next []Event) error {
	if l.failed == nil {
		held := l.held
		l.held = nil
		l.failed = l.run.fold(ctx, held, next)
	}
	return l.failed
}

// flush folds what is held, when nothing comes behind it.
func (l *lookahead) flush(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fold(ctx, nil)
}

// release folds what has been held for too long, until ctx ends.
func (l *lookahead) release(ctx context.Context) error {
	tick := time.NewTicker(longestHold)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := l.releaseOld(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func (l *lookahead) releaseOld(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.since) < longestHold {
		return nil
	}
	return l.fold(ctx, nil)
}
