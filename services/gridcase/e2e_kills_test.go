package main_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

var (
	kills    = flag.Int("kills", 10, "how many times TestTheViewsEqualAFreshFoldAfterEveryKill kills something; scripts/campaign kills wants more")
	killSeed = flag.Uint64("kills.seed", 0, "what is killed when; drawn where 0")
)

// brokerDir and brokerAddr tell the test binary to be a broker instead: a process that can be killed.
const (
	brokerDir  = "GRIDCASE_TEST_BROKER_DIR"
	brokerAddr = "GRIDCASE_TEST_BROKER_ADDR"
)

// runBroker serves a log until the process that started it is gone.
func runBroker(dir, addr string) int {
	if _, err := natsd.Start(natsd.Options{Dir: dir, Listen: addr, UnsafeFilesystem: true}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
	return 0
}

// installation is gridcase with a broker and a database outside of it, each of which can be killed.
type installation struct {
	city
	data, broker, api, admin string
	log                      *exec.Cmd
	database                 *postgres.Server
	process                  *running
}

func install(t *testing.T) *installation {
	t.Helper()
	in := &installation{data: dataDir(t), broker: freeAddress(t), api: freeAddress(t), admin: freeAddress(t), database: pgtest.Start(t)}
	in.city = city{"http://" + in.api, "http://" + in.api}
	in.startBroker(t)
	in.startProcess(t)
	in.open(t)
	return in
}

// startBroker runs this binary again as a broker.
func (in *installation) startBroker(t *testing.T) {
	t.Helper()
	in.log = exec.Command(os.Args[0])
	in.log.Env = append(os.Environ(), brokerDir+"="+in.data+"/broker", brokerAddr+"="+in.broker)
	in.log.Stderr = os.Stderr
	stdin, err := in.log.StdinPipe()
	if err == nil {
		err = in.log.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := in.log
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // killed, or ended with its input
	})
}

func (in *installation) outside() []string {
	return []string{"--data", in.data, "--nats-url", "nats://" + in.broker, "--postgres-url", in.database.DSN("postgres")}
}

func (in *installation) startProcess(t *testing.T) {
	t.Helper()
	in.process = startAt(t, in.api, in.admin, append([]string{"serve", "intake", "dispatch", "projector", "query"}, in.outside()...)...)
}

// kill ends one of the three at once, and starts it again where nothing else does.
func (in *installation) kill(t *testing.T, dice *rand.Rand) string {
	t.Helper()
	switch dice.IntN(3) {
	case 0:
		in.process.stop(t, syscall.SIGKILL)
		in.startProcess(t)
		return "gridcase"
	case 1:
		return in.killDatabase(t, dice)
	}
	_ = in.log.Process.Kill()
	_, _ = in.log.Process.Wait()
	in.startBroker(t)
	return "the broker"
}

// killDatabase kills the database's main process, all of its processes, or any single one, which makes the main process begin anew with all of
// them.
func (in *installation) killDatabase(t *testing.T, dice *rand.Rand) string {
	t.Helper()
	what := dice.IntN(3)
	if all := in.database.Processes(); what > 0 && len(all) > 0 {
		if what == 1 {
			all = all[dice.IntN(len(all)):][:1]
		}
		for _, pid := range all {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
		return fmt.Sprintf("%d processes of the database", len(all))
	}
	if err := in.database.Kill(); err != nil { // its supervisor starts it again
		t.Fatal(err)
	}
	return "the database"
}

// stories plays cases of 64 clients at once until the returned function is called, each command again until it is answered. They are enough for
// their commands to go into the log together.
func (in *installation) stories(t *testing.T, seed uint64, acks *acknowledged) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range 64 {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		group.Go(func() {
			for ctx.Err() == nil {
				in.story(ctx, t, dice, acks)
			}
		})
	}
	return func() {
		cancel()
		group.Wait()
	}
}

// told is a command and who sends it.
type told struct {
	user string
	cmd  client.Command
}

// usualWay is a case on the usual way, somewhere in the two grids of worker-1; it ends anywhere.
func usualWay(dice *rand.Rand, id string) []told {
	worker := referencetest.UserID("worker-1")
	at := &gridcasev1.GeoPoint{Longitude: 107 + 2*dice.Float64(), Latitude: 34 + dice.Float64()}
	steps := []told{
		{"worker-1", &gridcasev1.ReportCase{Target: newTarget(id), CaseType: "drain.pipe", Point: at}},
		{"worker-1", &gridcasev1.AmendReport{Target: newTarget(id), Photos: photo("near")}},
		{"acceptor", &gridcasev1.FileCase{Target: newTarget(id), Condition: "B2"}},
		{"dispatcher", &gridcasev1.DispatchCase{Target: newTarget(id), Department: "water"}},
		{"water-manager", &gridcasev1.SignTask{Target: newTarget(id)}},
		{"water-manager", &gridcasev1.ReportHandling{Target: newTarget(id), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: photo("after")}},
		{"acceptor", &gridcasev1.RequestInspection{Target: newTarget(id), Worker: worker}},
		{"worker-1", &gridcasev1.SubmitInspection{Target: newTarget(id), Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Photos: photo("near")}},
		{"acceptor", &gridcasev1.CloseCase{Target: newTarget(id)}},
	}
	return steps[:1+dice.IntN(len(steps))]
}

// story plays one case.
func (in *installation) story(ctx context.Context, t *testing.T, dice *rand.Rand, acks *acknowledged) {
	id := newCaseID(t)
	for _, step := range usualWay(dice, id) {
		_, err := in.as(step.user).Do(ctx, step.cmd)
		if f := fault.Of(err); err != nil && ctx.Err() == nil && f.Code != "case.duplicates_unseen" { // two cases may lie side by side
			t.Errorf("%T of case %s: %v", step.cmd, id, err)
		}
		if err != nil {
			return
		}
		acks.add(id, step.cmd.GetTarget().GetCommandId())
	}
}

// more waits until n more commands were acknowledged.
func (a *acknowledged) more(t *testing.T, n int) {
	t.Helper()
	want := a.count.Load() + int64(n)
	for deadline := time.Now().Add(60 * time.Second); a.count.Load() < want; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d commands were acknowledged within 60 s", int64(n)-want+a.count.Load(), n)
		}
	}
}

// exact compares the views with those of a projector that begins with nothing. Nobody sends commands meanwhile, but a process manager may.
func (in *installation) exact(t *testing.T, after string) {
	t.Helper()
	for {
		last, fresh := in.logEnd(t), pgtest.New(t)
		awaitPosition(t, in.database.DSN("postgres"), last)
		got := dumpViews(t, in.database.DSN("postgres"))
		if in.logEnd(t) != last {
			continue
		}
		p := start(t, "serve", "projector", "--data", in.data, "--nats-url", "nats://"+in.broker, "--postgres-url", fresh)
		awaitPosition(t, fresh, last)
		p.stop(t, syscall.SIGTERM)
		if want := dumpViews(t, fresh); got != want {
			t.Fatalf("after %s the views differ from a fresh fold of the log\ngot:\n%s\nwant:\n%s", after, got, want)
		}
		return
	}
}

// TestTheViewsEqualAFreshFoldAfterEveryKill: the process, the database or the broker is killed in the middle of a load, again and again. Each
// time the work goes on without a person, and the views are what the log says; in the end each acknowledged command stands in the log once.
func TestTheViewsEqualAFreshFoldAfterEveryKill(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("again by: go test ./services/gridcase -run %s -kills=%d -kills.seed=%d", t.Name(), *kills, seed)
	dice, acks, in := rand.New(rand.NewPCG(seed, 0)), &acknowledged{byCase: map[string][]string{}}, install(t)
	begun := time.Now()
	for round := range *kills {
		stop := in.stories(t, dice.Uint64(), acks)
		acks.more(t, 1+dice.IntN(200))
		after := fmt.Sprintf("kill %d, of %s,", round+1, in.kill(t, dice))
		acks.more(t, 20)
		stop()
		in.exact(t, after)
		t.Logf("%s: %d commands at %v", after, acks.count.Load(), time.Since(begun).Round(time.Millisecond))
	}
	in.eachOnce(t, acks)
	together := in.together(t)
	if together == 0 {
		t.Error("no two commands went into the log together")
	}
	t.Logf("%d acknowledged commands of %d cases over %d kills, %d together with others", acks.count.Load(), len(acks.byCase), *kills, together)
}

// together is how many events went into the log in a batch with those of other cases.
func (in *installation) together(t *testing.T) (n int) {
	t.Helper()
	conn, err := natsd.Dial("nats://"+in.broker, "", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	log, err := eventstore.New(eventstore.Options{Conn: conn})
	if err != nil {
		t.Fatal(err)
	}
	streams, err := log.Streams(t.Context())
	if err != nil || len(streams) != 1 {
		t.Fatalf("the log's streams: %v, %v", streams, err)
	}
	copies, _, err := log.Copies(t.Context(), streams[0].Name())
	if err != nil {
		t.Fatal(err)
	}
	defer copies[0].Close(t.Context())
	events, cases := map[string]int{}, map[string]map[string]bool{}
	for {
		read, err := copies[0].Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(read) == 0 {
			break
		}
		for _, e := range read {
			for _, batch := range e.Headers["Nats-Batch-Id"] {
				if cases[batch] == nil {
					cases[batch] = map[string]bool{}
				}
				events[batch]++
				cases[batch][e.Subject] = true
			}
		}
	}
	for batch, of := range cases {
		if len(of) > 1 {
			n += events[batch]
		}
	}
	return n
}

// eachOnce reads the log to its end and counts the acknowledged commands.
func (c city) eachOnce(t *testing.T, acks *acknowledged) {
	t.Helper()
	stored := map[string]int{}
	for from := uint64(1); ; {
		answer := c.readLog(t, from, 1000)
		for _, e := range answer.GetEntries() {
			stored[e.GetCaseId()+" "+e.GetEntry().GetCommandId()]++
		}
		if from += uint64(len(answer.GetEntries())); len(answer.GetEntries()) == 0 {
			break
		}
	}
	for id, commands := range acks.byCase {
		for _, command := range commands {
			if n := stored[id+" "+command]; n != 1 {
				t.Errorf("command %s of case %s was acknowledged and stands %d times in the log", command, id, n)
			}
		}
	}
}
