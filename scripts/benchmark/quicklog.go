package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// quickLog is a log that a write side fills as fast as it can decide: it foretells each event's sequence, which holds since nobody else
// writes, and does not wait for the broker. Without a broker it keeps the events, or drops them.
type quickLog struct {
	js   jetstream.JetStream // nil: keep
	drop bool

	mu      sync.Mutex
	seq     uint64
	pending int
	failed  error
	kept    []eventstore.Part
	numbers uint64
}

// pendingMost is how many events are on their way to the broker at once.
const pendingMost = 2000

// newQuickLog takes over a stream that ends at seq.
func newQuickLog(conn *nats.Conn, seq uint64) (*quickLog, error) {
	q := &quickLog{seq: seq}
	if conn == nil {
		return q, nil
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(2*pendingMost), jetstream.WithPublishAsyncErrHandler(
		func(_ jetstream.JetStream, m *nats.Msg, err error) {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.failed = fmt.Errorf("store %s: %w", m.Subject, err)
		}))
	q.js = js
	return q, err
}

// AppendTogether sends the events off, or keeps them.
func (q *quickLog) AppendTogether(ctx context.Context, parts []eventstore.Part) (uint64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range parts {
		if q.js == nil {
			if !q.drop {
				q.kept = append(q.kept, p)
			}
			q.seq += uint64(len(p.Events))
			continue
		}
		for i := range p.Events {
			if err := q.send(ctx, &p.Events[i], p.Case.Subject()); err != nil {
				return 0, err
			}
		}
	}
	return q.seq, q.failed
}

func (q *quickLog) send(ctx context.Context, e *eventstore.Event, subject string) error {
	if _, err := q.js.PublishMsgAsync(&nats.Msg{Subject: subject, Header: e.Headers(), Data: e.Payload}); err != nil {
		return err
	}
	q.seq++
	if q.pending++; q.pending < pendingMost {
		return nil
	}
	q.pending = 0
	select {
	case <-q.js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish waits until everything is stored, and holds the stream's end to what was foretold.
func (q *quickLog) finish(ctx context.Context, log *eventstore.Log, s eventstore.Stream) error {
	select {
	case <-q.js.PublishAsyncComplete():
	case <-ctx.Done():
		return ctx.Err()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now, err := log.Stream(ctx, s.District, s.Year)
	if err == nil && q.failed == nil && now.Last != q.seq {
		err = fmt.Errorf("%s ends at %d, not at %d", s.Name(), now.Last, q.seq)
	}
	return errors.Join(err, q.failed)
}

// Load is not needed for a case that exists: each that is not finished is in the write side's cache. A report that is sent again after the
// vault took it without an answer is decided on what Load has of its case, which is nothing yet.
func (q *quickLog) Load(_ context.Context, _ eventstore.Case, after, _ uint64, _ string) ([]eventstore.Event, error) {
	if after > 0 {
		return nil, errors.New("the quick log is not read")
	}
	return nil, nil
}

// LeaseNumbers counts.
func (q *quickLog) LeaseNumbers(_ context.Context, _ string, size uint64) (uint64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.numbers + 1
	q.numbers += size
	return first, nil
}
