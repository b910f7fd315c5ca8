package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// contestant has a part in a comparison.
type contestant struct {
	name     string
	run      func(ctx context.Context) (sample, error)
	verify   func(ctx context.Context, operations uint64) error // what it stored is what it said that it did, in all rounds together
	profiled bool                                               // a profile of this process tells about it
	anew     bool                                               // each run begins with nothing: --quick leaves the one out that warms up
}

// outcome is what a contestant came to: a sample a round, in the order of the rounds.
type outcome struct {
	name    string
	samples []sample
}

// compete runs every contestant once a round, in an order that rotates, so that what the machine does beside is spread over all, and
// verifies each.
func (b *bench) compete(ctx context.Context, all []contestant) ([]outcome, error) {
	outcomes := make([]outcome, len(all))
	done := make([]uint64, len(all))
	for i := range all {
		outcomes[i].name = all[i].name
	}
	for round := range b.rounds + 1 { // the first one only warms up
		for k := range all {
			i := (k + round) % len(all)
			if round == 0 && b.quick && all[i].anew {
				continue
			}
			s, err := b.once(ctx, &all[i], round)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", all[i].name, err)
			}
			done[i] += s.before + s.operations
			if round > 0 {
				outcomes[i].samples = append(outcomes[i].samples, s)
			}
			b.progress("round %d of %d: %s %.0f/s", round, b.rounds, all[i].name, s.rate())
		}
	}
	for i := range all {
		if err := all[i].verify(ctx, done[i]); err != nil {
			return nil, fmt.Errorf("%s did not do what it said: %w", all[i].name, err)
		}
	}
	return outcomes, nil
}

// once runs one contestant, with this process's profile in the last round where it was asked for.
func (b *bench) once(ctx context.Context, c *contestant, round int) (sample, error) {
	runtime.GC() // what the one before left is not this one's to clear up
	if b.profile == "" || !c.profiled || round != b.rounds {
		return c.run(ctx)
	}
	f, err := os.Create(filepath.Join(b.profile, fileName(c.name)+".pprof"))
	if err != nil {
		return sample{}, err
	}
	defer f.Close() // a profile that is cut short can't be read, which shows
	if err := pprof.StartCPUProfile(f); err != nil {
		return sample{}, err
	}
	defer pprof.StopCPUProfile()
	return c.run(ctx)
}

// median of some figures; 0 of none.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}

// figure is the median of one figure over the rounds.
func (o *outcome) figure(of func(*sample) float64) float64 {
	figures := make([]float64, len(o.samples))
	for i := range o.samples {
		figures[i] = of(&o.samples[i])
	}
	return median(figures)
}

func (o *outcome) quantile(q float64) time.Duration {
	return time.Duration(o.figure(func(s *sample) float64 { return float64(s.latency.quantile(q)) }))
}

// ratio is the median over the rounds of one contestant's figure by another's of the same round.
func ratio(outcomes []outcome, of, by string, figure func(*sample) float64) (float64, bool) {
	a, b := find(outcomes, of), find(outcomes, by)
	if a == nil || b == nil || len(a.samples) == 0 || len(a.samples) != len(b.samples) {
		return 0, false
	}
	ratios := make([]float64, len(a.samples))
	for i := range ratios {
		ratios[i] = figure(&a.samples[i]) / figure(&b.samples[i])
	}
	return median(ratios), true
}

func find(outcomes []outcome, name string) *outcome {
	for i := range outcomes {
		if outcomes[i].name == name {
			return &outcomes[i]
		}
	}
	return nil
}

// fileName is a contestant's name as a file may have it.
func fileName(name string) string {
	return strings.NewReplacer(" ", "-", ",", "", ":", "", "/", "-").Replace(name)
}
