package eventstore

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/fault"
)

// parkedFor is how long a parked message rests between two tries.
const parkedFor = 10 * time.Minute

// patience is how often a message is tried in a row before it is parked.
func (d *duty) patience() uint64 {
	if d.tries == 0 {
		return 8
	}
	return d.tries
}

// do handles a batch and tells the broker how it went. A batch that fails is handled one by one, unless what it needs is away.
func (d *duty) do(ctx context.Context, l *Log, batch []jetstream.Msg) {
	err := d.attempt(ctx, batch)
	if err != nil && len(batch) > 1 && fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
		for i := range batch {
			d.do(ctx, l, batch[i:i+1])
		}
		return
	}
	for _, m := range batch {
		if err := d.answer(ctx, l, m, err); err != nil && ctx.Err() == nil { // it comes again by itself
			l.log.Warn("answer to the broker was not sent", zap.String("stream", d.stream), zap.Error(err))
		}
	}
}

// attempt handles a batch and keeps the broker patient meanwhile.
func (d *duty) attempt(ctx context.Context, batch []jetstream.Msg) error {
	done := make(chan error, 1)
	go func() { done <- d.handle(ctx, batch) }()
	tick := time.NewTicker(ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			for _, m := range batch {
				_ = m.InProgress() // a lost one only means a second delivery
			}
		}
	}
}

// answer acknowledges a message, or asks for it again.
func (d *duty) answer(ctx context.Context, l *Log, m jetstream.Msg, failure error) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	at := fmt.Sprintf("%s:%d", d.stream, meta.Sequence.Stream)
	if failure == nil {
		d.lot.leave(at)
		return m.Ack()
	}
	if ctx.Err() != nil {
		giveBack(m) // this process ends; another one goes on
		return nil
	}
	if meta.NumDelivered < d.patience() || fault.KindOf(failure) == fault.Unavailable {
		return m.NakWithDelay(min(time.Minute, 250*time.Millisecond<<min(meta.NumDelivered, 8)))
	}
	d.lot.enter(at)
	l.log.Error("message is parked", zap.String("at", at), zap.String("consumer", d.name), zap.Uint64("tries", meta.NumDelivered), zap.Error(failure))
	return m.NakWithDelay(parkedFor)
}
