package main

import (
	"os"
	"runtime"

	"github.com/gridcase/gridcase/pkg/natsd"
)

// conns is how many connections the services share: a few for each processor, since more of them only have the database change from one to
// the next, but enough for some questions that take long.
func conns() int32 { return int32(min(16, max(8, 4*runtime.GOMAXPROCS(0)))) }

// spareThreads is how many threads more than there are processors run Go code where no commands are taken.
const spareThreads = 4

// spareRun lets a process run Go code on more threads than there are processors where that pays, unless GOMAXPROCS says on how many. One that
// syncs the log itself waits for the disk on some of them, see natsd.Threads. One that takes no commands answers readings: where all threads
// compute, the scheduler looks only every 10 ms for answers of the database, so that a reading is late by several times that; an idle thread
// sees them at once. Where commands are taken from a log elsewhere, that cost a tenth more CPU. A limit of the container that changes while the
// process runs is not heeded any more.
func (p *process) spareRun() {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	processors := runtime.GOMAXPROCS(0)
	switch {
	case p.broker != nil && !p.settings.UnsafeLazySync:
		runtime.GOMAXPROCS(natsd.Threads(processors))
	case !p.serves("intake") && !p.serves("dispatch"):
		runtime.GOMAXPROCS(processors + spareThreads)
	}
}
