package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// binary builds the product once for all tests of this folder.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gridcase-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "gridcase")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if dir := os.Getenv(brokerDir); dir != "" {
		os.Exit(runBroker(dir, os.Getenv(brokerAddr)))
	}
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // of a temporary directory
	}
	os.Exit(code)
}

// running is a gridcase process.
type running struct {
	*exec.Cmd
	api, admin string
	output     *safeBuffer
	ended      chan struct{}
}

// safeBuffer is what a process printed so far.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start runs gridcase with its own ports and waits until it is ready.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	return startAt(t, freeAddress(t), freeAddress(t), args...)
}

func startAt(t *testing.T, api, admin string, args ...string) *running {
	t.Helper()
	r := launch(t, api, admin, args...)
	for deadline := time.Now().Add(60 * time.Second); r.unready(t) != ""; <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gridcase %v is not ready:\n%s", args, r.output)
		}
	}
	return r
}

// unready is what a process says that it waits for; empty where it is ready.
func (r *running) unready(t *testing.T) string {
	t.Helper()
	select {
	case <-r.ended:
		t.Fatalf("gridcase %v ended:\n%s", r.Args[1:], r.output)
	default:
	}
	answer, err := http.Get("http://" + r.admin + "/readyz")
	if err != nil {
		return "its port"
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if answer.StatusCode == http.StatusOK && err == nil {
		return ""
	}
	return fmt.Sprintf("%d: %s", answer.StatusCode, said)
}

// launch runs gridcase and doesn't wait.
func launch(t *testing.T, api, admin string, args ...string) *running {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{api: api, admin: admin, output: &safeBuffer{}, ended: make(chan struct{})}
	r.Cmd = exec.Command(path, append(args, "--api-addr", r.api, "--admin-addr", r.admin, "--unsafe-filesystem")...)
	r.Stdout, r.Stderr = r.output, r.output
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.Wait() // the tests kill processes
	}()
	t.Cleanup(func() { r.stop(t, syscall.SIGTERM) })
	return r
}

// stop signals the process and waits for its end.
func (r *running) stop(t *testing.T, signal syscall.Signal) {
	t.Helper()
	select {
	case <-r.ended:
		return
	default:
	}
	_ = r.Process.Signal(signal) // it may have ended by itself
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second):
		t.Errorf("gridcase did not end on %v", signal)
		_ = r.Process.Kill()
		<-r.ended
	}
}

// handedOut are the ports that tests of this process have.
var handedOut sync.Map

// freeAddress is an address that nobody else takes until the process that is told of it listens there: its port is none of those that the
// system gives to whoever asks for any (32768 and up), and no other test has it.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 12_000 + rand.IntN(20_000)
		if _, taken := handedOut.LoadOrStore(port, true); taken {
			continue
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close() // nothing came
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// dataDir is a directory that the database's user may enter, which the test's own is not when root runs it.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gridcase-e2e-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // of a temporary directory
	if err := os.WriteFile(filepath.Join(dir, "operator.token"), []byte(referencetest.OperatorToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// city is an installation as its users reach it: where commands go, where queries go.
type city struct{ commands, queries string }

func (c city) as(user string) *client.Client {
	token := referencetest.OperatorToken
	if user != "operator" {
		token = referencetest.Token(user)
	}
	api := client.New(c.commands, token)
	api.Query = client.New(c.queries, token).Query
	return api
}

// open publishes the test district and waits until every process holds it.
func (c city) open(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	desk := c.as("operator").Desk
	publish(t, ctx, desk.PublishGrids, referencetest.Grids())
	publish(t, ctx, desk.PublishCatalogue, referencetest.Catalogue())
	publish(t, ctx, desk.PublishCalendar, referencetest.Calendar())
	publish(t, ctx, desk.PublishAccess, referencetest.People())
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(20 * time.Millisecond) {
		_, err := c.as("acceptor").Query.GetGridMap(ctx, &gridcasev1.GetGridMapRequest{})
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(client.Fault(err))
		}
	}
}

// publish sends reference data, and again where the log does not answer: three servers may be slow to choose a leader.
func publish[Q, A any](t *testing.T, ctx context.Context, send func(context.Context, *Q) (*A, error), q *Q) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(20 * time.Millisecond) {
		_, err := send(ctx, q)
		if err == nil {
			return
		}
		if f := client.Fault(err); f.Kind != fault.Unavailable || time.Now().After(deadline) {
			t.Fatal(f)
		}
	}
}

func newTarget(caseID string) *gridcasev1.Target {
	return &gridcasev1.Target{CaseId: caseID, CommandId: uuid.NewString()}
}

func newCaseID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func photo(kind string) []*gridcasev1.Photo {
	return []*gridcasev1.Photo{{Kind: kind, Sha256: strings.Repeat("a", 64)}}
}

const (
	canaryText  = "canary-text-of-a-resident"
	canaryPhone = "13800001234"
)

// wholeWay brings one case from a citizen's report to its closing, by the people whose job each step is, and sees each step in the queries.
func wholeWay(t *testing.T, c city) (caseID string) {
	t.Helper()
	caseID = newCaseID(t)
	worker, handler := referencetest.UserID("worker-1"), referencetest.UserID("roads-handler")
	field := []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}, {Name: "plate", Value: &gridcasev1.FieldInput_Text{Text: "canary-plate"}}}
	for i, step := range []struct {
		user  string
		cmd   client.Command
		state gridcasev1.State
		queue string
	}{
		{"citizen", &gridcasev1.ReportCase{Target: newTarget(caseID), CaseType: "parking.motor", Point: referencetest.Point(1), Fields: field, Description: canaryText, ReporterPhone: canaryPhone},
			gridcasev1.State_STATE_REPORTED, "acceptor"},
		{"acceptor", &gridcasev1.RequestVerification{Target: newTarget(caseID), Worker: worker}, gridcasev1.State_STATE_VERIFYING, "worker:" + worker},
		{"worker-1", &gridcasev1.SubmitVerification{Target: newTarget(caseID), Result: gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS, Photos: photo("far")}, gridcasev1.State_STATE_REPORTED, "acceptor"},
		{"acceptor", &gridcasev1.FileCase{Target: newTarget(caseID), Condition: "C2"}, gridcasev1.State_STATE_FILED, "dispatcher"},
		{"dispatcher", &gridcasev1.DispatchCase{Target: newTarget(caseID), Department: "water"}, gridcasev1.State_STATE_DISPATCHED, "department:water"},
		{"water-manager", &gridcasev1.RequestReturn{Target: newTarget(caseID), Reason: "no pipe here"}, gridcasev1.State_STATE_DISPATCHED, "dispatcher"},
		{"dispatcher", &gridcasev1.DecideReturn{Target: newTarget(caseID), Decision: gridcasev1.Decision_DECISION_APPROVE}, gridcasev1.State_STATE_FILED, "dispatcher"},
		{"dispatcher", &gridcasev1.DispatchCase{Target: newTarget(caseID), Department: "roads"}, gridcasev1.State_STATE_DISPATCHED, "department:roads"},
		{"roads-manager", &gridcasev1.SignTask{Target: newTarget(caseID)}, gridcasev1.State_STATE_HANDLING, "department:roads"},
		{"roads-manager", &gridcasev1.AssignHandler{Target: newTarget(caseID), Handler: handler}, gridcasev1.State_STATE_HANDLING, "department:roads"},
		{"roads-handler", &gridcasev1.ReportHandling{Target: newTarget(caseID), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: photo("after")}, gridcasev1.State_STATE_HANDLED, "acceptor"},
		{"acceptor", &gridcasev1.RequestInspection{Target: newTarget(caseID), Worker: worker}, gridcasev1.State_STATE_INSPECTING, "worker:" + worker},
		{"worker-1", &gridcasev1.SubmitInspection{Target: newTarget(caseID), Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Photos: photo("near")}, gridcasev1.State_STATE_HANDLED, "acceptor"},
		{"leader", &gridcasev1.CloseCase{Target: newTarget(caseID), Checklist: []string{"cleared"}}, gridcasev1.State_STATE_CLOSED, ""},
	} {
		receipt, err := c.as(step.user).Do(t.Context(), step.cmd)
		if err != nil {
			t.Fatalf("step %d as %s: %v", i+1, step.user, err)
		}
		if receipt.GetState() != step.state || receipt.GetVersion() != uint64(i+1) {
			t.Fatalf("step %d as %s: %v, want %s", i+1, step.user, receipt, step.state)
		}
		c.see(t, receipt, step.queue)
	}
	return caseID
}

// see checks that the queries show what a receipt says, in the queue where the case now waits.
func (c city) see(t *testing.T, receipt *gridcasev1.Receipt, queue string) {
	t.Helper()
	at := []string{receipt.GetPosition()}
	c.reached(t, receipt.GetPosition())
	answer, err := c.as("supervisor").Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{Number: receipt.GetNumber()}, AtLeast: at})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	if k := answer.GetCase(); k.GetState() != receipt.GetState() || k.GetVersion() != receipt.GetVersion() || answer.GetFreshness().GetStale() {
		t.Fatalf("the query shows %v (%v), the receipt says %v", k, answer.GetFreshness(), receipt)
	}
	if queue == "" {
		return
	}
	items, err := c.as("supervisor").Query.ListQueue(t.Context(), &gridcasev1.ListQueueRequest{Queue: queue, AtLeast: at, Limit: 200})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	for _, item := range items.GetItems() {
		if item.GetCaseId() == receipt.GetCaseId() {
			return
		}
	}
	t.Fatalf("the case does not wait in queue %s", queue)
}

// reached waits until the queries show a position: who projects may just have been killed.
func (c city) reached(t *testing.T, position string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(20 * time.Millisecond) {
		answer, err := c.as("supervisor").Query.GetGridStatus(t.Context(), &gridcasev1.GetGridStatusRequest{Code: referencetest.District, AtLeast: []string{position}})
		if err == nil && !answer.GetFreshness().GetStale() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the queries do not show %s: %v, %v", position, answer.GetFreshness(), err)
		}
	}
}

// keepsSecrets checks who sees what of the case that wholeWay played.
func keepsSecrets(t *testing.T, c city, caseID string) {
	t.Helper()
	ref := &gridcasev1.CaseRef{CaseId: caseID}
	if _, err := c.as("worker-2").Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: ref}); client.Fault(err).Kind != fault.NotFound {
		t.Errorf("a grid worker of other unit grids gets %v, want not found", err)
	}
	if _, err := c.as("citizen").Query.RevealCase(t.Context(), &gridcasev1.RevealCaseRequest{Case: ref}); client.Fault(err).Kind != fault.Denied {
		t.Errorf("a citizen who reveals gets %v, want denied", err)
	}
	for user, sees := range map[string]string{"acceptor": canaryText + " " + canaryPhone + " canary-plate", "roads-handler": canaryText + " canary-plate"} {
		answer, err := c.as(user).Query.RevealCase(t.Context(), &gridcasev1.RevealCaseRequest{Case: ref})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		values := map[string]bool{}
		for _, v := range answer.GetValues() {
			values[v.GetValue()] = true
		}
		for _, canary := range []string{canaryText, canaryPhone, "canary-plate"} {
			if values[canary] != strings.Contains(sees, canary) {
				t.Errorf("%s sees %q: %v, want %v", user, canary, values[canary], !values[canary])
			}
		}
	}
}

// counts checks the grid map and its roll-up against the number of closed cases.
func (c city) counts(t *testing.T, closed uint64) {
	t.Helper()
	for _, code := range []string{referencetest.Cell(1), referencetest.District + "001001", referencetest.District + "001", referencetest.District} {
		answer, err := c.as("supervisor").Query.GetGridStatus(t.Context(), &gridcasev1.GetGridStatusRequest{Code: code})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		if answer.GetArea().GetClosed() != closed {
			t.Errorf("area %s has %d closed cases, want %d", code, answer.GetArea().GetClosed(), closed)
		}
	}
}

func TestTheMainJobEndToEndInOneProcess(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	r := start(t, "up", "--data", data)
	if n := r.threads(t); n != 2*runtime.GOMAXPROCS(0) && os.Getenv("GOMAXPROCS") == "" {
		t.Errorf("a process that syncs the log runs on %d threads, want 2 for each of %d processors", n, runtime.GOMAXPROCS(0))
	}
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	id := wholeWay(t, c)
	keepsSecrets(t, c, id)
	c.counts(t, 1)
	timeline, err := c.as("acceptor").Query.GetTimeline(t.Context(), &gridcasev1.GetTimelineRequest{Case: &gridcasev1.CaseRef{CaseId: id}})
	if err != nil || len(timeline.GetEntries()) != 14 {
		t.Errorf("the timeline has %d entries (%v), want 14", len(timeline.GetEntries()), err)
	}
	r.stop(t, syscall.SIGINT)
	for _, canary := range []string{canaryText, canaryPhone, "canary-plate"} {
		if strings.Contains(r.output.String(), canary) {
			t.Errorf("%q stands in the process's log", canary)
		}
		noneHolds(t, data, canary)
	}
	if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "pgrep", "-f", data).Output(); err == nil {
		t.Errorf("processes are left running: %s", out)
	}
}

// noneHolds checks that no file of the data directory, the log's and the database's included, holds a text.
func noneHolds(t *testing.T, dir, text string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, []byte(text)) {
			t.Errorf("%q stands in %s", text, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
