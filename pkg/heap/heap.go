// Package heap says how seldom a server collects its heap.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// spare is how much a server may allocate from one collection of its heap to the next at least, in bytes. A server with little alive
	// would collect every few megabytes otherwise, which took a tenth of its CPU.
	spare = 256 << 20
	// plain is Go's own share by which the heap may grow, in percent of what is alive.
	plain = 100
)

// mark is a thing that the next collection finds unused. It holds a pointer, so that it has a place of its own.
type mark struct{ _ *byte }

// CollectSeldom gives the heap 256 MB to grow by, or Go's own share of what is alive where that is more, anew after each collection. Where
// GOGC is set, that holds; GOMEMLIMIT holds in any case.
func CollectSeldom() {
	if os.Getenv("GOGC") != "" {
		return
	}
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := plain
	var again func(struct{})
	again = func(struct{}) {
		metrics.Read(alive)
		if growth := growthFor(alive[0].Value.Uint64()); growth != set {
			debug.SetGCPercent(growth)
			set = growth
		}
		runtime.AddCleanup(&mark{}, again, struct{}{})
	}
	again(struct{}{})
}

// growthFor is by how much a heap with so many bytes alive may grow, in percent. It goes by steps of a quarter, so that it seldom changes.
func growthFor(alive uint64) int {
	growth := plain
	for step := plain * 5 / 4; uint64(step) <= spare/max(1, alive/100) && step < 10_000; step = step * 5 / 4 {
		growth = step
	}
	return growth
}
