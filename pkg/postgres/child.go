package postgres

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// The waits between a death and the next start grow from one to the other; a server that ran for calm starts from the first again.
const (
	shortestWait = 50 * time.Millisecond
	longestWait  = 5 * time.Second
	calm         = time.Minute
)

// launch starts the child, once nothing of an earlier one is left, and returns when it is ready; exited then tells its end.
func (s *Server) launch(ctx context.Context) (exited <-chan error, err error) {
	lock, err := s.clear(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close() // the child and its children hold it on
	out, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database's log: %w", err)
	}
	defer out.Close()
	said, _ := out.Seek(0, io.SeekEnd) // a file has an end
	cmd := s.command("postgres", s.arguments()...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = out, out, []*os.File{lock}
	if exited, err = spawn(cmd, syscall.SIGINT); err != nil { // SIGINT: a fast shutdown
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	s.mu.Lock()
	s.child = cmd
	s.mu.Unlock()
	return exited, s.awaitReady(ctx, exited, said)
}

func (s *Server) arguments() []string {
	args := []string{"-D", s.data(), "-k", s.sock, "-p", strconv.Itoa(port)}
	settings := []string{"listen_addresses=", sharedBuffers(), "max_connections=100", "max_wal_size=2GB", "wal_compression=on", "jit=off", "timezone=UTC",
		"log_min_messages=warning", "log_error_verbosity=terse", "log_min_error_statement=panic"}
	if s.options.Unsafe {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// spawn starts a command that gets the signal should our process die. The goroutine ends with the command.
func spawn(cmd *exec.Cmd, orphaned syscall.Signal) (exited <-chan error, err error) {
	cmd.SysProcAttr.Pdeathsig = orphaned
	started, done := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, so not before the command
		err := cmd.Start()
		started <- err
		if err == nil {
			done <- cmd.Wait()
		}
	}()
	return done, <-started
}

func (s *Server) awaitReady(ctx context.Context, exited <-chan error, said int64) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-exited:
			return fmt.Errorf("postgres ended at its start (%v); %s says: %s", err, s.logFile(), lastWords(s.logFile(), said))
		case <-ctx.Done():
			_ = s.child.Process.Signal(syscall.SIGQUIT) // it may have ended by itself
			<-exited
			return ctx.Err()
		case <-tick.C:
		}
		if s.ready() {
			return nil
		}
	}
}

// ready tells whether the child says in its pid file that it takes connections (line 8, PostgreSQL 10 and later).
func (s *Server) ready() bool {
	lines := s.pidFile()
	return len(lines) >= 8 && lines[0] == strconv.Itoa(s.child.Process.Pid) && lines[7] == "ready"
}

// pidFile returns the lines of the cluster's pid file; none where no server runs.
func (s *Server) pidFile() []string {
	b, err := os.ReadFile(s.pidPath())
	if err != nil {
		return nil
	}
	lines := strings.Split(string(b), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

func (s *Server) pidPath() string { return filepath.Join(s.data(), "postmaster.pid") }

// lastWords is why a server ended, as its log from a place on says: the last line that is fatal, else the last one.
func lastWords(path string, from int64) (words string) {
	b, err := os.ReadFile(path)
	if err != nil || int64(len(b)) < from {
		return ""
	}
	fatal := false
	for line := range bytes.Lines(b[from:]) {
		is := bytes.Contains(line, []byte(" FATAL: ")) || bytes.Contains(line, []byte(" PANIC: "))
		if is || !fatal {
			words, fatal = string(bytes.TrimSpace(line)), is
		}
	}
	return words
}

// supervise starts the child again when it dies, a little slower each time, and ends it when Stop is called.
func (s *Server) supervise(exited <-chan error) {
	defer close(s.ended)
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		began := time.Now()
		select {
		case <-s.running.Done():
			s.end(exited)
			return
		case err := <-exited:
			s.log.Warn("database ended and is started again", zap.Error(err))
		}
		if time.Since(began) > calm {
			wait = shortestWait
		}
		if exited = s.again(wait); exited == nil {
			return
		}
	}
}

// again launches the child until it runs; nil when Stop was called meanwhile.
func (s *Server) again(wait time.Duration) (exited <-chan error) {
	for ; ; wait = min(2*wait, longestWait) {
		select {
		case <-s.running.Done():
			return nil
		case <-time.After(wait):
		}
		exited, err := s.launch(s.running)
		if err == nil {
			return exited
		}
		if s.running.Err() == nil {
			s.log.Error("database did not start", zap.Error(err))
		}
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
