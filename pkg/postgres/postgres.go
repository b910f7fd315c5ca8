// Package postgres runs a private PostgreSQL server as a child process, and opens pools to any. It owns finding the machine's server
// binaries, the cluster's directory, the child's life and its end with ours. It never touches a cluster that is not its own, and it knows
// nothing of what is stored.
//
// # Decisions
//
// 2026-11: the child runs in its own process group, so that Ctrl-C reaches us alone, and gets SIGINT from the kernel when we are killed
// (Pdeathsig, which is tied to the thread that forked: that thread is locked for the child's life). It listens on a unix socket only. Its
// log leaves out statements and the details of errors: they could name a value.
//
// 2026-11: a server is started only under a lock that each of its processes holds from its birth to its death, so a killed server's are waited
// for, whoever started them, and the pid file that one leaves can be dropped. Looking at the processes alone would miss one that is being born.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"go.uber.org/zap"
)

// ServerOptions are the settings of a private server.
type ServerOptions struct {
	Dir    string // the cluster's home; made where it doesn't exist
	Bin    string // directory of the server binaries; empty: the newest that the machine has
	Unsafe bool   // speed for safety: what is committed outlives the server, but not the machine; for tests
	Logger *zap.Logger
}

// Server is a private PostgreSQL server. It is started again when it dies, until Stop.
type Server struct {
	options  ServerOptions
	bin      string
	user     *owner
	sock     string
	password string
	log      *zap.Logger

	running context.Context // ends with Stop
	stop    context.CancelFunc
	ended   chan struct{}

	mu    sync.Mutex
	child *exec.Cmd
}

const port = 5432 // of the socket's name; nothing listens on TCP

// StartServer makes the cluster where there is none, starts the server and returns when it takes connections. It waits for what killed
// processes have left behind: a server that is still shutting down, or processes of a server that was killed itself.
func StartServer(ctx context.Context, o ServerOptions) (*Server, error) {
	bin, err := FindBinaries(o.Bin)
	if err != nil {
		return nil, err
	}
	user, err := runAs()
	if err != nil {
		return nil, err
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil { // the child works elsewhere
		return nil, fmt.Errorf("find the database's directory: %w", err)
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	s := &Server{options: o, bin: bin, user: user, log: o.Logger}
	if err := s.begin(ctx); err != nil {
		s.dropSocket()
		return nil, err
	}
	return s, nil
}

func (s *Server) begin(ctx context.Context) error {
	if err := s.initialise(ctx); err != nil {
		return err
	}
	return s.Restart(ctx)
}

// DSN returns how to connect to a database of the server as its superuser.
func (s *Server) DSN(db string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	return fmt.Sprintf("host='%s' port=%d user=postgres password=%s dbname='%s' sslmode=disable", quoted.Replace(s.sock), port, s.password, quoted.Replace(db))
}

// Stop shuts the server down, at first politely, and returns when nothing of it is left. It may be called again.
func (s *Server) Stop() error {
	s.stop()
	<-s.ended
	s.dropSocket()
	return nil
}

// Restart starts a stopped server again.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.own(s.sock); err != nil {
		return err
	}
	exited, err := s.launch(ctx)
	if err != nil {
		return err
	}
	s.ended = make(chan struct{})
	s.running, s.stop = context.WithCancel(context.Background())
	go s.supervise(exited) // ends with Stop, which waits for it
	return nil
}

// Kill ends the running server's main process at once (SIGKILL), which leaves those that it has started without a parent; the supervisor
// starts it again. For tests of what holds then.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child.Process.Kill()
}

func (s *Server) data() string { return filepath.Join(s.options.Dir, "data") }

func (s *Server) logFile() string { return filepath.Join(s.options.Dir, "postgres.log") }

var errNoUser = errors.New("PostgreSQL refuses to run as root, and the machine has neither a user postgres nor nobody: run gridcase as another user, or give --postgres-url")
