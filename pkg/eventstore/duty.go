package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
)

const (
	// dutyBatch is how many messages a duty takes at once, at most.
	dutyBatch = 256
	// ackWait is after how long a message that nobody spoke of is handed out again.
	ackWait = 30 * time.Second
	// maxPending is how many messages may be handed out and not done with, parked ones among them. Behind that many the duty stands still.
	maxPending = 20_000
)

// duty is the standing work on one stream's messages through a durable consumer.
type duty struct {
	stream, name, filter string
	tries                uint64 // before a message is parked; 8 where 0
	lot                  *parkingLot
	handle               func(ctx context.Context, batch []jetstream.Msg) error
}

// work does a duty until ctx ends or the stream is gone. A consumer that is lost or stuck is made again, behind what is known to be done.
func (l *Log) work(ctx context.Context, d duty) error {
	var floor uint64
	for {
		err := l.workOnce(ctx, d, &floor)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
		l.log.Warn("consumer starts over", zap.String("stream", d.stream), zap.String("consumer", d.name), zap.Error(err))
		if errors.Is(err, errStuck) {
			l.dismiss(ctx, d)
		}
		if !wait(ctx, 500*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// dismiss deletes the consumer, to be made again.
func (l *Log) dismiss(ctx context.Context, d duty) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	if err := l.js.DeleteConsumer(ctx, d.stream, d.name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		l.log.Warn("consumer can't be deleted", zap.String("stream", d.stream), zap.String("consumer", d.name), zap.Error(err))
	}
}

// find returns the duty's consumer, made where it lacks.
func (l *Log) find(ctx context.Context, d duty, floor uint64) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*l.patience)
	defer cancel()
	consumer, err := l.js.Consumer(ctx, d.stream, d.name)
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return consumer, err
	}
	cfg := jetstream.ConsumerConfig{Durable: d.name, FilterSubject: d.filter, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: maxPending}
	if floor > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, floor+1
	}
	consumer, err = l.js.CreateConsumer(ctx, d.stream, cfg)
	if errors.Is(err, jetstream.ErrConsumerExists) { // another process was faster
		return l.js.Consumer(ctx, d.stream, d.name)
	}
	return consumer, err
}

// workOnce works with one consumer as long as it lives.
func (l *Log) workOnce(ctx context.Context, d duty, floor *uint64) error {
	consumer, err := l.find(ctx, d, *floor)
	if err != nil {
		return fmt.Errorf("find the consumer: %w", err)
	}
	msgs, stop, trouble := make(chan jetstream.Msg, 2*dutyBatch), make(chan struct{}), make(chan error, 1)
	running, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case msgs <- m:
		case <-stop:
			giveBack(m)
		}
	}, jetstream.PullMaxMessages(dutyBatch), jetstream.PullExpiry(30*time.Second), jetstream.PullHeartbeat(2*time.Second),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			select {
			case trouble <- err:
			default: // one look is enough for all of it
			}
		}))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer func() {
		close(stop)
		handIn(running, msgs)
	}()
	watch := time.NewTicker(silence)
	defer watch.Stop()
	dog := watchdog{log: l, consumer: consumer, floor: floor}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-running.Closed():
			return errSilent
		case <-trouble: // no heartbeat, or the connection was lost: the consumer may be gone
			if err := dog.find(ctx); err != nil {
				return err
			}
		case <-watch.C:
			if err := dog.look(ctx); err != nil {
				return err
			}
		case m := <-msgs:
			d.do(ctx, l, gatherMore(m, msgs))
		}
	}
}

// handIn ends a consumer's work: what was handed out and not begun is given back, so that others need not wait for it.
func handIn(running jetstream.ConsumeContext, msgs <-chan jetstream.Msg) {
	running.Drain()
	late := time.After(2 * time.Second)
	for {
		select {
		case m := <-msgs:
			giveBack(m)
		case <-late: // the broker is away
			running.Stop()
			return
		case <-running.Closed():
			for len(msgs) > 0 {
				giveBack(<-msgs)
			}
			return
		}
	}
}

// giveBack hands a message back at once. Where that is lost, it comes again by itself, later.
func giveBack(m jetstream.Msg) { _ = m.Nak() }

// gatherMore returns the message and what else has come.
func gatherMore(first jetstream.Msg, msgs <-chan jetstream.Msg) []jetstream.Msg {
	batch := []jetstream.Msg{first}
	for len(batch) < dutyBatch && len(msgs) > 0 {
		batch = append(batch, <-msgs)
	}
	return batch
}
