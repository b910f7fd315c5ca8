package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// followBatch is how many events one batch holds at most.
	followBatch = 1000
	// burst is how many messages are read before it is looked again who waits for them.
	burst = 100
	// worth is how many events make a batch that is worth its price.
	worth = 32
	// spare is how often a batch's price may pass before the next one, rest is for how long at most where one stream is busy, and restMost where
	// many are.
	spare    = 4
	rest     = 25 * time.Millisecond
	restMost = 250 * time.Millisecond
	// silence is how long a consumer may deliver nothing before it is asked whether there was nothing.
	silence = 30 * time.Second
)

// Follow hands the stream's events from the sequence from on to handle, in order and without a gap, in batches of what has come, at most
// 1,000; while handle works the next batch is read. A batch has its price, and events that come in one by one would each pay it: behind fewer
// than 32 it lets events gather until there are as many, for four times as long as handle worked and 25 ms at most for each of the streams
// whose events come so at that moment, so that many districts together don't cost many times as much as one. It ends with ctx's error, handle's error,
// ErrGap, or a failure to read an event; what comes before that is handed on first. A consumer that the broker forgot is made again.
func (l *Log) Follow(ctx context.Context, s Stream, from uint64, handle func([]Event) error) error {
	return follow(ctx, l, source{s.Name(), false}, max(from, 1), func(m jetstream.Msg, next uint64) (Event, error) { return eventAt(s, m, next) }, handle)
}

// checkNext finds a gap before a message, which must be the stream's next.
func checkNext(stream string, m jetstream.Msg, next uint64) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("metadata in %s before %d: %w", stream, next, err)
	}
	if meta.Sequence.Stream != next {
		return fmt.Errorf("%w: %s misses sequence %d, next is %d", ErrGap, stream, next, meta.Sequence.Stream)
	}
	return nil
}

// eventAt reads a message, which must be the stream's next.
func eventAt(s Stream, m jetstream.Msg, next uint64) (Event, error) {
	if err := checkNext(s.Name(), m, next); err != nil {
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

// busyWith counts the streams that are followed as this source is and whose events come in small batches at the moment.
func (l *Log) busyWith(s source) *atomic.Int32 {
	if s.headersOnly {
		return &l.busyHeads
	}
	return &l.busyWhole
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

// follow hands what read makes of a stream's messages to handle, in batches, over as many consumers as it takes.
func follow[T any](ctx context.Context, l *Log, from source, next uint64, read func(m jetstream.Msg, next uint64) (T, error), handle func([]T) error) error {
	for {
		g := &gathering[T]{log: l, from: from, next: next, read: read, busy: l.busyWith(from), ready: make(chan []T), large: make(chan []T)}
		err := g.run(ctx, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var broker *brokerError
		if !errors.As(err, &broker) {
			return err
		}
		next = g.next
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// brokerError is a failure of the consumer, not of the log or of who reads it.
type brokerError struct{ error }

// gathering reads what one consumer delivers, while what was read before is handled.
type gathering[T any] struct {
	log   *Log
	from  source
	next  uint64 // the sequence that is to come
	read  func(m jetstream.Msg, next uint64) (T, error)
	busy  *atomic.Int32 // how many streams, this one too, have a small batch handled, or gather behind one
	ready chan []T      // what was read; closed with the last of it
	large chan []T      // the same, where it is worth its price
}

// run reads and handles until either fails. What was read before a failure to read is handled first.
func (g *gathering[T]) run(ctx context.Context, handle func([]T) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		defer close(g.ready)
		ended <- g.consume(ctx)
	}()
	batch, open := <-g.ready
	for open {
		next, err := g.handle(ctx, batch, handle)
		if err != nil {
			stop()
			<-ended
			return err
		}
		if batch = next; batch == nil {
			batch, open = <-g.ready
		}
	}
	return <-ended
}

// handle hands a batch on and, behind a small one, gives the next time to become worth its price. If it does, it is returned.
func (g *gathering[T]) handle(ctx context.Context, batch []T, handle func([]T) error) (next []T, err error) {
	if len(batch) >= worth {
		return nil, handle(batch)
	}
	g.busy.Add(1)
	defer g.busy.Add(-1)
	begun := time.Now()
	if err := handle(batch); err != nil {
		return nil, err
	}
	over := time.NewTimer(min(spare*time.Since(begun), rest*time.Duration(g.busy.Load()), restMost))
	defer over.Stop()
	select {
	case next = <-g.large:
	case <-over.C:
	case <-ctx.Done():
	}
	return next, nil
}

func (g *gathering[T]) consume(ctx context.Context) error {
	setup, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	consumer, err := g.log.js.OrderedConsumer(setup, g.from.stream, g.from.config(g.next))
	if err != nil {
		return &brokerError{fmt.Errorf("consume %s: %w", g.from.stream, err)}
	}
	msgs := make(chan jetstream.Msg, followBatch)
	stop := make(chan struct{})
	defer close(stop)
	running, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case msgs <- m:
		case <-stop:
		}
	}, jetstream.PullMaxMessages(followBatch))
	if err != nil {
		return &brokerError{fmt.Errorf("consume %s: %w", g.from.stream, err)}
	}
	defer running.Stop()
	return g.gather(ctx, msgs, running.Closed())
}

// gather reads what comes, at most followBatch ahead of what is handled.
func (g *gathering[T]) gather(ctx context.Context, msgs <-chan jetstream.Msg, closed <-chan struct{}) error {
	watch := time.NewTicker(silence)
	defer watch.Stop()
	batch, heard := make([]T, 0, worth), false
	for {
		in, out, large := msgs, g.ready, g.large
		if len(batch) == 0 {
			out = nil
		}
		if len(batch) < worth {
			large = nil
		}
		if len(batch) == followBatch {
			in = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-closed:
			return g.end(ctx, batch, &brokerError{errSilent})
		case <-watch.C:
			if !heard && len(batch) == 0 && g.log.behind(ctx, g.from.stream, g.next) {
				return &brokerError{errSilent}
			}
			heard = false
		case out <- batch:
			batch = make([]T, 0, len(batch)+worth)
		case large <- batch:
			batch = make([]T, 0, len(batch)+worth)
		case m := <-in:
			var err error
			if batch, err = g.take(batch, m, in); err != nil {
				return g.end(ctx, batch, err)
			}
			heard = true
		}
	}
}

// take reads a message, and some more of those that have come.
func (g *gathering[T]) take(batch []T, m jetstream.Msg, in <-chan jetstream.Msg) ([]T, error) {
	for most := min(len(batch)+burst, followBatch); ; m = <-in {
		read, err := g.read(m, g.next)
		if err != nil {
			return batch, err
		}
		batch = append(batch, read)
		g.next++
		if len(batch) == most || len(in) == 0 {
			return batch, nil
		}
	}
}

// end hands on what is left before a failure.
func (g *gathering[T]) end(ctx context.Context, batch []T, err error) error {
	if len(batch) == 0 {
		return err
	}
	select {
	case g.ready <- batch:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// behind tells whether the stream has a message at or behind next.
func (l *Log) behind(ctx context.Context, stream string, next uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	s, err := l.js.Stream(ctx, stream)
	return err == nil && s.CachedInfo().State.LastSeq >= next
}
