package query_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/live"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/projector"
	"github.com/gridcase/gridcase/services/query"
)

// office is the test district with its write side, its views and its live streams over HTTP.
type office struct {
	t         *testing.T
	directory *reference.Directory
	access    *access.Access
	commands  *command.Service
	hub       *live.Hub
	server    *httptest.Server
	stop      chan struct{}
}

// narrow lets a connection hold little that its reader has not taken.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetWriteBuffer(4 << 10)
}

// newOffice serves live streams on a server that gives a request little time.
func newOffice(t *testing.T, o query.LiveOptions) *office {
	t.Helper()
	f := &office{t: t, stop: make(chan struct{})}
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f.directory = referencetest.Run(t, log)
	referencetest.Publish(t, f.directory)
	f.access = access.New(f.directory, referencetest.OperatorToken)
	texts := vault.New(pool, vault.Key{1})
	if err := texts.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.commands, err = command.New(command.Options{Log: log, Directory: f.directory, Access: f.access, Vault: texts}); err != nil {
		t.Fatal(err)
	}
	tracker := readmodel.NewTracker(pool, log, projector.Views(texts), zap.NewNop())
	f.hub = live.New(live.Options{Log: log, Pool: pool, Tracker: tracker, Directory: f.directory, PerUser: 60})
	run(t, tracker.Run)
	run(t, projector.New(projector.Options{Pool: pool, Log: log, Vault: texts}).Run)
	run(t, f.hub.Run)
	o.Hub, o.Directory, o.Access, o.Stop, o.Logger = f.hub, f.directory, f.access, f.stop, zap.NewNop()
	mux := http.NewServeMux()
	mux.Handle(access.Live, query.NewLive(o))
	f.server = httptest.NewUnstartedServer(mux)
	f.server.Listener = narrow{f.server.Listener}
	f.server.Config.ReadTimeout = 200 * time.Millisecond
	f.server.Start()
	t.Cleanup(f.server.Close)
	f.await("the hub", func() bool {
		r, err := f.hub.Subscribe(t.Context(), live.Subscription{User: "nobody", Scope: access.Scope{District: referencetest.District}})
		if err == nil {
			r.Close()
		}
		return err == nil
	})
	return f
}

// run works until the test ends.
func run(t *testing.T, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = work(ctx) // ends with ctx
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func (f *office) await(what string, done func() bool) {
	f.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("%s: not in 20 s", what)
		}
	}
}

// report reports a case in unit grid n, as the citizen.
func (f *office) report(n int) *gridcasev1.Receipt {
	f.t.Helper()
	actor, err := f.access.Authenticate(referencetest.Token("citizen"))
	if err != nil {
		f.t.Fatal(err)
	}
	receipt, err := f.commands.Do(f.t.Context(), actor, &gridcasev1.ReportCase{CaseType: "drain.pipe", Point: referencetest.Point(n),
		Target: &gridcasev1.Target{CaseId: uuid.Must(uuid.NewV7()).String(), CommandId: uuid.NewString()}})
	if err != nil {
		f.t.Fatal(err)
	}
	return receipt
}

// get asks for a stream, with further headers as name, value.
func (f *office) get(user, parameters string, headers ...string) *http.Response {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.server.URL+"/v1/live?"+parameters, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	if user != "" {
		request.Header.Set("Authorization", "Bearer "+referencetest.Token(user))
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = answer.Body.Close() }) // the stream ends with the test
	return answer
}

// line reads a stream until a line begins so.
func line(t *testing.T, answer *http.Response, begins string) string {
	t.Helper()
	var all []string
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), begins) {
			return lines.Text()
		}
		all = append(all, lines.Text())
	}
	t.Fatalf("the stream ended without a line %q: %q", begins, all)
	return ""
}

func TestAStreamIsRefusedAsItsQueriesAre(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{})
	cell := referencetest.Cell(1)
	for _, c := range []struct {
		what, user, parameters string
		headers                []string
		status                 int
		code                   string
	}{
		{"nobody", "", "", nil, 401, "access.token"},
		{"a token in the URL", "", "token=" + referencetest.Token("acceptor"), nil, 401, "access.token"},
		{"a token in the URL too", "acceptor", "access_token=" + referencetest.Token("acceptor"), nil, 400, "request.unknown_parameter"},
		{"a citizen", "citizen", "", nil, 403, "access.role"},
		{"an importer at a queue", "importer", "queue=acceptor", nil, 403, "access.role"},
		{"a manager at another department's queue", "roads-manager", "queue=department:water", nil, 403, "access.queue"},
		{"a worker at another's queue", "worker-1", "queue=worker:" + referencetest.UserID("worker-2"), nil, 403, "access.queue"},
		{"no queue's name", "acceptor", "queue=everybody", nil, 400, "live.queue"},
		{"an area and a queue", "acceptor", "queue=acceptor&area=" + cell, nil, 400, "live.one"},
		{"a foreign district", "acceptor", "district=610302", nil, 404, "district.unknown"},
		{"an area of a foreign district", "acceptor", "area=610302001", nil, 404, "district.unknown"},
		{"an area of another district than named", "acceptor", "district=610399&area=610302001", nil, 404, "grid.unknown"},
		{"an area that is not there", "acceptor", "area=610399777", nil, 404, "grid.unknown"},
		{"no code", "acceptor", "area=6103x9", nil, 400, "grid.code"},
		{"no place", "acceptor", "after=yesterday", nil, 400, "position.malformed"},
		{"a foreign place", "acceptor", "", []string{"Last-Event-ID", "610302-2026:1"}, 400, "position.district"},
		{"a parameter twice", "acceptor", "area=" + cell + "&area=" + cell, nil, 400, "request.repeated"},
		{"a page of another origin", "acceptor", "", []string{"Origin", "https://example.org"}, 403, "live.origin"},
		{"a page of no origin", "acceptor", "", []string{"Origin", "null"}, 403, "live.origin"},
	} {
		answer := f.get(c.user, c.parameters, c.headers...)
		var problem struct{ Code string }
		if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil || answer.StatusCode != c.status || problem.Code != c.code {
			t.Errorf("%s: %d %s (%v), want %d %s", c.what, answer.StatusCode, problem.Code, err, c.status, c.code)
		}
	}
	if answer := f.get("acceptor", "", "Origin", f.server.URL); answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page of the own origin: %d %v", answer.StatusCode, answer.Header)
	}
}

func TestWhoHasEnoughStreamsIsToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{})
	for range 60 {
		line(t, f.get("acceptor", ""), "event: start")
	}
	if answer := f.get("acceptor", ""); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
}

// TestASilentStreamStaysOpenAndMovesItsPlace: longer than the server gives a request, with a heartbeat that carries the place.
func TestASilentStreamStaysOpenAndMovesItsPlace(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{Heartbeat: 50 * time.Millisecond})
	answer := f.get("acceptor", "area="+referencetest.Cell(4))
	lines := bufio.NewScanner(answer.Body)
	at := f.report(1).GetPosition() // is nothing of this unit grid
	for beats, moved := 0, false; beats < 10 || !moved; {
		if !lines.Scan() {
			t.Fatalf("the stream ended after %d heartbeats: %v", beats, lines.Err())
		}
		switch {
		case lines.Text() == ": heartbeat":
			beats++
		case lines.Text() == "id: "+at:
			moved = true
		case strings.HasPrefix(lines.Text(), "event:") && lines.Text() != "event: start":
			t.Fatalf("a stream of another unit grid is told %s", lines.Text())
		}
	}
}

func TestADismissedWorkersStreamEnds(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{})
	opened, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- client.New(f.server.URL, referencetest.Token("worker-1")).Watch(t.Context(), client.Watch{Area: referencetest.Cell(1)}, func(k client.Change) error {
			if k.Start != nil {
				close(opened)
			}
			return nil
		})
	}()
	<-opened
	stays := f.get("worker-2", "")
	people := referencetest.People()
	for _, u := range people.GetUsers() {
		u.Inactive = u.GetName() == "worker-1"
	}
	if _, err := f.directory.PublishAccess(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("the stream ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the stream of a worker who was dismissed goes on after 5 s")
	}
	if got := f.get("worker-1", ""); got.StatusCode != 401 {
		t.Errorf("and the next one: %d", got.StatusCode)
	}
	f.report(3)
	line(t, stays, "event: case")
}

func TestTheServersEndIsSaid(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{})
	answer := f.get("acceptor", "")
	line(t, answer, "event: start")
	close(f.stop)
	if got := line(t, answer, `data: {"type":"urn:gridcase:problem:live.stopping"`); !strings.Contains(got, "retryAfter") {
		t.Errorf("the end says %s", got)
	}
}

// TestThoseWhoNeverReadAreDropped: they ask over a bare connection and take nothing from it. The others are told all the same, and nothing is
// kept for who has gone.
func TestThoseWhoNeverReadAreDropped(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{Patience: 300 * time.Millisecond})
	const silent = 50
	for range silent {
		conn, err := net.Dial("tcp", f.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() }) // the server has closed it
		if err := conn.(*net.TCPConn).SetReadBuffer(1 << 10); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /v1/live HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", f.server.Listener.Addr(), referencetest.Token("leader"))
	}
	f.await("all connections", func() bool { return f.hub.Readers() == silent })
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make(chan string, 10_000)
	group.Go(func() {
		_ = client.New(f.server.URL, referencetest.Token("acceptor")).Watch(ctx, client.Watch{}, func(k client.Change) error { // until the test ends it
			if k.Case != nil {
				told <- k.Case.GetCaseId()
			}
			return nil
		})
	})
	last := ""
	f.await("the end of those who never read", func() bool {
		last = f.report(1).GetCaseId()
		return f.hub.Dropped() >= silent
	})
	f.await("the one who reads", func() bool {
		for len(told) > 0 {
			if <-told == last {
				return true
			}
		}
		return false
	})
	f.await("that nothing is kept for them", func() bool { return f.hub.Readers() == 1 })
}

func TestAClientEndsWithItsOwnError(t *testing.T) {
	t.Parallel()
	f := newOffice(t, query.LiveOptions{})
	mine := errors.New("enough")
	err := client.New(f.server.URL, referencetest.Token("acceptor")).Watch(t.Context(), client.Watch{}, func(client.Change) error { return mine })
	if !errors.Is(err, mine) {
		t.Errorf("ended with %v", err)
	}
}
