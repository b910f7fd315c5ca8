package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	casesPrefix     = "CASES_"
	referencePrefix = "REFERENCE_"
	worksPrefix     = "WORKS_"
	// createdAdvisory is what the server publishes when a stream is made.
	createdAdvisory = "$JS.EVENT.ADVISORY.STREAM.CREATED.>"
)

// Stream is one district's log of one year.
type Stream struct {
	District    string
	Year        int
	Created     time.Time // a stream made anew has another one, though its sequences look the same
	First, Last uint64
}

// Name is the stream's name in JetStream.
func (s Stream) Name() string { return streamName(s.District, s.Year) }

func streamName(district string, year int) string {
	return casesPrefix + district + "_" + ofYear(year)
}

func parseStreamName(name string) (district string, year int, ok bool) {
	rest, ok := strings.CutPrefix(name, casesPrefix)
	district, y, ok2 := strings.Cut(rest, "_")
	year, err := strconv.Atoi(y)
	return district, year, ok && ok2 && err == nil && digits(district, 6)
}

// Streams returns every cases stream.
func (l *Log) Streams(ctx context.Context) ([]Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	lister := l.js.ListStreams(ctx, jetstream.WithStreamListSubject("cases.>"))
	var streams []Stream
	for info := range lister.Info() {
		if s, ok := streamOf(info); ok {
			streams = append(streams, s)
		}
	}
	if err := lister.Err(); err != nil {
		return nil, fmt.Errorf("list streams: %w", errAway(err))
	}
	return streams, nil
}

// Stream returns one cases stream; ErrNoStream where it doesn't exist yet.
func (l *Log) Stream(ctx context.Context, district string, year int) (Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	s, err := l.js.Stream(ctx, streamName(district, year))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return Stream{}, ErrNoStream
	}
	if err != nil {
		return Stream{}, errAway(err)
	}
	stream, _ := streamOf(s.CachedInfo())
	return stream, nil
}

func streamOf(info *jetstream.StreamInfo) (Stream, bool) {
	district, year, ok := parseStreamName(info.Config.Name)
	return Stream{District: district, Year: year, Created: info.Created.UTC().Truncate(time.Microsecond), First: info.State.FirstSeq, Last: info.State.LastSeq}, ok
}

// WatchStreams calls changed once at the start and whenever a stream is made, and every 2 s for what a lost notice would hide. It blocks
// until ctx ends.
func (l *Log) WatchStreams(ctx context.Context, changed func()) error {
	notices := make(chan *nats.Msg, 64)
	sub, err := l.nc.ChanSubscribe(createdAdvisory, notices)
	if err != nil {
		return fmt.Errorf("watch streams: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be closed by now
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		changed()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-notices:
		case <-tick.C:
		}
	}
}

// casesConfig is the stream of one district and year: no limits, nothing can be deleted.
func (l *Log) casesConfig(district string, year int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        streamName(district, year),
		Description: fmt.Sprintf("every event of district %s's cases of %d; the only truth", district, year),
		Subjects:    []string{fmt.Sprintf("cases.%s.%04d.*", district, year)},
		Storage:     jetstream.FileStorage, Replicas: l.replicas, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true,
		RePublish: &jetstream.RePublish{Source: "cases.>", Destination: "live.cases.>", HeadersOnly: true},
	}
}

// open makes sure that the stream exists and can't drop an event, once a process. The configuration is that of one to be made.
func (l *Log) open(ctx context.Context, name string, config func() jetstream.StreamConfig) error {
	if _, known := l.opened.Load(name); known {
		return nil
	}
	l.opening.Lock() // one at a time: rivals within a process would only slow the broker down
	defer l.opening.Unlock()
	if _, known := l.opened.Load(name); known {
		return nil
	}
	s, err := l.findOrMake(ctx, config())
	if err != nil {
		return errAway(fmt.Errorf("open stream %s: %w", name, err))
	}
	if err := checkConfig(s.CachedInfo().Config); err != nil {
		return err
	}
	l.opened.Store(name, l.newGroup(s.CachedInfo().Config.Replicas))
	return nil
}

// newGroup is what appends to a stream of so many replicas go by; nil where each goes by itself.
func (l *Log) newGroup(replicas int) *group {
	if l.lazy && replicas == 1 {
		return nil
	}
	return &group{log: l}
}

// groupOf is what appends to an opened stream go by; nil where each goes by itself.
func (l *Log) groupOf(stream string) *group {
	known, _ := l.opened.Load(stream)
	together, _ := known.(*group)
	return together
}

// findOrMake returns the stream. Another process may make it at the same time, and a cluster may be slow to answer: then it is looked for
// again until ctx ends.
func (l *Log) findOrMake(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	for {
		step, cancel := context.WithTimeout(ctx, 2*time.Second)
		s, err := l.js.Stream(step, cfg.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			s, err = l.js.CreateStream(step, cfg)
		}
		cancel()
		if err == nil || ctx.Err() != nil || codeOf(err) != 0 && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return s, err
		}
		if !wait(ctx, 50*time.Millisecond) {
			return nil, err
		}
	}
}

// checkConfig refuses a stream that would drop events by itself: DenyDelete does not stop that.
func checkConfig(c jetstream.StreamConfig) error {
	limited := c.MaxAge != 0 || c.MaxMsgs > 0 || c.MaxMsgsPerSubject > 0 || c.Discard != jetstream.DiscardNew || c.AllowMsgTTL ||
		c.Retention != jetstream.LimitsPolicy || !c.DenyDelete || !c.DenyPurge
	if limited {
		return fmt.Errorf("stream %s may drop events (age, count, discard, TTL, delete or purge is not ruled out): refused", c.Name)
	}
	return nil
}
