package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	// leasesBucket holds who holds which case for which queue, one key each: DISTRICT.CASE.QUEUE.
	leasesBucket = "LEASES"
	// markerLife is how long the broker keeps the mark of a lease that ended, for those who were away when it did.
	markerLife = 15 * time.Minute
)

// open returns the bucket, made once where it lacks.
func (s *Leases) open(ctx context.Context) (jetstream.KeyValue, error) {
	s.mu.Lock()
	kv := s.bucket
	s.mu.Unlock()
	if kv != nil {
		return kv, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.log.patience)
	defer cancel()
	kv, err := s.log.findOrMakeBucket(ctx, jetstream.KeyValueConfig{Bucket: leasesBucket, Replicas: s.log.replicas, Storage: jetstream.FileStorage,
		LimitMarkerTTL: markerLife, Description: "who holds which case of a queue"})
	if err != nil {
		return nil, fmt.Errorf("open leases: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucket = kv
	return kv, nil
}

// last returns what the broker has under a key, empty where no lease, and the sequence that guards it.
func (s *Leases) last(ctx context.Context, key string) (value []byte, seq uint64, err error) {
	m, err := s.ask(ctx, map[string]any{"last_by_subj": subjectOf(key)})
	if err != nil || m == nil {
		return nil, 0, err
	}
	return m.Data, m.Seq, nil
}

// ask reads from the bucket's leader. While one is being chosen nobody answers at all, so the answer is not waited for until the end of ctx.
func (s *Leases) ask(ctx context.Context, request map[string]any) (*stored, error) {
	ctx, cancel := context.WithTimeout(ctx, s.log.patience/8)
	defer cancel()
	return s.log.fromLeader(ctx, "KV_"+leasesBucket, request)
}

// put stores a lease for one life where nothing has changed since the sequence after, and returns what it stored, or tried to.
func (s *Leases) put(ctx context.Context, l Lease, after uint64) ([]byte, error) {
	value, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode a lease: %w", err)
	}
	m := nats.NewMsg(subjectOf(l.key()))
	m.Data = value
	return value, s.send(ctx, m, s.life, after)
}

// mark ends the lease under a key where nothing has changed since the sequence after.
func (s *Leases) mark(ctx context.Context, key string, after uint64) error {
	m := nats.NewMsg(subjectOf(key))
	m.Header.Set("KV-Operation", "PURGE")
	m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	return s.send(ctx, m, markerLife, after)
}

// send stores a message that lives for a while, and remembers it.
func (s *Leases) send(ctx context.Context, m *nats.Msg, life time.Duration, after uint64) error {
	m.Header.Set(jetstream.MsgTTLHeader, life.String())
	guard(m, after)
	seq, err := s.log.publish(ctx, []*nats.Msg{m})
	if err == nil {
		s.hear(strings.TrimPrefix(m.Subject, subjectOf("")), m.Data, seq)
	}
	return err
}

func subjectOf(key string) string { return "$KV." + leasesBucket + "." + key }

// leasesAway is what a caller hears when the broker can't be asked.
func leasesAway(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "lease.unavailable", After: 2 * time.Second, Cause: cause,
		Text: "who holds which case can't be told now; try again"}
}

// readLease returns the lease that a value tells; false for the mark of one that ended.
func readLease(value []byte) (Lease, bool) {
	var l Lease
	ok := len(value) > 0 && json.Unmarshal(value, &l) == nil
	return l, ok
}
