package main_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

var (
	rebuilt     = flag.Int("rebuild.events", 2000, "how many events TestAViewIsRebuiltUnderReadersAndWriters rebuilds a view from; scripts/campaign rebuild wants more")
	rebuildSeed = flag.Uint64("rebuild.seed", 0, "what its clients do; drawn where 0")
)

// rebuildClients is how many clients read and write at once while the view is rebuilt.
const rebuildClients = 64

// crowd is the clients that work on a city at once: each plays cases and, once the crowd reads, reads the counts of the district after each
// step.
type crowd struct {
	city
	users   map[string]*client.Client
	acks    *acknowledged
	reading atomic.Bool
	reads   atomic.Int64 // counts that were read
	fresh   atomic.Int64 // of them, those that hold the reader's last step
}

func newCrowd(c city) *crowd {
	crowd := &crowd{city: c, users: map[string]*client.Client{}, acks: &acknowledged{byCase: map[string][]string{}}}
	for _, user := range []string{"worker-1", "acceptor", "dispatcher", "water-manager", "supervisor"} {
		crowd.users[user] = c.as(user)
	}
	return crowd
}

// work has the clients work until the returned function is called. A server that ends before fails the test: its clients would send again
// until the test's time is over.
func (c *crowd) work(t *testing.T, r *running, seed uint64) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		select {
		case <-r.ended:
			t.Errorf("gridcase ended:\n%s", r.output)
			cancel()
		case <-ctx.Done():
		}
	})
	for i := range rebuildClients {
		group.Go(func() {
			dice, seen := rand.New(rand.NewPCG(seed, uint64(i))), uint64(0)
			for ctx.Err() == nil {
				for _, step := range usualWay(dice, newCaseID(t)) {
					if !c.step(ctx, t, step, &seen) {
						break
					}
				}
			}
		})
	}
	return func() {
		cancel()
		group.Wait()
	}
}

// step sends a command; the client's next one is another case's where it was not taken.
func (c *crowd) step(ctx context.Context, t *testing.T, step told, seen *uint64) bool {
	receipt, err := c.users[step.user].Do(ctx, step.cmd)
	if err != nil {
		if f := fault.Of(err); ctx.Err() == nil && f.Code != "case.duplicates_unseen" { // two cases may lie side by side
			t.Errorf("%T: %v", step.cmd, err)
		}
		return false
	}
	c.acks.add(receipt.GetCaseId(), step.cmd.GetTarget().GetCommandId())
	return !c.reading.Load() || c.read(ctx, t, receipt, seen)
}

// read reads the district's counts as of a receipt at least: no fewer cases than the same client saw before.
func (c *crowd) read(ctx context.Context, t *testing.T, receipt *gridcasev1.Receipt, seen *uint64) bool {
	read, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute) // a read that has begun must not fail
	defer stop()
	n, stale, err := c.cases(read, receipt.GetPosition())
	if err != nil || n < *seen {
		t.Errorf("a read: %d cases after %d, %v", n, *seen, err)
		return false
	}
	*seen = n
	c.reads.Add(1)
	if !stale {
		c.fresh.Add(1)
	}
	return true
}

// cases is the number of cases in the district, open or ended, at a position at least.
func (c *crowd) cases(ctx context.Context, position string) (n uint64, stale bool, err error) {
	answer, err := c.users["supervisor"].Query.GetGridStatus(ctx, &gridcasev1.GetGridStatusRequest{Code: referencetest.District, AtLeast: []string{position}})
	if err != nil {
		return 0, false, client.Fault(err)
	}
	for _, count := range answer.GetArea().GetCounts() {
		n += count.GetCases()
	}
	return n, answer.GetFreshness().GetStale(), nil
}

// serving is the number of the generation of gridstatus that queries read; 0 where the log, which tells how far there is to go, is too busy.
func (c *crowd) serving(t *testing.T) uint32 {
	t.Helper()
	answer, err := c.as("operator").Ops.ListViews(t.Context(), &gridcasev1.ListViewsRequest{View: "gridstatus"})
	if f := client.Fault(err); err != nil && f.Kind == fault.Unavailable {
		return 0
	} else if err != nil {
		t.Fatal(f)
	}
	for _, g := range answer.GetGenerations() {
		if g.GetState() == gridcasev1.GenerationState_GENERATION_STATE_SERVING {
			return g.GetNumber()
		}
	}
	return 0
}

// TestAViewIsRebuiltUnderReadersAndWriters rebuilds the counts of the grids while 64 clients send commands and read them: no read fails,
// none goes back behind what its client saw, no acknowledged command is missing from the log, and every row of every view is what a fresh
// fold of the log says.
func TestAViewIsRebuiltUnderReadersAndWriters(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t), "--postgres-url", pgtest.New(t), "--unsafe-lazy-sync")
	c := newCrowd(city{"http://" + r.api, "http://" + r.api})
	c.open(t)
	begun, seed := time.Now(), *rebuildSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	stop := c.work(t, r, seed)
	defer stop()
	for c.acks.count.Load() < int64(*rebuilt) && !t.Failed() {
		<-time.After(10 * time.Millisecond)
	}
	if t.Failed() {
		return
	}
	first, events := c.serving(t), c.logEnd(t)
	t.Logf("%d events after %v", events, time.Since(begun).Round(time.Second))
	c.reading.Store(true)
	begun = time.Now()
	answer, err := c.as("operator").Ops.RebuildView(t.Context(), &gridcasev1.RebuildViewRequest{View: "gridstatus"})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	for c.serving(t) != answer.GetGeneration() && !t.Failed() {
		if time.Since(begun) > 20*time.Minute {
			t.Fatalf("generation %d does not serve", answer.GetGeneration())
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Logf("rebuilt beside %d clients in %v: generation %d after %d, %d reads and %d events meanwhile", rebuildClients, time.Since(begun).Round(time.Millisecond),
		answer.GetGeneration(), first, c.reads.Load(), c.logEnd(t)-events)
	c.acks.more(t, rebuildClients)                                                                     // the clients go on with the new one
	for begun = time.Now(); c.fresh.Load() == 0 && !t.Failed() && time.Since(begun) < 2*time.Minute; { // and the views come so near that a read is fresh
		<-time.After(20 * time.Millisecond)
	}
	stop()
	if c.fresh.Load() == 0 || first == answer.GetGeneration() {
		t.Errorf("of %d reads %d were fresh; generation %d after %d", c.reads.Load(), c.fresh.Load(), answer.GetGeneration(), first)
	}
	c.soundWhole(t)
	c.eachOnce(t, c.acks)
}

// soundWhole folds the whole log afresh and compares every row of every view.
func (c *crowd) soundWhole(t *testing.T) {
	t.Helper()
	end := eventstore.Position{District: referencetest.District, Year: time.Now().UTC().Year(), Seq: c.logEnd(t)}.String()
	for stale := true; stale; {
		var err error
		if _, stale, err = c.cases(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	audit, err := c.as("operator").Evidence.AuditViews(t.Context(), &gridcasev1.AuditViewsRequest{Whole: true})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	if audit.GetRows() == 0 || audit.GetEvents() == 0 || audit.GetFound()+audit.GetParked() > 0 {
		t.Errorf("%d rows of %d events, %d findings: %v, %v", audit.GetRows(), audit.GetEvents(), audit.GetFound(), audit.GetFindings(), audit.GetQuarantined())
	}
	t.Logf("a fresh fold of %d events equals all %d rows", audit.GetEvents(), audit.GetRows())
}
