package main

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/gridcase/gridcase/pkg/casework"
)

// gatherMost is how long messages wait for most of the others.
const gatherMost = 20 * time.Millisecond

// batches is a floor whose clients' messages go together, as atomic batches of most of them. It tells what can be saved by that: before anything
// is encoded or decided, or with what every event demands.
type batches struct {
	*floor
	by   maker
	most int           // how many messages make a batch before gatherMost is over
	full chan struct{} // told when that many wait

	mu      sync.Mutex
	waiting []*inBatch
	busy    bool
}

// inBatch is a message that waits for its batch.
type inBatch struct {
	message *nats.Msg
	stored  chan inLog
}

// inLog is what became of it.
type inLog struct {
	seq uint64
	err error
}

func newBatches(f *floor, by maker, clients int) *batches {
	return &batches{floor: f, by: by, most: clients - clients/10, full: make(chan struct{}, 1)}
}

func (b *batches) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	message, err := b.by.message(s, p, cmd)
	if err != nil {
		return err
	}
	m := &inBatch{message, make(chan inLog, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, m)
	if len(b.waiting) == b.most {
		select {
		case b.full <- struct{}{}:
		default:
		}
	}
	if !b.busy {
		b.busy = true
		go b.publishAll(context.WithoutCancel(ctx)) // ends when nobody waits
	}
	b.mu.Unlock()
	stored := <-m.stored
	s.last = stored.seq
	return stored.err
}

// publishAll stores what waits, one batch behind the other.
func (b *batches) publishAll(ctx context.Context) {
	for {
		select {
		case <-b.full:
		case <-time.After(gatherMost):
		}
		b.mu.Lock()
		batch := b.waiting
		b.waiting = nil
		select {
		case <-b.full: // of these
		default:
		}
		b.busy = len(batch) > 0
		b.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		last, err := b.publishBatch(ctx, batch)
		for i, m := range batch {
			m.stored <- inLog{last - uint64(len(batch)-1-i), err}
		}
	}
}

// publishBatch stores messages and returns the sequence of the last.
func (b *batches) publishBatch(ctx context.Context, batch []*inBatch) (last uint64, err error) {
	if len(batch) == 1 {
		ack, err := b.publish(ctx, batch[0].message)
		if err != nil {
			return 0, err
		}
		return ack.Sequence, nil
	}
	msgs := make([]*nats.Msg, len(batch))
	for i, m := range batch {
		msgs[i] = m.message
	}
	for {
		ack, err := jetstreamext.PublishMsgBatch(ctx, b.js, msgs, jetstreamext.BatchFlowControl{AckFirst: false})
		switch {
		case err == nil:
			return ack.Sequence, nil
		case !inFlight(err):
			return 0, err
		}
	}
}
