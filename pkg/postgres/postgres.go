// Package postgres runs a private PostgreSQL server as a child process, and opens pools to any. It owns finding the machine's server
// binaries, the cluster's directory, the child's life and its end with ours. It never touches a cluster that is not its own, and it knows
// nothing of what is stored.
//
// # Decisions
//
// 2026-11: the child runs in its own process group, so that Ctrl-C reaches us alone, and gets SIGINT from the kernel when we are killed
// (Pdeathsig, which is tied to the thread that forked: that thread is locked for the child's life). It listens on a unix socket only.
package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// ServerOptions are the settings of a private server.
type ServerOptions struct {
	Dir    string   // the cluster's home; made where it doesn't exist
	Bin    string   // directory of the server binaries; empty: the newest that the machine has
	Args   []string // further arguments of the server, such as "-c", "fsync=off"
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

	stopping chan struct{}
	stopOnce sync.Once
	ended    chan struct{}

	mu    sync.Mutex
	child *exec.Cmd
}

const port = 5432 // of the socket's name; nothing listens on TCP

// StartServer makes the cluster where there is none, starts the server and returns when it takes connections.
func StartServer(ctx context.Context, o ServerOptions) (*Server, error) {
	bin, err := FindBinaries(o.Bin)
	if err != nil {
		return nil, err
	}
	user, err := runAs()
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	s := &Server{options: o, bin: bin, user: user, log: o.Logger, stopping: make(chan struct{}), ended: make(chan struct{})}
	if err := s.initialise(ctx); err != nil {
		return nil, err
	}
	if err := s.awaitOld(ctx); err != nil {
		return nil, err
	}
	exited, err := s.launch(ctx)
	if err != nil {
		return nil, err
	}
	go s.supervise(exited) // ends with Stop, which waits for it
	return s, nil
}

// DSN returns how to connect to a database of the server as its superuser.
func (s *Server) DSN(db string) string {
	return fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=%s sslmode=disable", s.sock, port, s.password, db)
}

// Stop shuts the server down, at first politely, and returns when nothing of it is left. It may be called again.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() { close(s.stopping) })
	<-s.ended
	if s.sock != filepath.Join(s.options.Dir, "sock") {
		_ = os.RemoveAll(s.sock) // a short-named stand-in under the temporary directory
	}
	return nil
}

// Restart starts a stopped server again. For tests of what holds then.
func (s *Server) Restart(ctx context.Context) error {
	s.stopOnce, s.stopping, s.ended = sync.Once{}, make(chan struct{}), make(chan struct{})
	exited, err := s.launch(ctx)
	if err != nil {
		return err
	}
	go s.supervise(exited) // ends with Stop, which waits for it
	return nil
}

// Kill ends the running server at once, as a crash would; the supervisor starts it again. For tests of what holds then.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child.Process.Signal(syscall.SIGQUIT)
}

func (s *Server) data() string { return filepath.Join(s.options.Dir, "data") }

// launch starts the child and returns when it is ready; exited then tells its end.
func (s *Server) launch(ctx context.Context) (exited <-chan error, err error) {
	logFile, err := os.OpenFile(filepath.Join(s.options.Dir, "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database's log: %w", err)
	}
	defer logFile.Close()
	args := append([]string{"-D", s.data(), "-k", s.sock, "-p", strconv.Itoa(port), "-c", "listen_addresses=", "-c", "shared_buffers=128MB", "-c", "max_connections=100",
		"-c", "wal_compression=on", "-c", "jit=off", "-c", "log_min_messages=warning", "-c", "timezone=UTC"}, s.options.Args...)
	started, done := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, which ends with the child
		cmd := s.command("postgres", args...)
		cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
		cmd.Stdout, cmd.Stderr = logFile, logFile
		err := cmd.Start()
		if err == nil {
			s.mu.Lock()
			s.child = cmd
			s.mu.Unlock()
		}
		started <- err
		if err == nil {
			done <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return done, s.awaitReady(ctx, done)
}

func (s *Server) awaitReady(ctx context.Context, exited <-chan error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-exited:
			return fmt.Errorf("postgres ended at its start (%v); see %s", err, filepath.Join(s.options.Dir, "postgres.log"))
		case <-ctx.Done():
			_ = s.child.Process.Signal(syscall.SIGQUIT) // it may have ended by itself
			<-exited
			return ctx.Err()
		case <-tick.C:
		}
		if ready(filepath.Join(s.data(), "postmaster.pid"), s.child.Process.Pid) {
			return nil
		}
	}
}

// supervise starts the child again when it dies, a little slower each time, and ends it when Stop is called.
func (s *Server) supervise(exited <-chan error) {
	defer close(s.ended)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		select {
		case <-s.stopping:
			s.end(exited)
			return
		case err := <-exited:
			s.log.Warn("database ended and is started again", zap.Error(err))
		}
		next, ok := s.again(wait)
		if !ok {
			return
		}
		exited = next
	}
}

// again launches the child until it runs; false when Stop was called meanwhile.
func (s *Server) again(wait time.Duration) (<-chan error, bool) {
	for {
		select {
		case <-s.stopping:
			return nil, false
		case <-time.After(wait):
		}
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		exited, err := s.launch(ctx)
		cancel()
		if err == nil {
			return exited, true
		}
		s.log.Error("database did not start", zap.Error(err))
	}
}

// end shuts the child down: fast, then immediately, then by force.
func (s *Server) end(exited <-chan error) {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		_ = s.child.Process.Signal(step.signal) // it may have ended by itself
		select {
		case <-exited:
			return
		case <-time.After(step.wait):
		}
	}
}

// awaitOld waits until a server of ours that lost its parent is gone from the directory.
func (s *Server) awaitOld(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		pid := firstLine(filepath.Join(s.data(), "postmaster.pid"))
		n, err := strconv.Atoi(pid)
		if err != nil || !isPostgres(n) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another database server (process %d) uses %s and does not end", n, s.data())
		case <-tick.C:
		}
	}
}

func isPostgres(pid int) bool {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.TrimSpace(string(name)) == "postgres"
}

func firstLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// ready tells whether the server with this process id says so in line 8 of its pid file (PostgreSQL 10 and later).
func ready(path string, pid int) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for i := 1; lines.Scan(); i++ {
		text := strings.TrimSpace(lines.Text())
		if i == 1 && text != strconv.Itoa(pid) {
			return false
		}
		if i == 8 {
			return text == "ready"
		}
	}
	return false
}

var errNoUser = errors.New("PostgreSQL refuses to run as root, and the machine has neither a user postgres nor nobody: run gridcase as another user, or give --postgres-url")
