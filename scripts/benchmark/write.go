package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// many is over how many districts, and so streams, a log is spread where it is spread.
const many = 8

// durability is what an acknowledged command outlives.
type durability struct {
	name   string
	lazy   bool // the log is synced every two minutes, the database commits without waiting for the disk
	spread bool // the log is measured over many districts, too
}

var (
	durabilities = []durability{{name: "relaxed", lazy: true}, {name: "strict", spread: true}}
	trioStrict   = durability{name: "strict, three replicas"}
)

// The names of the contestants, before the durability.
const (
	rawPublish  = "raw guarded publish"
	rawBatches  = "raw guarded publish in batches"
	spotPublish = "guarded publish, events made on the spot"
	spotBatches = "guarded publish in batches, events made on the spot"
	gridcase    = "gridcase"
	tunedCRUD   = "CRUD tuned"
	counterCRUD = "CRUD with per-grid counters"
	pgEvents    = "Postgres event store"
	goLibrary   = "Go library, hallgren/eventsourcing"
)

// The writers' contestants that are peers, and the peers' keys.
var peerNames = []struct{ Name, Key string }{{tunedCRUD, "crud"}, {pgEvents, "events"}, {goLibrary, "library"}, {counterCRUD, "counters"}}

func named(what, how string) string { return what + ", " + how }

// write measures the write side alone, in this process: no HTTP, no views.
func (b *bench) write(ctx context.Context) (*section, error) {
	sec := &section{Name: "write", Title: fmt.Sprintf("Write path, the log alone: create a case, then 6 transitions, %d clients, each command with its guard; no free text, which goes into a database", b.clients)}
	var all []contestant
	var serial atomic.Uint64
	db, err := startDatabase(ctx, filepath.Join(b.dir, "write-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	for _, d := range durabilities {
		house, err := openHouse(ctx, filepath.Join(b.dir, "write-"+d.name), "", d.lazy)
		if err != nil {
			return nil, err
		}
		defer house.close()
		ours, err := b.logWriters(ctx, house, d, &serial)
		if err != nil {
			return nil, err
		}
		theirs, err := b.peerWriters(ctx, db, d, &serial)
		if err != nil {
			return nil, err
		}
		all = append(append(all, ours...), theirs...)
	}
	trio, err := openTrio(ctx, filepath.Join(b.dir, "write-cluster"))
	if err != nil {
		return nil, err
	}
	defer trio.close()
	replicated, err := b.logWriters(ctx, trio, trioStrict, &serial)
	if err != nil {
		return nil, err
	}
	outcomes, err := b.compete(ctx, append(all, replicated...))
	if err != nil {
		return nil, err
	}
	sec.add(outcomes)
	sec.Targets = writeTargets(outcomes)
	sec.Notes = rulesCost(outcomes)
	return sec, nil
}

// logWriters are gridcase and its floors: in one district, and in many where the durability is spread. Each has districts of its own, so that what it stored
// can be counted.
func (b *bench) logWriters(ctx context.Context, h *house, d durability, serial *atomic.Uint64) ([]contestant, error) {
	if err := h.open(ctx, int(model)+1); err != nil {
		return nil, err
	}
	people, err := h.people(int(model) + 1)
	if err != nil {
		return nil, err
	}
	w := &writer{h.commands, people}
	events, err := modelEvents(ctx, h, w)
	if err != nil {
		return nil, err
	}
	var all []contestant
	set := func(how string, rawBegin, spotBegin, begin district, districts int) error {
		raw, err := newFloor(ctx, h, events, rawBegin, districts)
		if err != nil {
			return err
		}
		made, err := newFloor(ctx, h, events, spotBegin, districts)
		if err != nil {
			return err
		}
		spot, err := newOnSpot(made, events)
		if err != nil {
			return err
		}
		l := load{clients: b.clients, begin: rawBegin, districts: districts, window: b.window, meter: meter{own: true}, serial: serial}
		all = append(all, b.logWriter(named(rawPublish, how), h, l, raw, uint64(districts)))
		l.begin = spotBegin
		all = append(all, b.logWriter(named(spotPublish, how), h, l, spot, uint64(districts)))
		l.begin = begin
		all = append(all, b.logWriter(named(gridcase, how), h, l, w, 0))
		return nil
	}
	if err := set(d.name, 20, 40, 0, 1); err != nil || d.lazy {
		return all, err
	}
	together, err := b.batchWriters(ctx, h, d, events, serial)
	if err != nil {
		return nil, err
	}
	all = append(all, together...)
	if !d.spread {
		return all, nil
	}
	return all, set(over(d), 30, 50, 1, many)
}

// batchWriters are the floors whose messages go together, as gridcase's do where the log is synced.
func (b *bench) batchWriters(ctx context.Context, h *house, d durability, events []eventstore.Event, serial *atomic.Uint64) ([]contestant, error) {
	raw, err := newFloor(ctx, h, events, 60, 1)
	if err != nil {
		return nil, err
	}
	made, err := newFloor(ctx, h, events, 61, 1)
	if err != nil {
		return nil, err
	}
	spot, err := newOnSpot(made, events)
	if err != nil {
		return nil, err
	}
	l := load{clients: b.clients, begin: 60, districts: 1, window: b.window, meter: meter{own: true}, serial: serial}
	atOnce := b.logWriter(named(rawBatches, d.name), h, l, newBatches(raw, raw, b.clients), 1)
	l.begin = 61
	return []contestant{atOnce, b.logWriter(named(spotBatches, d.name), h, l, newBatches(made, spot, b.clients), 1)}, nil
}

// over names a log that is spread.
func over(d durability) string { return fmt.Sprintf("%s over %d districts", d.name, many) }

// logWriter is a contestant whose events are counted in its own districts, but for those that made the streams.
func (b *bench) logWriter(name string, h *house, l load, who player, before uint64) contestant {
	return contestant{name: name, profiled: true,
		run: func(ctx context.Context) (sample, error) { return l.drive(ctx, who) },
		verify: func(ctx context.Context, operations uint64) error {
			n, err := stored(ctx, h.log, l.begin, l.districts)
			return same(n, operations+before, err)
		}}
}

// same holds what is stored to what was done.
func same(stored, done uint64, err error) error {
	if err == nil && stored != done {
		err = fmt.Errorf("%d are stored, %d were done", stored, done)
	}
	return err
}

// peerWriters are the peers, each with a database of its own, to which it is connected while it runs alone: the server takes only so many.
func (b *bench) peerWriters(ctx context.Context, db *database, d durability, serial *atomic.Uint64) (all []contestant, err error) {
	for _, p := range peerNames {
		dsn, err := db.fresh(ctx, p.Key+"_"+d.name)
		if err != nil {
			return nil, err
		}
		if err := makeTables(ctx, dsn, peers[p.Key].tables); err != nil {
			return nil, err
		}
		l := load{clients: b.clients, districts: 1, window: b.window, meter: meter{own: true, trees: []int{db.pid}}, serial: serial}
		all = append(all, contestant{name: named(p.Name, d.name),
			run: func(ctx context.Context) (sample, error) {
				pool, err := openPool(ctx, dsn, b.pool, d.lazy)
				if err != nil {
					return sample{}, err
				}
				defer pool.Close()
				peer, err := peers[p.Key].on(pool)
				if err != nil {
					return sample{}, err
				}
				return l.drive(ctx, peer)
			},
			verify: func(ctx context.Context, operations uint64) error { return peerStored(ctx, p.Key, dsn, operations) }})
	}
	return all, nil
}

// peerStored holds a peer's tables to what it was asked to do.
func peerStored(ctx context.Context, key, dsn string, operations uint64) error {
	pool, err := openPool(ctx, dsn, 1, true)
	if err != nil {
		return err
	}
	defer pool.Close()
	p, err := peers[key].on(pool)
	if err != nil {
		return err
	}
	n, err := p.stored(ctx)
	return same(n, operations, err)
}

// ofTheFastest is the library's rate by that of the fastest ones, get-eventually/go-eventually and modernice/goes, where all three were
// measured, on PostgreSQL with each commit synced: 5,100 and 6,300 commands a second. The target is on the fastest.
const ofTheFastest = 5100.0 / 6300

// rulesCost says what the rules and the cache add to what evidence and idempotency demand of any write side.
func rulesCost(o []outcome) (notes []string) {
	for _, c := range []struct{ how, floor string }{
		{"relaxed", spotPublish}, {"strict", spotBatches}, {over(durabilities[1]), spotPublish}, {trioStrict.name, spotBatches},
	} {
		rate, ok := ratio(o, named(gridcase, c.how), named(c.floor, c.how), (*sample).rate)
		cost, _ := ratio(o, named(gridcase, c.how), named(c.floor, c.how), (*sample).cost)
		if ok {
			notes = append(notes, fmt.Sprintf("%s: gridcase by the %s: %s of its rate, %s of its CPU; that is what rights, rules and cache cost", c.how, c.floor, number(rate), number(cost)))
		}
	}
	return notes
}

// writeTargets are the targets of the write side.
func writeTargets(o []outcome) []target {
	var all []target
	for _, how := range []string{"relaxed", "strict"} {
		all = append(all,
			atLeast(how+": gridcase by the raw publish", 0.90, "").judgeRatio(o, named(gridcase, how), named(rawPublish, how), (*sample).rate),
			atMost(how+": its CPU by the raw publish's", 1.15, "").judgeRatio(o, named(gridcase, how), named(rawPublish, how), (*sample).cost))
	}
	spread := over(durabilities[1])
	return append(all,
		atLeast("relaxed: gridcase by the tuned CRUD", 3, "").judgeRatio(o, named(gridcase, "relaxed"), named(tunedCRUD, "relaxed"), (*sample).rate),
		atLeast(spread+": gridcase by the tuned CRUD, strict", 1.2, "").judgeRatio(o, named(gridcase, spread), named(tunedCRUD, "strict"), (*sample).rate),
		atMost(spread+": its CPU by the tuned CRUD's", 0.5, "").judgeRatio(o, named(gridcase, spread), named(tunedCRUD, "strict"), (*sample).cost),
		atLeast("relaxed: gridcase by the Go library", 6/ofTheFastest, "").judgeRatio(o, named(gridcase, "relaxed"), named(goLibrary, "relaxed"), (*sample).rate),
		atLeast(trioStrict.name+": gridcase by the raw publish", 1.2, "").judgeRatio(o, named(gridcase, trioStrict.name), named(rawPublish, trioStrict.name), (*sample).rate),
		atMost(trioStrict.name+": its CPU by the raw publish's", 0.8, "").judgeRatio(o, named(gridcase, trioStrict.name), named(rawPublish, trioStrict.name), (*sample).cost))
}
