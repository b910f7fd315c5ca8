package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// followAll hands every message of every stream with subjects under a pattern to handle, in order within a stream, one at a time, and calls
// ready once when all that was there at the start has been handed over. It blocks until ctx ends or handle fails.
func (l *Log) followAll(ctx context.Context, subjects string, handle func(m jetstream.Msg, seq uint64) error, ready func()) error {
	g, ctx := errgroup.WithContext(ctx)
	f := &follower{log: l, subjects: subjects, handle: handle, ready: ready, followed: map[string]bool{}}
	g.Go(func() error {
		return l.WatchStreams(ctx, func() { f.look(ctx, g) })
	})
	return g.Wait()
}

type follower struct {
	log      *Log
	subjects string
	handle   func(m jetstream.Msg, seq uint64) error
	ready    func()

	mu       sync.Mutex
	followed map[string]bool
	started  bool
	waiting  int // streams that have not reached their end of the start
}

// look starts to follow the streams that are not followed yet.
func (f *follower) look(ctx context.Context, g *errgroup.Group) {
	names, err := f.log.streamsUnder(ctx, f.subjects)
	if err != nil {
		return // the broker is away; the next look finds them
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, last := range names {
		if f.followed[name] {
			continue
		}
		f.followed[name] = true
		if last > 0 && !f.started {
			f.waiting++
		} else {
			last = 0
		}
		g.Go(func() error { return f.follow(ctx, name, last) })
	}
	if !f.started && f.waiting == 0 {
		f.ready()
	}
	f.started = true
}

func (f *follower) follow(ctx context.Context, name string, until uint64) error {
	next := uint64(1)
	inOrder := func(m jetstream.Msg, next uint64) (jetstream.Msg, error) { return m, checkNext(name, m, next) }
	return follow(ctx, f.log, source{name, false}, next, inOrder, func(batch []jetstream.Msg) error {
		for _, m := range batch {
			if err := f.take(m, next, until); err != nil {
				return err
			}
			next++
		}
		return nil
	})
}

func (f *follower) take(m jetstream.Msg, seq, until uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.handle(m, seq); err != nil {
		return err
	}
	if until > 0 && seq == until {
		if f.waiting--; f.waiting == 0 {
			f.ready()
		}
	}
	return nil
}

// streamsUnder returns the last sequence of every stream with subjects under a pattern, by name.
func (l *Log) streamsUnder(ctx context.Context, subjects string) (map[string]uint64, error) {
	if !l.nc.IsConnected() {
		return nil, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	lister := l.js.ListStreams(ctx, jetstream.WithStreamListSubject(subjects))
	names := map[string]uint64{}
	for info := range lister.Info() {
		names[info.Config.Name] = info.State.LastSeq
	}
	if err := lister.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return nil, errAway(fmt.Errorf("list the streams of %s: %w", subjects, err))
	}
	return names, nil
}
