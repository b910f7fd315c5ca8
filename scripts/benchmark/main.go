// Command benchmark measures gridcase beside its floors and its peers in one run, interleaved, and prints the tables with a verdict on each
// target. scripts/bench runs it. It owns the workload, the floors and the peers; it changes nothing outside its cache directory.
//
// # Decisions
//
// 2026-11: absolute figures of a machine say little, so every target is a ratio of two contestants that took turns in the same run: the
// median over the rounds of the ratio within each round. CPU time is that of all processes that have a part, the clients' included, which
// all contestants have in common. Every contestant is verified: what it stored is what it said that it did.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	_ "time/tzdata" // the machine may have no zones

	"github.com/gridcase/gridcase/pkg/heap"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "scripts/bench:", err)
		stop()
		os.Exit(1)
	}
}

// The verbs of the processes that the benchmark starts of itself.
const (
	peerVerb  = "serve-peer"
	rivalVerb = "serve-rival"
)

// run is the benchmark, or one of the processes that it starts of itself.
func run(ctx context.Context, args []string) error {
	heap.CollectSeldom() // as the product's servers do: the log, the projector and the peers run in these processes
	if len(args) == 6 && args[0] == peerVerb {
		pool, err := strconv.Atoi(args[4])
		if err != nil {
			return err
		}
		return servePeer(ctx, args[1], args[2], args[3], pool, args[5] == "true")
	}
	if len(args) == 2 && args[0] == rivalVerb {
		return serveRival(ctx, args[1])
	}
	b, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	return b.run(ctx, os.Stdout)
}
