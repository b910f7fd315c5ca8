package main_test

import (
	"sync"
	"syscall"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// report lets a citizen report cases, and waits until they stand in the acceptor's queue.
func (c city) report(t *testing.T, cases int) {
	t.Helper()
	for range cases {
		receipt, err := c.as("citizen").Do(t.Context(), &gridcasev1.ReportCase{Target: newTarget(newCaseID(t)), CaseType: "drain.pipe", Point: referencetest.Point(1)})
		if err != nil {
			t.Fatal(err)
		}
		c.see(t, receipt, "acceptor")
	}
}

// next takes a case of the acceptor's queue, and waits for one so many seconds; empty where none is free.
func (c city) next(t *testing.T, user string, wait uint32) string {
	t.Helper()
	answer, err := c.as(user).Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "acceptor", WaitSeconds: wait})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	if l := answer.GetLease(); l != nil && (l.GetHolder() != referencetest.UserID(user) || l.GetCaseId() != answer.GetItem().GetCaseId() || answer.GetItem().GetHolder() != l.GetHolder()) {
		t.Fatalf("%s took %v", user, answer)
	}
	return answer.GetLease().GetCaseId()
}

// inQueue is the acceptor's queue as everybody sees it, as soon as the views are there.
func (c city) inQueue(t *testing.T) []*gridcasev1.QueueItem {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(20 * time.Millisecond) {
		answer, err := c.as("supervisor").Query.ListQueue(t.Context(), &gridcasev1.ListQueueRequest{Queue: "acceptor", Limit: 200})
		if err == nil {
			return answer.GetItems()
		}
		if f := client.Fault(err); f.Kind != fault.Unavailable || time.Now().After(deadline) {
			t.Fatal(f)
		}
	}
}

func (c city) renew(t *testing.T, user, caseID string) error {
	_, err := c.as(user).Desk.RenewLease(t.Context(), &gridcasev1.RenewLeaseRequest{CaseId: caseID})
	return err
}

func (c city) release(t *testing.T, user, caseID string) error {
	_, err := c.as(user).Desk.ReleaseLease(t.Context(), &gridcasev1.ReleaseLeaseRequest{CaseId: caseID})
	return err
}

func TestTwoDesksNeverGetTheSameCase(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	c.report(t, 23)
	queue := c.inQueue(t)
	first, second := c.next(t, "acceptor", 0), c.next(t, "leader", 0)
	if first != queue[0].GetCaseId() || second != queue[1].GetCaseId() {
		t.Errorf("the desks got %s and %s, not the most urgent two", first, second)
	}
	for i, item := range c.inQueue(t) {
		want := ""
		if i < 2 {
			want = referencetest.UserID([]string{"acceptor", "leader"}[i])
		}
		if item.GetHolder() != want || (item.GetHeldUntil() == nil) != (want == "") {
			t.Errorf("item %d is held by %q until %v, want %q", i+1, item.GetHolder(), item.GetHeldUntil(), want)
		}
	}
	for _, tt := range []struct {
		name string
		err  error
		code string
	}{
		{"nobody renews another's lease", c.renew(t, "leader", first), "lease.other"},
		{"nor releases it", c.release(t, "leader", first), "lease.other"},
		{"nor renews what nobody holds", c.renew(t, "leader", queue[2].GetCaseId()), "lease.none"},
		{"nor releases it", c.release(t, "leader", newCaseID(t)), "lease.none"},
		{"the holder renews", c.renew(t, "leader", second), ""},
		{"and releases", c.release(t, "leader", second), ""},
	} {
		if tt.err == nil && tt.code == "" {
			continue
		}
		if tt.err == nil || client.Fault(tt.err).Code != tt.code {
			t.Errorf("%s: %v, want %q", tt.name, tt.err, tt.code)
		}
	}
	if id := c.next(t, "acceptor", 0); id != second {
		t.Errorf("after %s was given back the next one is %s", second, id)
	}
	for range 18 {
		c.next(t, "acceptor", 0)
	}
	if _, err := c.as("acceptor").Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "acceptor"}); client.Fault(err).Code != "lease.too_many" {
		t.Errorf("a desk with 20 cases got another: %v", err)
	}
	if _, err := c.as("worker-1").Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "acceptor"}); client.Fault(err).Kind != fault.Denied {
		t.Errorf("a grid worker takes from the acceptor's queue: %v", err)
	}
	for _, want := range []bool{true, true, true, false} { // what one desk may not have, another one gets
		if id := c.next(t, "leader", 0); (id != "") != want {
			t.Errorf("the other desk got %q", id)
		}
	}
}

func TestACaseIsKeptByWorkAndGivenBackBySilence(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t), "--lease", "5s")
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	if items := c.inQueue(t); len(items) > 0 {
		t.Fatalf("in a new city wait %v", items)
	}
	waited := make(chan string, 1)
	go func() {
		answer, err := c.as("acceptor").Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "acceptor", WaitSeconds: 30})
		if err != nil {
			t.Errorf("who waits for a case gets %v", err)
		}
		waited <- answer.GetLease().GetCaseId()
	}()
	c.report(t, 1)
	id := <-waited
	if id == "" {
		t.Fatal("who waited for a case got none")
	}
	before := time.Now().Add(5 * time.Second)
	for n := 0; c.inQueue(t)[0].GetHeldUntil().AsTime().Before(before); n++ {
		if _, err := c.as("acceptor").Do(t.Context(), &gridcasev1.SetPriority{Target: newTarget(id), Priority: gridcasev1.Priority(2 - n%2), Reason: "as the case stands"}); err != nil {
			t.Fatal(err)
		}
	}
	if again := c.next(t, "leader", 0); again != "" {
		t.Errorf("the case of a desk at work was given to another: %s", again)
	}
	if again := c.next(t, "leader", 30); again != id {
		t.Errorf("the case of a silent desk was not given back: %q", again)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := c.as("acceptor").Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "dispatcher", WaitSeconds: 30})
		ended <- err
	}()
	began := time.Now()
	r.stop(t, syscall.SIGTERM)
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("the process waited %s for who waits for a case", took)
	}
	<-ended
}

// TestDesksOfAllProcessesDrainAQueueTogether: each case goes to exactly one of those who ask at once, in two processes on a log of three
// nodes.
func TestDesksOfAllProcessesDrainAQueueTogether(t *testing.T) {
	t.Parallel()
	cluster, data := natstest.Cluster(t), dataDir(t)
	outside := []string{"--data", data, "--nats-url", cluster.ClientURL(), "--postgres-url", pgtest.New(t), "--replicas", "3"}
	serve := func(services ...string) *running {
		return start(t, append(append([]string{"serve"}, services...), outside...)...)
	}
	reading := serve("intake", "dispatch", "projector", "query")
	c := city{"http://" + reading.api, "http://" + reading.api}
	c.open(t)
	const cases = 45
	c.report(t, cases)
	desks := []city{c, {"http://" + serve("dispatch").api, c.queries}}
	var mu sync.Mutex
	holders := map[string]string{}
	var group sync.WaitGroup
	for _, desk := range desks {
		for _, user := range []string{"acceptor", "leader", "dispatcher", "acceptor", "leader", "dispatcher"} {
			group.Go(func() {
				for {
					answer, err := desk.as(user).Desk.TakeNext(t.Context(), &gridcasev1.TakeNextRequest{Queue: "acceptor", WaitSeconds: 1})
					if err != nil && client.Fault(err).Code == "lease.too_many" {
						return
					}
					if err != nil {
						t.Error(client.Fault(err))
						return
					}
					id := answer.GetLease().GetCaseId()
					if id == "" {
						return
					}
					mu.Lock()
					if other := holders[id]; other != "" {
						t.Errorf("%s was given to %s and %s", id, other, user)
					}
					holders[id] = user
					mu.Unlock()
				}
			})
		}
	}
	group.Wait()
	if len(holders) != cases {
		t.Errorf("%d of %d cases were given out", len(holders), cases)
	}
}
