package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// followBatch is how many events one batch holds at most.
	followBatch = 2000
	// silence is how long a consumer may deliver nothing before it is asked whether there was nothing.
	silence = 30 * time.Second
)

// Follow hands the stream's events from the sequence from on to handle, in order and without a gap, in batches of what has come, at most
// 2,000; while handle works the next batch gathers. It ends with ctx's error, handle's error, ErrGap, or a failure to read an event; what
// comes before that is handed on first. A consumer that the broker forgot is made again.
func (l *Log) Follow(ctx context.Context, s Stream, from uint64, handle func([]Event) error) error {
	next := max(from, 1)
	return l.follow(ctx, source{s.Name(), false}, next, func(batch []jetstream.Msg) error {
		events := make([]Event, 0, len(batch))
		for _, m := range batch {
			e, err := eventAt(s, m, next)
			if err != nil && len(events) > 0 {
				return errors.Join(handle(events), err)
			}
			if err != nil {
				return err
			}
			events = append(events, e)
			next++
		}
		return handle(events)
	})
}

// checkNext finds a gap before a message, which must be the stream's next.
func checkNext(s Stream, m jetstream.Msg, next uint64) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("metadata behind %d: %w", next, err)
	}
	if meta.Sequence.Stream != next {
		return fmt.Errorf("%w: %s misses sequence %d, next is %d", ErrGap, s.Name(), next, meta.Sequence.Stream)
	}
	return nil
}

// eventAt reads a message, which must be the stream's next.
func eventAt(s Stream, m jetstream.Msg, next uint64) (Event, error) {
	if err := checkNext(s, m, next); err != nil {
		return Event{}, err
	}
	return readEvent(m.Subject(), m.Headers(), m.Data(), next)
}

// errSilent ends a consumer that delivers nothing though the stream has more.
var errSilent = errors.New("consumer is silent")

// source is what is followed of a stream.
type source struct {
	stream      string
	headersOnly bool
}

// headsTag marks the consumers that get no payload, for who looks at the broker.
var headsTag = map[string]string{"gridcase": "heads"}

// config is that of a consumer of the source from a sequence on.
func (s source) config(next uint64) jetstream.OrderedConsumerConfig {
	c := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next}
	if s.headersOnly {
		c.HeadersOnly, c.Metadata = true, headsTag
	}
	return c
}

// follow hands a stream's messages to handle in batches, over as many consumers as it takes.
func (l *Log) follow(ctx context.Context, from source, next uint64, handle func([]jetstream.Msg) error) error {
	for {
		err := l.consume(ctx, from, &next, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var broker *brokerError
		if !errors.As(err, &broker) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// brokerError is a failure of the consumer, not of the log or of who reads it.
type brokerError struct{ error }

func (l *Log) consume(ctx context.Context, from source, next *uint64, handle func([]jetstream.Msg) error) error {
	setup, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	consumer, err := l.js.OrderedConsumer(setup, from.stream, from.config(*next))
	if err != nil {
		return &brokerError{fmt.Errorf("consume %s: %w", from.stream, err)}
	}
	msgs := make(chan jetstream.Msg, 2*followBatch)
	stop := make(chan struct{})
	defer close(stop)
	running, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case msgs <- m:
		case <-stop:
		}
	}, jetstream.PullMaxMessages(followBatch))
	if err != nil {
		return &brokerError{fmt.Errorf("consume %s: %w", from.stream, err)}
	}
	defer running.Stop()
	return l.gather(ctx, from.stream, msgs, running.Closed(), next, handle)
}

// gather takes what has come, at most followBatch, and hands it on.
func (l *Log) gather(ctx context.Context, stream string, msgs <-chan jetstream.Msg, closed <-chan struct{}, next *uint64, handle func([]jetstream.Msg) error) error {
	watch := time.NewTicker(silence)
	defer watch.Stop()
	batch := make([]jetstream.Msg, 0, followBatch)
	for {
		batch = batch[:0]
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-closed:
			return &brokerError{errSilent}
		case <-watch.C:
			if l.behind(ctx, stream, *next) {
				return &brokerError{errSilent}
			}
			continue
		case m := <-msgs:
			batch = append(batch, m)
		}
		for len(batch) < followBatch && len(msgs) > 0 {
			batch = append(batch, <-msgs)
		}
		if err := handle(batch); err != nil {
			return err
		}
		*next += uint64(len(batch))
		watch.Reset(silence)
	}
}

// behind tells whether the stream has a message at or behind next.
func (l *Log) behind(ctx context.Context, stream string, next uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	s, err := l.js.Stream(ctx, stream)
	return err == nil && s.CachedInfo().State.LastSeq >= next
}
