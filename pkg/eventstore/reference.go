package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// Topic is one kind of reference data of a district.
type Topic string

// The topics.
const (
	Grids     Topic = "grids"
	Catalogue Topic = "catalogue"
	Calendar  Topic = "calendar"
	Access    Topic = "access"
)

// Reference is one stored part of one version of a district's reference data.
type Reference struct {
	District string
	Topic    Topic
	Seq      uint64 // in the district's reference stream
	Payload  []byte
}

// PublishReference stores the parts of one version as one, behind the topic's last sequence that the caller has seen (0: none), and
// returns the sequence of its last part. The outcomes are those of Append.
func (l *Log) PublishReference(ctx context.Context, district string, topic Topic, after uint64, parts [][]byte) (uint64, error) {
	if !l.nc.IsConnected() {
		return 0, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*l.patience)
	defer cancel()
	cfg := l.casesConfig(district, 0)
	cfg.Name, cfg.Subjects = referencePrefix+district, []string{"reference." + district + ".*"}
	cfg.Description = fmt.Sprintf("grids, catalogue, calendar and access of district %s, append-only versions", district)
	cfg.RePublish = nil
	if err := l.open(ctx, cfg); err != nil {
		return 0, err
	}
	msgs := make([]*nats.Msg, len(parts))
	for i, p := range parts {
		msgs[i] = nats.NewMsg(fmt.Sprintf("reference.%s.%s", district, topic))
		msgs[i].Data = p
	}
	guard(msgs[0], after)
	return l.publish(ctx, msgs)
}

// FollowReference hands every stored part of every district to handle, in order within a district, one at a time, and calls ready once
// when all that was there at the start has been handed over. It blocks until ctx ends or handle fails.
func (l *Log) FollowReference(ctx context.Context, handle func(Reference) error, ready func()) error {
	g, ctx := errgroup.WithContext(ctx)
	f := &referenceFollower{log: l, handle: handle, ready: ready, followed: map[string]bool{}}
	g.Go(func() error {
		return l.WatchStreams(ctx, func() { f.look(ctx, g) })
	})
	return g.Wait()
}

type referenceFollower struct {
	log    *Log
	handle func(Reference) error
	ready  func()

	mu       sync.Mutex
	followed map[string]bool
	started  bool
	waiting  int // streams that have not reached their end of the start
}

// look starts to follow the reference streams that are not followed yet.
func (f *referenceFollower) look(ctx context.Context, g *errgroup.Group) {
	names, err := f.log.referenceStreams(ctx)
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

func (f *referenceFollower) follow(ctx context.Context, name string, until uint64) error {
	next := uint64(1)
	return f.log.follow(ctx, name, next, func(batch []jetstream.Msg) error {
		for _, m := range batch {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("reference metadata: %w", err)
			}
			if meta.Sequence.Stream != next {
				return fmt.Errorf("%w: %s misses sequence %d", ErrGap, name, next)
			}
			next++
			if err := f.take(m, meta.Sequence.Stream, until); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *referenceFollower) take(m jetstream.Msg, seq, until uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	parts := strings.Split(m.Subject(), ".")
	if len(parts) != 3 {
		return fmt.Errorf("subject %q is no reference's", m.Subject())
	}
	if err := f.handle(Reference{District: parts[1], Topic: Topic(parts[2]), Seq: seq, Payload: m.Data()}); err != nil {
		return err
	}
	if until > 0 && seq == until {
		if f.waiting--; f.waiting == 0 {
			f.ready()
		}
	}
	return nil
}

// referenceStreams returns the last sequence of every reference stream by name.
func (l *Log) referenceStreams(ctx context.Context) (map[string]uint64, error) {
	if !l.nc.IsConnected() {
		return nil, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	lister := l.js.ListStreams(ctx, jetstream.WithStreamListSubject("reference.>"))
	names := map[string]uint64{}
	for info := range lister.Info() {
		names[info.Config.Name] = info.State.LastSeq
	}
	if err := lister.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return nil, errAway(fmt.Errorf("list reference streams: %w", err))
	}
	return names, nil
}
