package main

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// pacer appends events that were made beforehand at a steady rate, each with its guard, whether the last one was acknowledged or not: what
// comes in does not wait for who reads.
type pacer struct {
	log   *eventstore.Log
	parts []eventstore.Part
	rate  float64 // events a second
	acked func(seq uint64, at time.Time)

	last [lanes]map[string]uint64 // the sequence of each case's last event
}

// lanes is how many append at once; all events of a case are in one lane.
const lanes = 64

var lane = maphash.MakeSeed()

// run appends all parts and returns how long that took.
func (p *pacer) run(ctx context.Context) (time.Duration, error) {
	type timed struct {
		eventstore.Part
		at time.Duration
	}
	queues := make([][]timed, lanes)
	for i, part := range p.parts {
		n := maphash.String(lane, part.Case.ID) % lanes
		queues[n] = append(queues[n], timed{part, time.Duration(float64(i) / p.rate * float64(time.Second))})
	}
	begun := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for n, queue := range queues {
		if p.last[n] == nil {
			p.last[n] = map[string]uint64{}
		}
		last := p.last[n]
		g.Go(func() error {
			for _, t := range queue {
				if err := sleepUntil(ctx, begun.Add(t.at)); err != nil {
					return err
				}
				seq, err := p.log.Append(ctx, t.Case, last[t.Case.ID], t.Events)
				if err != nil {
					return err
				}
				last[t.Case.ID] = seq
				if p.acked != nil {
					p.acked(seq, time.Now())
				}
			}
			return nil
		})
	}
	err := g.Wait()
	return time.Since(begun), err
}

func sleepUntil(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// arrivals are when each event of a stream was acknowledged and when the views showed it.
type arrivals struct {
	mu      sync.Mutex
	acked   map[uint64]time.Time
	visible uint64
	lags    histogram
	changed chan struct{}
}

func newArrivals() *arrivals {
	return &arrivals{acked: map[uint64]time.Time{}, changed: make(chan struct{}, 1)}
}

// ack notes an acknowledgement. An event that the views show before its acknowledgement is heard has no lag.
func (a *arrivals) ack(seq uint64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if seq <= a.visible {
		a.lags.add(0)
		a.wake()
		return
	}
	a.acked[seq] = at
}

// show notes that the views hold everything up to seq.
func (a *arrivals) show(seq uint64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for n := a.visible + 1; n <= seq; n++ {
		if acked, ok := a.acked[n]; ok {
			a.lags.add(at.Sub(acked))
			delete(a.acked, n)
		}
	}
	a.visible = max(a.visible, seq)
	a.wake()
}

// wake wakes who waits.
func (a *arrivals) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // it is awake
	}
}

// await returns when so many lags are known.
func (a *arrivals) await(ctx context.Context, events uint64) (histogram, error) {
	for {
		a.mu.Lock()
		lags := a.lags
		a.mu.Unlock()
		if lags.count >= events {
			return lags, nil
		}
		select {
		case <-a.changed:
		case <-ctx.Done():
			return lags, ctx.Err()
		}
	}
}
