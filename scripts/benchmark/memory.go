package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/services/projector"
)

// cacheSize is how many cases the product's write side keeps.
const cacheSize = 32_768

// memory measures what a case costs in memory: in the log's server, in the write side's cache, and in the projector that fills its views.
func (b *bench) memory(ctx context.Context) (*section, error) {
	if !isApart() {
		return b.memoryApart(ctx)
	}
	sec := &section{Name: "memory", Title: "Memory; the targets are for 1,000,000 cases, each row says on how many it was measured"}
	large, err := b.seeded(ctx, b.cases, b.open)
	if err != nil {
		return nil, err
	}
	rebuilt, err := b.seeded(ctx, b.rebuilt, b.open)
	if err != nil {
		return nil, err
	}
	var servers, caches, readings, fillings, states []float64
	var events uint64
	for round := range b.rounds {
		server, err := serverHeap(large)
		if err != nil {
			return nil, err
		}
		cached, err := b.cacheHeap(ctx, round)
		if err != nil {
			return nil, err
		}
		var reading, filling float64
		if reading, filling, events, err = b.projectorHeap(ctx, rebuilt, round); err != nil {
			return nil, err
		}
		servers, caches = append(servers, server), append(caches, cached)
		readings, fillings, states = append(readings, reading), append(fillings, filling), append(states, math.Max(0, filling-reading))
		b.progress("round %d of %d", round+1, b.rounds)
	}
	server, cached, state := median(servers), median(caches), median(states)
	full := cached * cacheSize / (1 << 20)
	sec.Rows = []row{
		{fmt.Sprintf("log server, %s cases, %s events", number(float64(large.Cases)), number(float64(large.Events))), []cell{{"a case", server, "B"}, {"in all", server * float64(large.Cases) / (1 << 20), "MiB"}}},
		{fmt.Sprintf("write cache of %s cases, 7 events each, by what %s take", number(cacheSize), number(float64(b.cached()))), []cell{{"a case", cached, "B"}, {"in all", full, "MiB"}}},
		{fmt.Sprintf("projector, all views of %s cases, %s events", number(float64(rebuilt.Cases)), number(float64(events))), []cell{{"heap at its most", median(fillings), "MiB"}, {"while only reading", median(readings), "MiB"}, {"above it", state, "MiB"}}},
	}
	sec.Targets = []target{atMost(fmt.Sprintf("log server, %s cases: a case", number(float64(large.Cases))), 2500, "B").judge(server), atMost("write cache, full", 150, "MiB").judge(full),
		atMost(fmt.Sprintf("projector, %s cases: live heap above the reading's", number(float64(rebuilt.Cases))), 60, "MiB").judge(state)}
	return sec, nil
}

// liveHeap is what the heap holds after a collection, in bytes.
func liveHeap() float64 {
	runtime.GC()
	runtime.GC() // what finalizers let go
	return marked()
}

// marked is what the last collection found alive, in bytes.
func marked() float64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64())
}

// serverHeap is what the log's server keeps for a case, in bytes.
func serverHeap(s *seed) (float64, error) {
	before := liveHeap()
	broker, err := natsd.Start(natsd.Options{Dir: filepath.Join(s.dir, "nats"), UnsafeLazySync: true, UnsafeFilesystem: true})
	if err != nil {
		return 0, err
	}
	defer broker.Close()
	return (liveHeap() - before) / float64(s.Cases), nil
}

// cacheHeap is what the write side's cache keeps for a case in its usual course, in bytes.
func (b *bench) cacheHeap(ctx context.Context, round int) (float64, error) {
	h, err := openHouse(ctx, filepath.Join(b.dir, fmt.Sprintf("memory-cache-%d", round)), "", true)
	if err != nil {
		return 0, err
	}
	defer h.close()
	if err := h.open(ctx, 1); err != nil {
		return 0, err
	}
	people, err := h.people(1)
	if err != nil {
		return 0, err
	}
	commands, err := h.writeSide(&quickLog{drop: true}, cacheSize)
	if err != nil {
		return 0, err
	}
	cases, before := b.cached(), liveHeap()
	w := &writer{commands, people}
	for n := range cases {
		var over atomic.Bool
		if err := tell(ctx, w, 0, newStory(0, uint64(n)), &over, &histogram{}); err != nil {
			return 0, err
		}
	}
	used := liveHeap() - before
	runtime.KeepAlive(commands)
	return used / float64(cases), nil
}

// cached is how many cases the cache is measured with.
func (b *bench) cached() int { return min(b.small, cacheSize) }

// projectorHeap is the most that the heap holds while a log, whose server is in this process, is only read, and while all views are filled
// from it, from nothing; in MiB. On few cases the second is within the first's noise.
func (b *bench) projectorHeap(ctx context.Context, s *seed, round int) (reading, filling float64, events uint64, err error) {
	h, err := openHouse(ctx, filepath.Join(s.dir, "nats"), "", true)
	if err != nil {
		return 0, 0, 0, err
	}
	defer h.close()
	if events, err = stored(ctx, h.log, 0, 1); err != nil {
		return 0, 0, 0, err
	}
	db, err := startDatabase(ctx, filepath.Join(b.dir, fmt.Sprintf("memory-postgres-%d", round)))
	if err != nil {
		return 0, 0, 0, err
	}
	defer b.stop(db)
	texts, err := db.hold(ctx, s)
	if err != nil {
		return 0, 0, 0, err
	}
	dsn, err := db.fresh(ctx, "memory")
	if err != nil {
		return 0, 0, 0, err
	}
	streams, err := h.log.Streams(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	reading, err = peak(ctx, func() error { return consume(ctx, h.conn, streams[0].Name(), events) })
	if err != nil {
		return 0, 0, 0, err
	}
	filling, err = peak(ctx, func() error {
		run := projected{dsn: dsn, views: projector.Views(texts), log: h.log, until: events, whole: true, scratch: b.dir}
		_, err := run.run(ctx)
		return err
	})
	return reading, filling, events, err
}

// peak is the most that the heap holds while work runs, in MiB.
func peak(ctx context.Context, work func() error) (float64, error) {
	liveHeap() // what was before is collected
	watch, stop := context.WithCancel(ctx)
	most := make(chan float64, 1)
	go func() { most <- highest(watch) }() // ends with stop
	err := work()
	runtime.GC()
	stop()
	return <-most / (1 << 20), err
}

// highest is the most that any collection found alive until ctx ended. The process itself collects too seldom to tell.
func highest(ctx context.Context) (most float64) {
	for {
		runtime.GC()
		most = math.Max(most, marked())
		if sleepUntil(ctx, time.Now().Add(20*time.Millisecond)) != nil {
			return most
		}
	}
}
