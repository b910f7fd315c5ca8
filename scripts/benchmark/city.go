package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/vault"
)

// runner does a contestant's work and measures it.
type runner func(ctx context.Context, s size) (result, error)

const clients = 64

// workshop is what a contestant stands on: a directory of its own, and what was started in it, ended with it.
type workshop struct {
	dir  string
	ends []func()
}

func newWorkshop() (*workshop, error) {
	dir, err := os.MkdirTemp("", "gridcase-bench-")
	if err != nil {
		return nil, err
	}
	w := &workshop{dir: dir}
	w.ends = append(w.ends, func() { _ = os.RemoveAll(dir) }) // of a temporary directory
	return w, os.Chmod(dir, 0o755)                            // the database's user enters it
}

func (w *workshop) close() {
	for i := len(w.ends) - 1; i >= 0; i-- {
		w.ends[i]()
	}
}

// in runs work in a workshop.
func in(work func(w *workshop) (result, error)) (result, error) {
	w, err := newWorkshop()
	if err != nil {
		return result{}, err
	}
	defer w.close()
	return work(w)
}

// log is a log of one server inside this process.
func (w *workshop) log(relaxed bool) (*eventstore.Log, *eventstore.Conn, error) {
	broker, err := natsd.Start(natsd.Options{Dir: filepath.Join(w.dir, "nats"), UnsafeLazySync: relaxed, UnsafeFilesystem: true})
	if err != nil {
		return nil, nil, err
	}
	w.ends = append(w.ends, broker.Close)
	conn, err := broker.Connect("benchmark")
	if err != nil {
		return nil, nil, err
	}
	w.ends = append(w.ends, conn.Close)
	log, err := eventstore.New(eventstore.Options{Conn: conn, Full: broker.FullSoon})
	return log, conn, err
}

// pool is a private database; relaxed, it acknowledges before it syncs.
func (w *workshop) pool(ctx context.Context, relaxed bool) (*postgres.Pool, error) {
	server, err := postgres.StartServer(ctx, postgres.ServerOptions{Dir: filepath.Join(w.dir, "pg")})
	if err != nil {
		return nil, err
	}
	w.ends = append(w.ends, func() { _ = server.Stop() }) // always nil
	dsn := server.DSN("postgres")
	if relaxed {
		dsn += "&options=-c%20synchronous_commit%3Doff"
		if !strings.Contains(server.DSN("postgres"), "?") {
			dsn = server.DSN("postgres") + " options='-c synchronous_commit=off'"
		}
	}
	pool, err := postgres.Connect(ctx, dsn, postgres.PoolOptions{Conns: clients})
	if err == nil {
		w.ends = append(w.ends, pool.Close)
	}
	return pool, err
}

// desk is the write side of some districts.
type desk struct {
	commands  *command.Service
	directory *reference.Directory
	actors    map[string]access.Actor // by district and name
	districts []string
}

// renamed is a message of the test district as another's.
func renamed[M proto.Message](m M, district string) M {
	text, err := protojson.Marshal(m)
	out := proto.Clone(m).(M)
	proto.Reset(out)
	if err == nil {
		err = protojson.Unmarshal([]byte(strings.ReplaceAll(string(text), referencetest.District, district)), out)
	}
	if err != nil {
		panic(err) // it was a message a moment ago
	}
	return out
}

// desk opens as many districts as wanted on a log.
func (w *workshop) desk(ctx context.Context, log *eventstore.Log, districts int) (*desk, error) {
	d := &desk{directory: reference.New(log), actors: map[string]access.Actor{}}
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.directory.Run(running) // ends with its context
	}()
	w.ends = append(w.ends, func() { stop(); <-ended })
	for i := range districts {
		d.districts = append(d.districts, fmt.Sprint(610399-i))
		if err := d.publish(ctx, d.districts[i]); err != nil {
			return nil, err
		}
	}
	var err error
	d.commands, err = command.New(command.Options{Log: log, Directory: d.directory, Access: access.New(d.directory, referencetest.OperatorToken), Vault: vault.New(nil, vault.Key{1})})
	return d, err
}

func (d *desk) publish(ctx context.Context, district string) error {
	_, err := d.directory.PublishGrids(ctx, renamed(referencetest.Grids(), district))
	if err == nil {
		_, err = d.directory.PublishCatalogue(ctx, renamed(referencetest.Catalogue(), district))
	}
	if err == nil {
		_, err = d.directory.PublishCalendar(ctx, renamed(referencetest.Calendar(), district))
	}
	people := renamed(referencetest.People(), district)
	for _, u := range people.GetUsers() {
		u.TokenSha256 = access.TokenHash(district + u.GetName())
		d.actors[district+u.GetName()] = access.Actor{ID: u.GetId(), Name: u.GetName(), Role: u.GetRole(), District: district, Department: u.GetDepartment(), Areas: u.GetAreas()}
	}
	if err == nil {
		_, err = d.directory.PublishAccess(ctx, people)
	}
	return err
}

// steps are the seven commands of a case: its report and six transitions.
const steps = 7

// told is a command and who sends it.
type told struct {
	user string
	cmd  interface {
		proto.Message
		GetTarget() *gridcasev1.Target
	}
}

// way is the commands of one case.
func way(district string) []told {
	id := uuid.Must(uuid.NewV7()).String()
	to := func() *gridcasev1.Target {
		return &gridcasev1.Target{District: district, CaseId: id, CommandId: uuid.NewString()}
	}
	photo := func(kind string) []*gridcasev1.Photo {
		return []*gridcasev1.Photo{{Kind: kind, Sha256: strings.Repeat("a", 64)}}
	}
	return []told{
		{"worker-1", &gridcasev1.ReportCase{Target: to(), CaseType: "drain.pipe", Point: referencetest.Point(2)}},
		{"worker-1", &gridcasev1.AmendReport{Target: to(), Photos: photo("near")}},
		{"acceptor", &gridcasev1.FileCase{Target: to(), Condition: "B2"}},
		{"dispatcher", &gridcasev1.DispatchCase{Target: to(), Department: "water"}},
		{"water-manager", &gridcasev1.SignTask{Target: to()}},
		{"water-manager", &gridcasev1.ReportHandling{Target: to(), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: photo("after")}},
		{"acceptor", &gridcasev1.RequestInspection{Target: to(), Worker: referencetest.UserID("worker-1")}},
	}
}

// everyClient lets 64 clients do cases one after the other until all are done.
func everyClient(ctx context.Context, cases int, do func(ctx context.Context, n int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make([]error, clients)
	for i := range clients {
		group.Go(func() {
			for n := int(next.Add(1)); n <= cases && failed[i] == nil; n = int(next.Add(1)) {
				failed[i] = do(ctx, n)
			}
		})
	}
	group.Wait()
	return errors.Join(failed...)
}
