package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// watched is what somebody who watches has heard.
type watched struct {
	mu       sync.Mutex
	versions map[string]uint64 // the last version of each case; 0 where it is gone
	resets   []string
}

func (w *watched) hear(k client.Change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if why := k.Start.GetReset_(); why != "" {
		w.resets = append(w.resets, why)
	}
	if k.Case != nil {
		w.versions[k.Case.GetCaseId()] = k.Case.GetVersion()
	}
	return nil
}

// awaits waits until the last version of a case is heard.
func (w *watched) awaits(t *testing.T, id string, version uint64) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; <-time.After(10 * time.Millisecond) {
		w.mu.Lock()
		heard, ok := w.versions[id]
		w.mu.Unlock()
		if ok && heard == version {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("version %d of case %s is not heard, but %d (%t)", version, id, heard, ok)
		}
	}
}

// TestWhoWatchesMissesNothingWhenTheServerIsKilled: an area by the verb, a queue by the client. The server is killed and started again twice,
// and a third time it ends in order; each time something happens that only the log and the place of those who watch can bring to them.
func TestWhoWatchesMissesNothingWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	data, api, admin := dataDir(t), freeAddress(t), freeAddress(t)
	c := city{"http://" + api, "http://" + api}
	r := startAt(t, api, admin, "up", "--data", data)
	c.open(t)
	area, queue := &watched{versions: map[string]uint64{}}, &watched{versions: map[string]uint64{}}
	lines := watchByVerb(t, c, "supervisor", "--area", referencetest.District+"001", "--json")
	go hearLines(t, lines, area) // ends with the verb, which the test's end ends
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.as("dispatcher").Watch(ctx, client.Watch{Queue: "dispatcher"}, queue.hear) }()
	first := wholeWay(t, c)
	area.awaits(t, first, 14)
	var filed []string
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM} {
		waits := fileOne(t, c, filed)
		filed = append(filed, waits)
		r.stop(t, signal)
		r = startAt(t, api, admin, "up", "--data", data)
		id := wholeWay(t, c)
		area.awaits(t, waits, 2)
		area.awaits(t, id, 14)
		queue.awaits(t, waits, 2)
		queue.awaits(t, id, 0) // it was there and is gone
	}
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("the one who watches the queue ended with %v", err)
	}
	if len(area.resets)+len(queue.resets) > 0 {
		t.Errorf("places were lost: %q %q", area.resets, queue.resets)
	}
	r.stop(t, syscall.SIGTERM)
}

// fileOne reports a case and files it, and waits for nobody. Those that were filed at the same place before are no duplicates of it.
func fileOne(t *testing.T, c city, before []string) (id string) {
	t.Helper()
	id = newCaseID(t)
	if _, err := c.as("worker-1").Do(t.Context(), pipeReport(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.as("acceptor").Do(t.Context(), &gridcasev1.FileCase{Target: newTarget(id), Condition: "B2", DuplicatesSeen: before}); err != nil {
		t.Fatal(err)
	}
	return id
}

// watchByVerb runs 'gridcase watch' until the test ends.
func watchByVerb(t *testing.T, c city, user string, args ...string) *bufio.Scanner {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"watch", "--url", c.queries, "--token", referencetest.Token(user)}, args...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return bufio.NewScanner(out)
}

// hearLines hears the JSON lines of the verb.
func hearLines(t *testing.T, lines *bufio.Scanner, w *watched) {
	for lines.Scan() {
		var m struct {
			CaseID  string `json:"caseId"`
			Version uint64 `json:"version,string"`
			Reset   string `json:"reset"`
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Errorf("the verb printed %q: %v", lines.Text(), err)
			return
		}
		change := client.Change{Start: &gridcasev1.LiveStart{Reset_: m.Reset}}
		if m.CaseID != "" {
			change = client.Change{Case: &gridcasev1.LiveCase{CaseId: m.CaseID, Version: m.Version}}
		}
		if err := w.hear(change); err != nil {
			t.Error(err)
		}
	}
}
