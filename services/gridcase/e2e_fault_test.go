package main_test

import (
	"context"
	"os/exec"
	"strings"
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

// once sends a command once, without trying again.
func once(t *testing.T, c city, user string, cmd client.Command) (*gridcasev1.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	api := c.as(user)
	switch cmd := cmd.(type) {
	case *gridcasev1.ReportCase:
		return api.Field.ReportCase(ctx, cmd)
	case *gridcasev1.FileCase:
		return api.Desk.FileCase(ctx, cmd)
	}
	t.Fatalf("%T is not sent by this test", cmd)
	return nil, nil
}

func pipeReport(id string) *gridcasev1.ReportCase {
	return &gridcasev1.ReportCase{Target: newTarget(id), CaseType: "drain.pipe", Point: referencetest.Point(2)}
}

// TestWithTheDatabaseGone: commands without personal values are taken, the others and the reads are told to come again; when it is back,
// the views catch up and the refused command goes through.
func TestWithTheDatabaseGone(t *testing.T) {
	t.Parallel()
	node, server, data := natstest.Cluster(t), pgtest.Start(t), dataDir(t)
	r := start(t, "serve", "intake", "dispatch", "projector", "query", "--data", data, "--nats-url", node.ClientURL(), "--postgres-url", server.DSN("postgres"), "--replicas", "3")
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	id := newCaseID(t)
	if _, err := once(t, c, "worker-1", pipeReport(id)); err != nil {
		t.Fatal(client.Fault(err))
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	receipt, err := once(t, c, "acceptor", &gridcasev1.FileCase{Target: newTarget(id), Condition: "B2"})
	if err != nil {
		t.Fatalf("a command without personal values: %v", client.Fault(err))
	}
	described := pipeReport(newCaseID(t))
	described.Description = "smells"
	began := time.Now()
	if _, err := once(t, c, "worker-1", described); client.Fault(err).Code != "vault.unavailable" || client.Fault(err).After == 0 {
		t.Errorf("a command with free text: %v, want vault.unavailable", err)
	}
	if _, err := c.as("supervisor").Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{CaseId: id}}); client.Fault(err).Code != "views.unavailable" {
		t.Errorf("a read: %v, want views.unavailable", err)
	}
	t.Logf("both answers came after %v", time.Since(began))
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.as("worker-1").Do(t.Context(), described); err != nil {
		t.Errorf("the refused command, sent again: %v", err)
	}
	c.awaitCase(t, id, receipt.GetVersion())
}

// awaitCase waits until the views hold a version of a case.
func (c city) awaitCase(t *testing.T, id string, version uint64) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(50 * time.Millisecond) {
		answer, err := c.as("supervisor").Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{CaseId: id}})
		if err == nil && answer.GetCase().GetVersion() >= version {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the views did not catch up: %v, %v", answer, err)
		}
	}
}

// TestWithTheLogGone: nothing is acknowledged that is not stored, the answer comes within 3 s, and without a person it goes on when the log
// is back.
func TestWithTheLogGone(t *testing.T) {
	t.Parallel()
	cluster, dsn, data := natstest.Cluster(t), pgtest.New(t), dataDir(t)
	r := start(t, "serve", "intake", "dispatch", "projector", "query", "--data", data, "--nats-url", cluster.ClientURL(), "--postgres-url", dsn, "--replicas", "3")
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	if _, err := once(t, c, "worker-1", pipeReport(newCaseID(t))); err != nil {
		t.Fatal(client.Fault(err))
	}
	for i := range 3 {
		cluster.Stop(i)
	}
	lost := pipeReport(newCaseID(t))
	if _, err := once(t, c, "worker-1", lost); client.Fault(err).Kind != fault.Unavailable || client.Fault(err).Code == "client.unreachable" || client.Fault(err).After == 0 {
		t.Errorf("with the log gone: %v, want unavailable with a time to come again, within 5 s", err)
	}
	for i := range 3 {
		cluster.Start(t, i)
	}
	receipt, err := c.as("worker-1").Do(t.Context(), lost)
	if err != nil {
		t.Fatalf("the refused command, sent again: %v", err)
	}
	c.awaitCase(t, lost.GetTarget().GetCaseId(), receipt.GetVersion())
}

// TestAFullDisk: a log that has no room says so and acknowledges nothing; after space is freed it goes on without a person.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=48m,mode=0755", "tmpfs", data).CombinedOutput(); err != nil {
		t.Skipf("a small disk can't be made here (%v: %s); as root where mounting is allowed: go test -run TestAFullDisk ./services/gridcase", err, strings.TrimSpace(string(out)))
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", data).Run() }) // it is gone with the directory at the latest
	dataFiles(t, data)
	r := start(t, "up", "--data", data, "--postgres-url", pgtest.New(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	filler := fill(t, data)
	refused := pipeReport(newCaseID(t))
	if _, err := once(t, c, "worker-1", refused); client.Fault(err).Kind != fault.Unavailable {
		t.Errorf("on a full disk: %v, want unavailable", err)
	}
	empty(t, filler)
	receipt, err := c.as("worker-1").Do(t.Context(), refused)
	if err != nil {
		t.Fatalf("the refused command, after space was freed: %v", err)
	}
	c.awaitCase(t, refused.GetTarget().GetCaseId(), receipt.GetVersion())
	r.stop(t, syscall.SIGTERM)
}
