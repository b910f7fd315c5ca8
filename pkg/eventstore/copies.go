package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// copyBatch is how many events one reading of a copy returns at most.
	copyBatch = 1000
	// copyTries is how often a reader is made until each server of a stream has one.
	copyTries = 60
)

// Stored is one event as it is stored, unread: an audit looks at what no reader would take.
type Stored struct {
	Subject string
	Headers map[string][]string
	Payload []byte
	Seq     uint64
}

// Copy reads the copy of a stream that one server has.
//
// # Decisions
//
// 2026-11: no request of JetStream names the server that is to answer: MSG.GET is the leader's, and Direct Get goes to any of those that
// share a queue, with no preference for the one at hand. But a consumer without replicas of its own lives on one server of its stream,
// reads that server's store, and its information names the server. The broker chooses it by chance, so readers are made until each
// server has one.
type Copy struct {
	// Server is the name of the server; empty where the stream is on one only.
	Server string

	log      *Log
	stream   string
	consumer jetstream.Consumer
}

// Copies returns a reader of each server's copy of a stream, the leader's first, from the first event on, and the names of the servers
// whose copies can't be read now. The readers are to be closed.
func (l *Log) Copies(ctx context.Context, stream string) (copies []*Copy, missing []string, err error) {
	servers, err := l.serversOf(ctx, stream)
	if err != nil {
		return nil, nil, err
	}
	found := map[string]*Copy{}
	for tries := 0; len(found) < len(servers) && tries < copyTries; tries++ {
		c, err := l.openCopy(ctx, stream)
		if err != nil {
			closeCopies(ctx, found)
			return nil, nil, err
		}
		if _, twice := found[c.Server]; twice || !slices.Contains(servers, c.Server) {
			c.Close(ctx)
			continue
		}
		found[c.Server] = c
	}
	for _, server := range servers {
		if c := found[server]; c != nil {
			copies = append(copies, c)
			continue
		}
		missing = append(missing, server)
	}
	return copies, missing, nil
}

func closeCopies(ctx context.Context, copies map[string]*Copy) {
	for _, c := range copies {
		c.Close(ctx)
	}
}

// serversOf names the servers that have a copy, the leader first; one without a name where the stream is not replicated.
func (l *Log) serversOf(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	stream, err := l.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, ErrNoStream
	}
	if err != nil {
		return nil, errAway(err)
	}
	cluster := stream.CachedInfo().Cluster
	if cluster == nil || len(cluster.Replicas) == 0 {
		return []string{""}, nil
	}
	servers := []string{cluster.Leader}
	for _, r := range cluster.Replicas {
		servers = append(servers, r.Name)
	}
	return servers, nil
}

// openCopy makes a consumer on a server that the broker chooses.
func (l *Log) openCopy(ctx context.Context, stream string) (*Copy, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*l.patience)
	defer cancel()
	consumer, err := l.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{Replicas: 1, MemoryStorage: true, AckPolicy: jetstream.AckNonePolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: time.Minute, MaxRequestBatch: copyBatch})
	if err != nil {
		return nil, errAway(fmt.Errorf("open a copy of %s: %w", stream, err))
	}
	c := &Copy{log: l, stream: stream, consumer: consumer}
	if cluster := consumer.CachedInfo().Cluster; cluster != nil && len(cluster.Replicas) == 0 {
		c.Server = cluster.Leader
	}
	return c, nil
}

// Read returns the next events of the copy, at most 1,000, in order; none where the copy has no more. A copy that counts events which it
// does not deliver has no more, either.
func (c *Copy) Read(ctx context.Context) ([]Stored, error) {
	patience, cancel := context.WithTimeout(ctx, c.log.patience)
	defer cancel()
	for tries := 0; tries < 3; {
		events, all, err := c.next(ctx)
		if leaderless(err) && wait(patience, 50*time.Millisecond) {
			continue // the servers do not know the new consumer yet, or it moves
		}
		if err != nil || all || len(events) > 0 {
			return events, err
		}
		tries++
	}
	return nil, nil
}

// next returns the next events, or that the copy says that there are no more.
func (c *Copy) next(ctx context.Context) (events []Stored, all bool, err error) {
	info, err := c.info(ctx)
	if err != nil || info.NumPending == 0 {
		return nil, true, err
	}
	events, err = c.fetch(ctx, int(min(info.NumPending, copyBatch)))
	return events, false, err
}

func (c *Copy) fetch(ctx context.Context, n int) ([]Stored, error) {
	wait, cancel := context.WithTimeout(ctx, c.log.patience)
	defer cancel()
	batch, err := c.consumer.Fetch(n, jetstream.FetchContext(wait))
	if err != nil {
		return nil, errAway(fmt.Errorf("read a copy of %s: %w", c.stream, err))
	}
	var events []Stored
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			return nil, fmt.Errorf("read metadata: %w", err)
		}
		events = append(events, Stored{Subject: m.Subject(), Headers: m.Headers(), Payload: m.Data(), Seq: meta.Sequence.Stream})
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, context.DeadlineExceeded) {
		return nil, errAway(fmt.Errorf("read a copy of %s: %w", c.stream, err))
	}
	return events, nil
}

func (c *Copy) info(ctx context.Context) (*jetstream.ConsumerInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, c.log.patience)
	defer cancel()
	info, err := c.consumer.Info(ctx)
	if err != nil {
		return nil, errAway(fmt.Errorf("read a copy of %s: %w", c.stream, err))
	}
	return info, nil
}

// Close dismisses the reader. One that is forgotten ends by itself after a minute.
func (c *Copy) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.log.patience)
	defer cancel()
	_ = c.log.js.DeleteConsumer(ctx, c.stream, c.consumer.CachedInfo().Name)
}
