package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gridcase/gridcase/pkg/casework"
)

// player does one command of a case, with its guard. It is called by many clients at once, but for one case by one at a time.
type player interface {
	do(ctx context.Context, client int, s *story, p *step, cmd casework.Command) error
}

// load is how a player is driven: so many clients, each with a case of its own, one command after the other; their cases lie in so many
// districts. Every contestant gets the same.
type load struct {
	clients   int
	begin     district // the first of the districts
	districts int
	window    time.Duration // what is measured
	texts     bool          // each report says something
	meter     meter
	settle    func(ctx context.Context) error // what still belongs to the work when the clients have stopped; may be nil
	serial    *atomic.Uint64                  // the number of the next case
}

// sample is what one window came to.
type sample struct {
	operations uint64
	before     uint64 // operations before the window, which are stored too
	elapsed    time.Duration
	cpu        usage
	latency    histogram
}

func (s *sample) rate() float64 { return float64(s.operations) / s.elapsed.Seconds() }

// cost is CPU seconds per 1,000 operations, of all processes that have a part.
func (s *sample) cost() float64 {
	return s.per(s.cpu.own + s.cpu.others)
}

// othersCost is the part of the cost that other processes than the benchmark's own have.
func (s *sample) othersCost() float64 {
	return s.per(s.cpu.others)
}

// What the client, the contestant's own process and PostgreSQL have of the cost.
func (s *sample) clientCost() float64   { return s.per(s.cpu.own) }
func (s *sample) processCost() float64  { return s.per(s.cpu.others - s.cpu.postgres) }
func (s *sample) postgresCost() float64 { return s.per(s.cpu.postgres) }

func (s *sample) per(cpu time.Duration) float64 { return cpu.Seconds() / float64(s.operations) * 1000 }

// drive lets the clients play through the window and returns what they did. They play a quarter of it beforehand, whose end nobody has to wait
// for then: who begins anew, as PostgreSQL's processes do with their plans, has begun by then.
func (l *load) drive(ctx context.Context, who player) (sample, error) {
	before, err := l.through(ctx, who, l.window/4)
	if err != nil {
		return sample{}, err
	}
	clock := startClock(l.meter)
	took, err := l.through(ctx, who, l.window)
	if err != nil {
		return sample{}, err
	}
	s, err := clock.stop(took.count)
	s.before, s.latency = before.count, took
	return s, err
}

// through lets the clients play for some time, to the end of what belongs to it.
func (l *load) through(ctx context.Context, who player, window time.Duration) (histogram, error) {
	took, err := l.play(ctx, who, window)
	if err == nil && l.settle != nil {
		err = l.settle(ctx)
	}
	return took, err
}

func (l *load) play(ctx context.Context, who player, window time.Duration) (all histogram, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var over atomic.Bool
	timer := time.AfterFunc(window, func() { over.Store(true) })
	defer timer.Stop()
	took := make([]histogram, l.clients)
	var group sync.WaitGroup
	for client := range l.clients {
		group.Go(func() {
			for !over.Load() && ctx.Err() == nil {
				s := newStory(l.begin+district(client%l.districts), l.serial.Add(1))
				if l.texts {
					s.written()
				}
				if err := tell(ctx, who, client, s, &over, &took[client]); err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return all, context.Cause(ctx)
	}
	for i := range took {
		all.merge(&took[i])
	}
	return all, nil
}

// tell plays one case until its usual way or the window ends.
func tell(ctx context.Context, who player, client int, s *story, over *atomic.Bool, took *histogram) error {
	for i := range way[:usual] {
		if over.Load() {
			return nil
		}
		cmd := way[i].make(s)
		begun := time.Now()
		if err := who.do(ctx, client, s, &way[i], cmd); err != nil {
			return fmt.Errorf("%s of case %s: %w", way[i].procedure, s.id, err)
		}
		took.add(time.Since(begun))
	}
	return nil
}
