package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// numbersStream is the stream behind the bucket of numbers.
const numbersStream = "KV_" + numbersBucket

// Kept is a stream that is evidence: events, reference data, signed roots, and the numbers that are taken. Timers and leases are not: they
// are made anew.
type Kept struct {
	Name        string
	Created     time.Time
	First, Last uint64 // sequences; both 0 where it is empty
}

// kept are the streams that are evidence by the beginning of their names, in the order in which they are to be copied while the log grows:
// what refers to others comes before them. A root is of events, an event is of a version of the reference data and has a number.
var kept = []string{rootsPrefix, casesPrefix, worksPrefix, referencePrefix, numbersStream}

// Kept returns the streams that are evidence, in the order in which they are to be copied.
func (l *Log) Kept(ctx context.Context) ([]Kept, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	lister := l.js.ListStreams(ctx)
	var all []Kept
	for info := range lister.Info() {
		if rank(info.Config.Name) >= 0 {
			k := Kept{Name: info.Config.Name, Created: info.Created.UTC(), First: info.State.FirstSeq, Last: info.State.LastSeq}
			if info.State.Msgs == 0 {
				k.First, k.Last = 0, 0
			}
			all = append(all, k)
		}
	}
	if err := lister.Err(); err != nil {
		return nil, fmt.Errorf("list streams: %w", errAway(err))
	}
	slices.SortFunc(all, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// rank is a stream's place in that order; -1: it is no evidence.
func rank(stream string) int {
	return slices.IndexFunc(kept, func(beginning string) bool { return strings.HasPrefix(stream, beginning) })
}

// Records returns up to limit messages of a stream of evidence from a sequence on, as far as this moment's copy has them; ErrNoStream where
// there is none of that name.
func (l *Log) Records(ctx context.Context, stream string, from uint64, limit int) ([]Stored, error) {
	if rank(stream) < 0 {
		return nil, ErrNoStream
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	if _, err := l.js.Stream(ctx, stream); errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, ErrNoStream
	}
	var all []Stored
	for more := true; more && len(all) < limit; {
		var err error
		more, err = l.batch(ctx, stream, limit-len(all), func(m *jetstream.RawStreamMsg) error {
			all, from = append(all, Stored{Subject: m.Subject, Headers: m.Header, Payload: m.Data, Seq: m.Sequence}), m.Sequence+1
			return nil
		}, jetstreamext.GetBatchSeq(max(from, 1)))
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Restore makes a stream of evidence that is not there and fills it: each message gets the sequence that it had. It is for an empty log
// that nobody else uses.
func (l *Log) Restore(ctx context.Context, stream string, records iter.Seq2[Stored, error]) error {
	if stream == numbersStream {
		return l.restoreNumbers(ctx, records)
	}
	cfg, err := l.configOf(stream)
	if err != nil {
		return err
	}
	js, err := jetstream.New(l.nc, jetstream.WithPublishAsyncMaxPending(4096))
	if err != nil {
		return err
	}
	next := uint64(0)
	for r, err := range records {
		if err != nil {
			return err
		}
		if next == 0 {
			next = r.Seq
			if cfg.FirstSeq = r.Seq; cfg.FirstSeq == 1 {
				cfg.FirstSeq = 0
			}
			if _, err := js.CreateStream(ctx, cfg); err != nil {
				return fmt.Errorf("make stream %s: %w", stream, err)
			}
		}
		if r.Seq != next {
			return fmt.Errorf("%w: %s misses sequence %d", ErrGap, stream, next)
		}
		if _, err := js.PublishMsgAsync(&nats.Msg{Subject: r.Subject, Header: r.Headers, Data: r.Payload}); err != nil {
			return fmt.Errorf("store %s at %d: %w", stream, r.Seq, err)
		}
		next++
	}
	if next == 0 {
		return nil
	}
	return settled(ctx, js, stream, next-1)
}

// settled waits until everything is stored and looks that it ends where it must.
func settled(ctx context.Context, js jetstream.JetStream, stream string, last uint64) error {
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return ctx.Err()
	}
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", stream, err)
	}
	if state := s.CachedInfo().State; state.LastSeq != last || state.Msgs != last-state.FirstSeq+1 {
		return fmt.Errorf("stream %s ends at %d with %d messages, not at %d", stream, state.LastSeq, state.Msgs, last)
	}
	return nil
}

// configOf is what a stream of evidence is made like.
func (l *Log) configOf(stream string) (jetstream.StreamConfig, error) {
	if district, year, ok := parseStreamName(stream); ok {
		return l.casesConfig(district, year), nil
	}
	for prefix, config := range map[string]func(string) jetstream.StreamConfig{referencePrefix: l.referenceConfig, worksPrefix: l.worksConfig, rootsPrefix: l.rootsConfig} {
		if district, ok := strings.CutPrefix(stream, prefix); ok && digits(district, 6) {
			return config(district), nil
		}
	}
	return jetstream.StreamConfig{}, fmt.Errorf("%q is no stream of evidence", stream)
}

// restoreNumbers puts the newest value of each counter into a new bucket: what was taken stays taken.
func (l *Log) restoreNumbers(ctx context.Context, records iter.Seq2[Stored, error]) error {
	newest := map[string][]byte{}
	for r, err := range records {
		if err != nil {
			return err
		}
		newest[strings.TrimPrefix(r.Subject, "$KV."+numbersBucket+".")] = r.Payload
	}
	kv, err := l.numbers(ctx)
	if err != nil {
		return err
	}
	for counter, value := range newest {
		if _, err := kv.Create(ctx, counter, value); err != nil {
			return fmt.Errorf("restore counter %s: %w", counter, err)
		}
	}
	return nil
}
