package main

import (
	"os"
	"runtime"
)

// conns is how many connections the services share: a few for each processor, since more of them only have the database change from one to
// the next, but enough for some questions that take long.
func conns() int32 { return int32(min(16, max(8, 4*runtime.GOMAXPROCS(0)))) }

// spareThreads is how many threads more than there are processors run Go code where no commands are taken.
const spareThreads = 4

// spareRun lets a process that takes no commands run Go code on a few threads more than there are processors, unless GOMAXPROCS says on how
// many. Where all of them compute, the scheduler looks only every 10 ms for answers of the database, so that a reading is late by
// several times that; an idle thread sees them at once. It costs CPU, a tenth where commands are taken too, and a limit of the container that
// changes while the process runs is not heeded any more.
func (p *process) spareRun() {
	if os.Getenv("GOMAXPROCS") == "" && !p.serves("intake") && !p.serves("dispatch") {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + spareThreads)
	}
}
