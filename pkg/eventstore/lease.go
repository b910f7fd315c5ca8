package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// numbersBucket holds the first number of each counter that nobody has leased.
const numbersBucket = "NUMBERS"

// LeaseNumbers takes size consecutive numbers of a counter, from 1 on, that nobody ever had or will have, and returns the first. A process
// that ends before it used them leaves a gap. An Unavailable fault says that none were taken, or that it is unknown: then they are a gap.
func (l *Log) LeaseNumbers(ctx context.Context, counter string, size uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	kv, err := l.numbers(ctx)
	if err != nil {
		return 0, err
	}
	for {
		first, err := lease(ctx, kv, counter, size)
		if codeOf(err) == codeWrongSequence || codeOf(err) == codeInFlight || errors.Is(err, jetstream.ErrKeyExists) {
			continue // another process was faster; ctx bounds the tries
		}
		if leaderless(err) && wait(ctx, 50*time.Millisecond) {
			continue // the bucket's leader is being chosen
		}
		if err != nil {
			return 0, errAway(fmt.Errorf("lease numbers: %w", err))
		}
		return first, nil
	}
}

// leaderless tells whether nobody is there to answer, so that nothing was done.
func leaderless(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// wait returns after d, or false as soon as ctx ends.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func lease(ctx context.Context, kv jetstream.KeyValue, counter string, size uint64) (uint64, error) {
	entry, err := kv.Get(ctx, counter)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		_, err = kv.Create(ctx, counter, strconv.AppendUint(nil, 1+size, 10))
		return 1, err
	}
	if err != nil {
		return 0, err
	}
	first, err := strconv.ParseUint(string(entry.Value()), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("counter %s: %w", counter, err)
	}
	_, err = kv.Update(ctx, counter, strconv.AppendUint(nil, first+size, 10), entry.Revision())
	return first, err
}

// numbers returns the bucket, made once where it lacks.
func (l *Log) numbers(ctx context.Context) (jetstream.KeyValue, error) {
	l.opening.Lock() // as with streams: one at a time a process
	defer l.opening.Unlock()
	if l.leases != nil {
		return l.leases, nil
	}
	kv, err := l.findOrMakeBucket(ctx, jetstream.KeyValueConfig{Bucket: numbersBucket, Replicas: l.replicas, Storage: jetstream.FileStorage,
		Description: "the first case number of each district and day that nobody has leased"})
	if err != nil {
		return nil, errAway(fmt.Errorf("open numbers: %w", err))
	}
	l.leases = kv
	return kv, nil
}

// findOrMakeBucket returns the bucket, as findOrMake returns a stream.
func (l *Log) findOrMakeBucket(ctx context.Context, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	for {
		step, cancel := context.WithTimeout(ctx, 2*time.Second)
		kv, err := l.js.KeyValue(step, cfg.Bucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			kv, err = l.js.CreateKeyValue(step, cfg)
		}
		cancel()
		if err == nil || ctx.Err() != nil || codeOf(err) != 0 && !errors.Is(err, jetstream.ErrBucketExists) || !wait(ctx, 50*time.Millisecond) {
			return kv, err
		}
	}
}
