package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/gridcase/gridcase/pkg/natsd"
)

// many is over how many districts, and so streams, a log is spread where it is spread.
const many = 8

// durability is what an acknowledged command outlives.
type durability struct {
	name   string
	lazy   bool // the log is synced every two minutes, the database commits without waiting for the disk
	spread bool // the log is measured over many districts, too
	trio   bool // the log lies on three servers; there are no peers
}

var (
	durabilities = []durability{{name: "relaxed", lazy: true}, {name: "strict", spread: true}}
	trioStrict   = durability{name: "strict, three replicas", trio: true}
)

// The names of the contestants, before the durability.
const (
	rawPublish   = "raw guarded publish"
	rawBatches   = "raw guarded publish in batches"
	spotPublish  = "guarded publish, events made on the spot"
	spotBatches  = "guarded publish in batches, events made on the spot"
	ruledPublish = "guarded publish, events decided on the spot"
	ruledBatches = "guarded publish in batches, events decided on the spot"
	gridcase     = "gridcase"
	tunedCRUD    = "CRUD tuned"
	counterCRUD  = "CRUD with per-grid counters"
	pgEvents     = "Postgres event store"
	goLibrary    = "Go library, hallgren/eventsourcing"
)

// The writers' contestants that are peers, and the peers' keys.
var peerNames = []struct{ Name, Key string }{{tunedCRUD, "crud"}, {pgEvents, "events"}, {goLibrary, "library"}, {counterCRUD, "counters"}}

func named(what, how string) string { return what + ", " + how }

// write measures the write side alone, in this process: no HTTP, no views. Only contestants of the same durability are compared, so the
// durabilities run one after the other: one log and one cache are there at a time, as in a server.
func (b *bench) write(ctx context.Context) (*section, error) {
	sec := &section{Name: "write", Title: fmt.Sprintf("Write path, the log alone: create a case, then 6 transitions, %d clients, each command with its guard; no free text, which goes into a database", b.clients)}
	var outcomes []outcome
	var serial atomic.Uint64
	db, err := startDatabase(ctx, filepath.Join(b.dir, "write-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	for _, d := range slices.Concat(durabilities, []durability{trioStrict}) {
		own, err := b.writeUnder(ctx, d, db, &serial)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, own...)
	}
	sec.add(outcomes)
	sec.Targets = writeTargets(outcomes)
	sec.Notes = writeBounds(outcomes)
	b.keepCosts(outcomes, named(ruledPublish, "relaxed"), named(ruledBatches, "strict"), named(spotPublish, over(durabilities[1])))
	return sec, nil
}

// writeUnder measures the contestants of one durability.
func (b *bench) writeUnder(ctx context.Context, d durability, db *database, serial *atomic.Uint64) ([]outcome, error) {
	if processors := runtime.GOMAXPROCS(0); !d.lazy && os.Getenv("GOMAXPROCS") == "" { // as the product does where it syncs the log
		runtime.GOMAXPROCS(natsd.Threads(processors))
		defer runtime.GOMAXPROCS(processors)
	}
	house, err := b.openLog(ctx, d)
	if err != nil {
		return nil, err
	}
	defer house.close()
	all, err := b.logWriters(ctx, house, d, serial)
	if err != nil {
		return nil, err
	}
	if !d.trio {
		peers, err := b.peerWriters(ctx, db, d, serial)
		if err != nil {
			return nil, err
		}
		all = append(all, peers...)
	}
	return b.compete(ctx, all)
}

func (b *bench) openLog(ctx context.Context, d durability) (*house, error) {
	dir := filepath.Join(b.dir, fileName("write-"+d.name))
	if d.trio {
		return openTrio(ctx, dir)
	}
	return openHouse(ctx, dir, "", d.lazy)
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
