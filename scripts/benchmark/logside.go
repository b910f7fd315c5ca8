package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// logSide are gridcase and its floors on one log. Each has districts of its own, so that what it stored can be counted.
type logSide struct {
	*bench
	house  *house
	people actors
	ours   *writer
	events []eventstore.Event // of a case that gridcase stored
	serial *atomic.Uint64
	all    []contestant
}

// logWriters are gridcase and its floors: in one district, and in many where the durability is spread.
func (b *bench) logWriters(ctx context.Context, h *house, d durability, serial *atomic.Uint64) ([]contestant, error) {
	l := &logSide{bench: b, house: h, serial: serial}
	err := l.begin(ctx)
	if err == nil {
		err = l.oneByOne(ctx, d.name, 20, 40, 0, 1)
	}
	if err == nil && d.lazy {
		err = l.decided(ctx, named(ruledPublish, d.name), func(r *decided) player { return r })
	}
	if err == nil && !d.lazy {
		err = l.together(ctx, d.name)
	}
	if err == nil && d.spread {
		err = l.oneByOne(ctx, over(d), 30, 50, 1, many)
	}
	return l.all, err
}

// begin opens the districts in which rules are asked, and has gridcase store the case that the floors take for a model.
func (l *logSide) begin(ctx context.Context) (err error) {
	const opened = int(ruled) + 1
	if err := l.house.open(ctx, opened); err != nil {
		return err
	}
	if l.people, err = l.house.people(opened); err != nil {
		return err
	}
	l.ours = &writer{l.house.commands, l.people}
	l.events, err = modelEvents(ctx, l.house, l.ours)
	return err
}

// oneByOne are gridcase and the floors that publish one message after the other.
func (l *logSide) oneByOne(ctx context.Context, how string, rawBegin, spotBegin, begin district, districts int) error {
	raw, err := newFloor(ctx, l.house, l.events, rawBegin, districts)
	if err != nil {
		return err
	}
	spot, err := newOnSpot(ctx, l.house, l.events, spotBegin, districts)
	if err != nil {
		return err
	}
	l.enter(named(rawPublish, how), raw, rawBegin, districts, uint64(districts))
	l.enter(named(spotPublish, how), spot, spotBegin, districts, uint64(districts))
	l.enter(named(gridcase, how), l.ours, begin, districts, 0)
	return nil
}

// together are the floors whose messages go in batches, as gridcase's do where the log is synced.
func (l *logSide) together(ctx context.Context, how string) error {
	raw, err := newFloor(ctx, l.house, l.events, 60, 1)
	if err != nil {
		return err
	}
	spot, err := newOnSpot(ctx, l.house, l.events, 61, 1)
	if err != nil {
		return err
	}
	l.enter(named(rawBatches, how), newBatches(raw, raw, l.clients), 60, 1, 1)
	l.enter(named(spotBatches, how), newBatches(spot.floor, spot, l.clients), 61, 1, 1)
	return l.decided(ctx, named(ruledBatches, how), func(r *decided) player { return newBatches(r.floor, r, l.clients) })
}

// decided is the floor that asks the rules, as it sends what they yield.
func (l *logSide) decided(ctx context.Context, name string, sending func(*decided) player) error {
	r, err := newDecided(ctx, l.house, l.events, l.people)
	if err != nil {
		return err
	}
	l.enter(name, sending(r), ruled, 1, 1)
	return nil
}

// enter adds a contestant whose events are counted in its districts, but for those that were there before, which made the streams.
func (l *logSide) enter(name string, who player, begin district, districts int, before uint64) {
	w := load{clients: l.clients, begin: begin, districts: districts, window: l.window, meter: meter{own: true}, serial: l.serial}
	l.all = append(l.all, contestant{name: name, profiled: true,
		run: func(ctx context.Context) (sample, error) { return w.drive(ctx, who) },
		verify: func(ctx context.Context, operations uint64) error {
			n, err := stored(ctx, l.house.log, begin, districts)
			return same(n, operations+before, err)
		}})
}

// over names a log that is spread.
func over(d durability) string { return fmt.Sprintf("%s over %d districts", d.name, many) }

// same holds what is stored to what was done.
func same(stored, done uint64, err error) error {
	if err == nil && stored != done {
		err = fmt.Errorf("%d are stored, %d were done", stored, done)
	}
	return err
}
