package postgres

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"
)

const (
	// oldPatience is for how long processes of an earlier server may keep the data from us.
	oldPatience = 30 * time.Second
	// orphanPatience is for how long those of them whose server was killed may end by themselves, as they do when they next wait for something.
	orphanPatience = 2 * time.Second
)

// clear waits until no process of an earlier server is on the data, and returns the lock that says so: to be handed to the next server, whose
// every process then holds it. A server that lost its parent shuts down. Processes that lost their server keep its shared memory, which no new
// server starts beside, until they notice; those that don't are ended, and lose nothing that is committed.
func (s *Server) clear(ctx context.Context) (lock *os.File, err error) {
	if lock, err = os.OpenFile(filepath.Join(s.options.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("open the database's lock: %w", err)
	}
	if err = s.awaitFree(ctx, lock); err == nil {
		err = s.dropNumbers()
	}
	if err != nil {
		_ = lock.Close() // nothing was written
		return nil, err
	}
	return lock, nil
}

func (s *Server) awaitFree(ctx context.Context, lock *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, oldPatience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for known := (orphans{}); ; {
		locked := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
		left := s.Processes()
		if locked && len(left) == 0 {
			return nil
		}
		if overdue := known.overdue(left, s.main(), time.Now()); len(overdue) > 0 {
			s.endOrphans(overdue)
		}
		select {
		case <-ctx.Done():
			return s.notFree(left, lock.Name())
		case <-tick.C:
		}
	}
}

// notFree is why no server can start: by whom the data is used, and what to do where that can't be seen.
func (s *Server) notFree(left []int, lock string) error {
	if len(left) > 0 {
		return fmt.Errorf("another database server (processes %v) uses %s and does not end", left, s.data())
	}
	return fmt.Errorf("another database server uses %s and does not end: the lock %s is held by processes that can't be seen from here, as in another container, or of another user where root lacks the capability SYS_PTRACE: end them where they can be seen (fuser -v %[2]s), or give gridcase that capability (docker run --cap-add SYS_PTRACE)", s.data(), lock)
}

// orphans are processes that go on without their main process, each with the moment at which it was first seen to do so.
type orphans map[int]time.Time

// overdue takes what is left of a server at a moment, and its main process, and returns those that have been seen as orphans for longer than
// they may be. They count as new from then on, as does one that was away, or had a main process meanwhile.
func (o orphans) overdue(left []int, main int, now time.Time) (pids []int) {
	if slices.Contains(left, main) {
		clear(o)
		return nil
	}
	maps.DeleteFunc(o, func(pid int, _ time.Time) bool { return !slices.Contains(left, pid) })
	for _, pid := range left {
		since, known := o[pid]
		if !known {
			o[pid] = now
			continue
		}
		if now.Sub(since) > orphanPatience {
			pids = append(pids, pid)
			delete(o, pid)
		}
	}
	return pids
}

func (s *Server) endOrphans(pids []int) {
	s.log.Warn("processes of a database that was killed are ended", zap.Ints("processes", pids))
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
	}
}

// dropNumbers removes the files in which a killed server left its number: it may be another process's by now, or that of its own remains for
// which nobody has waited, and a new server would take either for the old one.
func (s *Server) dropNumbers() error {
	for _, path := range []string{s.pidPath(), filepath.Join(s.sock, fmt.Sprintf(".s.PGSQL.%d.lock", port))} {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("clear away what a killed database server left: %w", err)
		}
	}
	return nil
}

// Processes returns the processes that are on the server's data now, ours or not: its main process and those that this one has started.
func (s *Server) Processes() []int {
	data, err := filepath.EvalSymlinks(s.data())
	if err != nil {
		return nil // nothing is made yet
	}
	entries, _ := os.ReadDir("/proc") // none where the system has no such thing
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && serves(pid, data) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// serves tells whether a process is a server's on this data, which then is its working directory.
func serves(pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil || cwd != data {
		return false
	}
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	return err == nil && filepath.Base(strings.TrimSuffix(exe, " (deleted)")) == "postgres" // deleted: by an upgrade
}

// main is the number of the server's main process as its pid file tells, where a server for a single user (postgres --single) writes its own
// negated; 0 where there is none.
func (s *Server) main() int {
	lines := s.pidFile()
	if len(lines) == 0 {
		return 0
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil {
		return 0 // it is being written
	}
	return max(pid, -pid)
}
