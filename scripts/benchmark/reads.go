package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

const (
	// writesMeanwhile is how many events a second come in while reads are measured.
	writesMeanwhile = 5000
	// readsMeanwhile is how many reads of each kind are sent a second.
	readsMeanwhile = 50
	// growsBy is the most by which a read of the large log may take longer than one of the small log.
	growsBy = 1.5
)

// read is one kind of question.
type read struct {
	name, procedure string
	ask             func(ctx context.Context, c *client.Client, caseID string) error
}

// reads are the questions, and last the floor: one that is answered from memory, without the database.
var reads = []read{
	{"one case", "GetCase", func(ctx context.Context, c *client.Client, caseID string) error {
		_, err := c.Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{District: district(0).code(), CaseId: caseID}})
		return err
	}},
	{"a page of a queue", "ListQueue", func(ctx context.Context, c *client.Client, _ string) error {
		_, err := c.Query.ListQueue(ctx, &gridcasev1.ListQueueRequest{District: district(0).code(), Queue: "dispatcher"})
		return err
	}},
	{"the district's grid map", "GetGridMap", func(ctx context.Context, c *client.Client, _ string) error {
		_, err := c.Query.GetGridMap(ctx, &gridcasev1.GetGridMapRequest{District: district(0).code(), TotalsOnly: true})
		return err
	}},
	{"floor: no database", "GetCatalogue", func(ctx context.Context, c *client.Client, _ string) error {
		_, err := c.Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: district(0).code()})
		return err
	}},
}

// judged is how many of the reads have a target.
var judged = len(reads) - 1

// queries measures the time that reads take in the server, on a small and a large number of closed cases, with and without events coming in.
// The log and the database run beside, the projector and the query service are the product's process.
func (b *bench) queries(ctx context.Context) (*section, error) {
	var all []*asked
	for _, cases := range slices.Compact([]int{b.small, b.cases}) {
		a, err := b.openAsked(ctx, cases)
		if err != nil {
			return nil, err
		}
		defer a.close()
		all = append(all, a)
	}
	for round := range b.rounds {
		for k := range all {
			if err := all[(k+round)%len(all)].measure(ctx, round); err != nil {
				return nil, err
			}
		}
		b.progress("round %d of %d", round+1, b.rounds)
	}
	sec := &section{Name: "reads", Title: fmt.Sprintf("Reads, p99 in the server: %s unit grids, %d reads of each kind a second; two floors beside: a call that is answered from memory, 'select 1' from here",
		number(unitGrids), readsMeanwhile)}
	for _, a := range all {
		sec.Rows = append(sec.Rows, a.row("no events come in", a.quiet), a.row(number(writesMeanwhile)+" events a second come in", a.busy))
	}
	sec.Targets, sec.Notes = readTargets(all), readControls(all)
	return sec, nil
}

// readTargets judge the reads of the large log, and set them beside those of the small one.
func readTargets(all []*asked) (targets []target) {
	small, large := all[0], all[len(all)-1]
	for i, r := range reads[:judged] {
		targets = append(targets, atMost(fmt.Sprintf("%s of %s cases: p99", r.name, number(float64(large.cases))), 5, "ms").judge(large.busy.median(i)))
	}
	for i, r := range reads[:judged] {
		t := atMost(fmt.Sprintf("%s: %s cases by %s", r.name, number(float64(large.cases)), number(float64(small.cases))), growsBy, "")
		if small == large {
			targets = append(targets, t.because("there is one log only"))
			continue
		}
		targets = append(targets, t.judge(large.busy.by(small.busy, kind(i))))
	}
	return targets
}

// readControls set beside the targets on growth what reads no case: what that grows by is the machine's.
func readControls(all []*asked) []string {
	small, large := all[0], all[len(all)-1]
	if small == large {
		return nil
	}
	said := fmt.Sprintf("%s cases by %s, no events come in:", number(float64(large.cases)), number(float64(small.cases)))
	for i, r := range reads[:judged] {
		said += fmt.Sprintf(" %s %s,", r.name, number(large.quiet.by(small.quiet, kind(i))))
	}
	return []string{fmt.Sprintf("%s 'select 1' %s; with %s events a second: 'select 1' %s, the call that is answered from memory %s", said, number(large.quiet.by(small.quiet, one)),
		number(writesMeanwhile), number(large.busy.by(small.busy, one)), number(large.busy.by(small.busy, kind(judged))))}
}

// steadily asks again and again, whether the last answer is there or not.
func (r *read) steadily(ctx context.Context, c *client.Client, ids []string, length time.Duration) error {
	return steadily(ctx, length, func(ctx context.Context) error { return r.ask(ctx, c, ids[rand.IntN(len(ids))]) })
}

// steadily does something again and again, whether the last one is done or not: readsMeanwhile times a second, each at
// a moment of its own, since people's questions don't come all at the same one.
func steadily(ctx context.Context, length time.Duration, do func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	begun, slot := time.Now(), time.Second/readsMeanwhile
	for n := range int(length.Seconds() * readsMeanwhile) {
		if err := sleepUntil(ctx, begun.Add(time.Duration(n)*slot+rand.N(slot))); err != nil {
			break
		}
		g.Go(func() error { return do(ctx) })
	}
	return g.Wait()
}
