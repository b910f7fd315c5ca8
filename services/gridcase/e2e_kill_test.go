package main_test

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// acknowledged are the commands that clients have receipts of, by case, in order.
type acknowledged struct {
	mu     sync.Mutex
	byCase map[string][]string
	count  atomic.Int64
}

func (a *acknowledged) add(caseID, commandID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.byCase[caseID] = append(a.byCase[caseID], commandID)
	a.count.Add(1)
}

// load sends commands as 64 clients at once until ctx ends or the server is gone: reports, and remarks on them.
func load(ctx context.Context, t *testing.T, c city, acks *acknowledged) {
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			worker := c.as("worker-1")
			for ctx.Err() == nil {
				id := newCaseID(t)
				report := &gridcasev1.ReportCase{Target: newTarget(id), CaseType: "drain.pipe", Point: referencetest.Point(2)}
				if _, err := worker.Field.ReportCase(ctx, report); err != nil {
					return // a command without a receipt may be stored or not
				}
				acks.add(id, report.GetTarget().GetCommandId())
				for range 3 {
					note := &gridcasev1.AmendReport{Target: newTarget(id), Photos: photo("near")}
					if _, err := worker.Field.AmendReport(ctx, note); err != nil {
						return
					}
					acks.add(id, note.GetTarget().GetCommandId())
				}
			}
		})
	}
	group.Wait()
}

// TestEveryAcknowledgedCommandSurvivesAKill: the process is killed in the middle of a load of 64 clients and started again, three times.
// Each command with a receipt then stands in its case's timeline exactly once.
func TestEveryAcknowledgedCommandSurvivesAKill(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	acks := &acknowledged{byCase: map[string][]string{}}
	for round := range 3 {
		r := start(t, "up", "--data", data)
		c := city{"http://" + r.api, "http://" + r.api}
		if round == 0 {
			c.open(t)
		}
		ctx, cancel := context.WithCancel(t.Context())
		before := acks.count.Load()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			load(ctx, t, c, acks)
		}()
		for deadline := time.Now().Add(30 * time.Second); acks.count.Load() < before+800; <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("only %d commands were acknowledged", acks.count.Load()-before)
				break
			}
		}
		r.stop(t, syscall.SIGKILL)
		cancel()
		<-ended
	}
	r := start(t, "up", "--data", data)
	c := city{"http://" + r.api, "http://" + r.api}
	supervisor := c.as("supervisor")
	c.reached(t, c.position(t))
	for id, commands := range acks.byCase {
		answer, err := supervisor.Query.GetTimeline(t.Context(), &gridcasev1.GetTimelineRequest{Case: &gridcasev1.CaseRef{CaseId: id}})
		if err != nil {
			t.Fatalf("case %s: %v", id, client.Fault(err))
		}
		seen := map[string]int{}
		for _, e := range answer.GetEntries() {
			seen[e.GetCommandId()]++
		}
		for _, command := range commands {
			if seen[command] != 1 {
				t.Errorf("command %s of case %s was acknowledged and stands %d times in its timeline", command, id, seen[command])
			}
		}
	}
	t.Logf("%d acknowledged commands of %d cases over 3 kills, each there once", acks.count.Load(), len(acks.byCase))
}

// position is the end of the test district's log.
func (c city) position(t *testing.T) string {
	t.Helper()
	tail := c.readLog(t, c.logEnd(t), 1)
	if len(tail.GetEntries()) != 1 {
		t.Fatalf("the log's last event: %v", tail)
	}
	return tail.GetEntries()[0].GetEntry().GetPosition()
}
