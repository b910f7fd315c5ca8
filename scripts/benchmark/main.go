// Command benchmark measures gridcase against the floor that the log and the database themselves set, and against what a user would build
// instead. Contestants run in processes of their own, one after the other, in turning order, some rounds; what counts is a ratio of medians
// of one run, never a figure alone. It judges nothing by itself but prints the targets beside.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	Rounds int
	Quick  bool
	Only   string
	JSON   string
}

// result is what one run of a contestant came to.
type result struct {
	Ops     float64            // what was done: commands, events, answers
	Seconds float64            // in this time
	CPU     float64            // with these seconds of processor time, of every process that took part but the load's own
	Extra   map[string]float64 // beside: percentiles in milliseconds, bytes
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var o options
	flag.IntVar(&o.Rounds, "rounds", 5, "how often each contestant runs")
	flag.BoolVar(&o.Quick, "quick", false, "a tenth of the work, one round: is it all there?")
	flag.StringVar(&o.Only, "only", "", "one group of contestants: "+strings.Join(groupNames(), ", "))
	flag.StringVar(&o.JSON, "json", "", "where every result goes, as JSON")
	contestant := flag.String("contestant", "", "run one contestant alone and print its result as JSON")
	profile := flag.String("profile", "", "where the processor profile of that contestant goes")
	flag.Parse()
	if *contestant != "" {
		return compete(ctx, *contestant, *profile, o.Quick)
	}
	if o.Quick {
		o.Rounds = 1
	}
	return o.run(ctx)
}

// compete runs one contestant in this process.
func compete(ctx context.Context, name, profile string, quick bool) error {
	if profile != "" {
		file, err := os.Create(profile)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			return fmt.Errorf("write the profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	for _, g := range groups {
		for _, c := range g.contestants {
			if c.name != name {
				continue
			}
			r, err := c.run(ctx, size{quick})
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return json.NewEncoder(os.Stdout).Encode(r)
		}
	}
	return fmt.Errorf("there is no contestant %s", name)
}

// size is how much work there is.
type size struct{ quick bool }

// of returns n, or a tenth of it.
func (s size) of(n int) int {
	if s.quick {
		return max(n/10, 1)
	}
	return n
}

// run lets every contestant run in each round, each time another one first.
func (o options) run(ctx context.Context) error {
	began, results := time.Now(), map[string][]result{}
	for round := range o.Rounds {
		for _, g := range groups {
			if o.Only != "" && o.Only != g.name {
				continue
			}
			for i := range g.contestants {
				c := g.contestants[(i+round)%len(g.contestants)]
				r, err := o.child(ctx, c.name)
				if err != nil {
					return err
				}
				fmt.Fprintf(os.Stderr, "round %d  %-32s %10.0f/s  %.3f CPU s per 1,000\n", round+1, c.name, r.Ops/r.Seconds, 1000*r.CPU/r.Ops)
				results[c.name] = append(results[c.name], r)
			}
		}
	}
	o.report(results, time.Since(began))
	if o.JSON == "" {
		return nil
	}
	b, err := json.MarshalIndent(results, "", " ")
	if err == nil {
		err = os.WriteFile(o.JSON, b, 0o600)
	}
	return err
}

// child runs one contestant in a process of its own.
func (o options) child(ctx context.Context, name string) (r result, err error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "-contestant", name, fmt.Sprintf("-quick=%t", o.Quick))
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("run %s: %w", name, err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("read what %s came to: %w", name, err)
	}
	return r, nil
}
