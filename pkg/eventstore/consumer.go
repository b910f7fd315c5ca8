package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// ConsumerOptions are the settings of a Consumer.
type ConsumerOptions struct {
	// Name is the durable position's name in every cases stream. It ends in a version: another one starts from the beginning.
	Name string
	// Handle takes events of one stream. Nil: they are done with. An error: each is tried by itself, later again, and for ever. An event may
	// come twice, and after a failure out of order.
	Handle func(ctx context.Context, events []Event) error
	Tries  uint64 // how often an event is tried in a row before it is parked; 8 where 0
}

// Consumer hands every event of every cases stream to a process manager, at least once, and keeps in the broker how far it is. Processes
// that run one of the same name share the work. An event that fails again and again is parked: it is tried every 10 minutes, named in the
// log of the process and counted by Parked, and never dropped.
type Consumer struct {
	log *Log
	o   ConsumerOptions
	lot parkingLot

	mu      sync.Mutex
	working map[string]bool // by the stream's name
}

// NewConsumer returns a consumer of the log.
func NewConsumer(l *Log, o ConsumerOptions) *Consumer {
	return &Consumer{log: l, o: o, working: map[string]bool{}}
}

// Parked is how many events this process has given up on for now.
func (c *Consumer) Parked() int { return c.lot.size() }

// Run works until ctx ends. The broker's absence is waited out.
func (c *Consumer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for {
			err := c.log.WatchStreams(ctx, func() { c.look(ctx, g) })
			if !wait(ctx, time.Second) {
				return err
			}
		}
	})
	return g.Wait()
}

// look starts to work on the streams that nobody in this process works on.
func (c *Consumer) look(ctx context.Context, g *errgroup.Group) {
	streams, err := c.log.Streams(ctx)
	if err != nil {
		return // the broker is away; the next look finds them
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range streams {
		if c.working[s.Name()] {
			continue
		}
		c.working[s.Name()] = true
		g.Go(func() error { return c.work(ctx, s) })
	}
}

// work takes one stream's events. A stream that is gone may come again.
func (c *Consumer) work(ctx context.Context, s Stream) error {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.working, s.Name())
	}()
	err := c.log.work(ctx, duty{stream: s.Name(), name: c.o.Name, tries: c.o.Tries, lot: &c.lot, handle: c.take})
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return err
}

func (c *Consumer) take(ctx context.Context, batch []jetstream.Msg) error {
	events := make([]Event, len(batch))
	for i, m := range batch {
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read metadata: %w", err)
		}
		if events[i], err = readEvent(m.Subject(), m.Headers(), m.Data(), meta.Sequence.Stream); err != nil {
			return err
		}
	}
	return c.o.Handle(ctx, events)
}
