package notary_test

import (
	"cmp"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/notary"
)

// office is an installation with a notary, whose log can be closed and opened again.
type office struct {
	t        *testing.T
	dir      string // the broker's, and the notary's beside it
	now      func() time.Time
	dsn      string
	cases    []string
	year     int
	ended    atomic.Value  // how the last audit of a stream ended, a string
	patience time.Duration // with the broker; 5 s where 0
	closed   func()        // ends what runs on the log; nil where nothing does

	conn      *nats.Conn
	log       *eventstore.Log
	directory *reference.Directory
	access    *access.Access
	commands  *command.Service
	pool      *postgres.Pool
	notary    *notary.Notary
	client    *client.Client
}

func thisYear() int { return time.Now().UTC().Year() }

func views() []projection.View {
	return []projection.View{casestatus.View{}, timeline.View{}, gridstatus.View{}}
}

// newOffice opens the test district in a broker of its own.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), dsn: pgtest.New(t), year: thisYear()}
	t.Cleanup(func() { o.close() })
	directory := o.open(o.embedded, 1)
	referencetest.Publish(t, directory)
	return o
}

// embedded starts the office's own broker.
func (o *office) embedded() (*nats.Conn, func()) {
	server, err := natsd.Start(natsd.Options{Dir: filepath.Join(o.dir, "nats"), UnsafeFilesystem: true, MaxFileStore: 1 << 30})
	if err != nil {
		o.t.Fatal(err)
	}
	conn, err := server.Connect(o.t.Name())
	if err != nil {
		o.t.Fatal(err)
	}
	return conn, func() {
		conn.Close()
		server.Close()
	}
}

// open starts everything on the log.
func (o *office) open(broker func() (*nats.Conn, func()), replicas int) *reference.Directory {
	o.t.Helper()
	var stop func()
	var err error
	o.conn, stop = broker()
	if o.log, err = eventstore.New(eventstore.Options{Conn: o.conn, Replicas: replicas, Patience: cmp.Or(o.patience, 5*time.Second)}); err != nil {
		o.t.Fatal(err)
	}
	if o.pool, err = postgres.Connect(o.t.Context(), o.dsn, postgres.PoolOptions{Conns: 6}); err != nil {
		o.t.Fatal(err)
	}
	directory := reference.New(o.log)
	endDirectory := o.run(func(ctx context.Context) { _ = directory.Run(ctx) }) // a damaged log ends it
	o.directory = directory
	o.access = access.New(directory, referencetest.OperatorToken)
	if o.commands, err = command.New(command.Options{Log: o.log, Directory: directory, Access: o.access, Vault: vault.New(o.pool, vault.Key{1})}); err != nil {
		o.t.Fatal(err)
	}
	key, err := notary.LoadKey(filepath.Join(o.dir, "root.key"))
	if err != nil {
		o.t.Fatal(err)
	}
	o.notary = notary.New(notary.Options{Log: o.log, Pool: o.pool, Views: views(), Access: o.access, Key: key, Dir: filepath.Join(o.dir, "roots"), Now: o.now, Every: 20 * time.Millisecond})
	handler, err := api.NewHandler(api.Options{Access: o.access, Logger: zap.NewNop(), Observe: o.observe, Register: func(s *connect.Server) { o.notary.Register(s) }})
	if err != nil {
		o.t.Fatal(err)
	}
	front := httptest.NewServer(handler)
	o.client = client.New(front.URL, referencetest.OperatorToken)
	o.closed = func() {
		front.Close()
		endDirectory()
		o.pool.Close()
		stop()
	}
	return directory
}

// observe keeps how the last audit of a stream ended.
func (o *office) observe(procedure string, outcome fault.Kind, _ time.Duration) {
	if procedure == gridcasev1connect.EvidenceServiceAuditProcedure {
		o.ended.Store(string(outcome))
	}
}

// close ends what runs on the log.
func (o *office) close() {
	if o.closed != nil {
		o.closed()
		o.closed = nil
	}
}

func (o *office) run(work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		work(ctx)
	}()
	return sync.OnceFunc(func() {
		cancel()
		<-ended
	})
}

func (o *office) do(as string, cmd casework.Command) {
	o.t.Helper()
	actor, err := o.access.Authenticate(referencetest.Token(as))
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.commands.Do(o.t.Context(), actor, cmd); err != nil {
		o.t.Fatal(err)
	}
}

// work reports cases, files and dispatches them: three events each, one case behind the other.
func (o *office) work(cases int) {
	o.t.Helper()
	to := func(id string) *gridcasev1.Target {
		return &gridcasev1.Target{CaseId: id, CommandId: uuid.NewString()}
	}
	for range cases {
		id, err := uuid.NewV7()
		if err != nil {
			o.t.Fatal(err)
		}
		o.cases = append(o.cases, id.String())
		o.do("worker-1", &gridcasev1.ReportCase{Target: to(id.String()), CaseType: "drain.pipe", Point: referencetest.Point(1)})
		o.do("acceptor", &gridcasev1.FileCase{Target: to(id.String()), Condition: "B2"})
		o.do("dispatcher", &gridcasev1.DispatchCase{Target: to(id.String()), Department: "water"})
	}
}

// audit returns what an audit of the log finds.
func (o *office) audit() *gridcasev1.AuditLogResponse {
	o.t.Helper()
	answer, err := o.client.Evidence.AuditLog(o.t.Context(), &gridcasev1.AuditLogRequest{District: referencetest.District, Year: uint32(o.year), Sample: 20})
	if err != nil {
		o.t.Fatal(client.Fault(err))
	}
	return answer
}

// sign signs the log's root.
func (o *office) sign() (*gridcasev1.Root, error) {
	answer, err := o.client.Evidence.SignRoot(o.t.Context(), &gridcasev1.SignRootRequest{District: referencetest.District, Year: uint32(o.year)})
	if err != nil {
		return nil, client.Fault(err)
	}
	return answer.GetRoot(), nil
}

// never is behind the end of every log.
const never = 1 << 40

// project fills the views in a database until they hold the log up to a sequence, or it is halted: then it returns why.
func (o *office) project(dsn string, until uint64) error {
	o.t.Helper()
	pool, err := postgres.Connect(o.t.Context(), dsn, postgres.PoolOptions{Conns: 6})
	if err != nil {
		o.t.Fatal(err)
	}
	defer pool.Close()
	p := projection.New(projection.Options{Pool: pool, Log: o.log, Views: views()})
	defer o.run(func(ctx context.Context) { _ = p.Run(ctx) })()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		if err := p.Ready(); err != nil {
			return err
		}
		var seq uint64
		if err := pool.QueryRow(o.t.Context(), `select coalesce(min(seq), 0) from projection.checkpoints`).Scan(&seq); err == nil && seq == until && p.Leading() {
			return nil
		}
	}
	o.t.Fatal("the views neither came to the log's end nor were halted")
	return nil
}

// says tells whether a finding of a code holds all the parts.
func says(found []*gridcasev1.Finding, code string, parts ...string) bool {
	for _, f := range found {
		all := f.GetCode() == code && !strings.Contains(f.GetText(), "\n")
		for _, part := range parts {
			all = all && strings.Contains(f.GetText(), part)
		}
		if all {
			return true
		}
	}
	return false
}

func TestASoundLogIsFoundSound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(10)
	root, err := o.sign()
	if err != nil || root.GetSize() != 30 {
		t.Fatalf("the root is %v, %v", root, err)
	}
	o.work(2)
	if a := o.audit(); a.GetFound() != 0 || a.GetEvents() != 36 || a.GetCases() != 12 || a.GetRoots() != 1 || a.GetFolded() != 12 || a.GetRoot() == "" || len(a.GetCopies()) != 0 {
		t.Errorf("the audit says %v", a)
	}
	if err := o.project(o.dsn, 36); err != nil {
		t.Fatal(err)
	}
	for _, q := range []*gridcasev1.AuditViewsRequest{{Whole: true}, {Sample: 50, District: referencetest.District}} {
		if a, err := o.client.Evidence.AuditViews(t.Context(), q); err != nil || a.GetFound() != 0 || a.GetRows() < 10 || len(a.GetViews()) != 3 {
			t.Errorf("the audit of the views says %v, %v", a, err)
		}
	}
}

func TestAViewThatWasAlteredIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(1)
	if err := o.project(o.dsn, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := o.pool.Exec(t.Context(), `update timeline_v`+version(timeline.View{})+`.events set grid = 'elsewhere' where version = 2`); err != nil {
		t.Fatal(err)
	}
	for _, q := range []*gridcasev1.AuditViewsRequest{{Whole: true}, {Sample: 10}} {
		a, err := o.client.Evidence.AuditViews(t.Context(), q)
		if err != nil || a.GetFound() != 1 || !says(a.GetFindings(), "view", "timeline_v", o.cases[0], "version 2", "grid") || a.GetFindings()[0].GetCase() != referencetest.District+"/"+o.cases[0] {
			t.Errorf("the audit of the views says %v, %v", a, err)
		}
	}
}

func version(v projection.View) string {
	_, number, _ := strings.Cut(projection.Schema(v), "_v")
	return number
}

func TestTheKeyOfTheRootsIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "root.key")
	made, err := notary.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := notary.LoadKey(path); err != nil || again.Public() != made.Public() {
		t.Errorf("read again the key is %s, %v", again.Public(), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := notary.LoadKey(path); err == nil {
		t.Error("a key that others can read is taken")
	}
}
