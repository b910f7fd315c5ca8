package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
)

// pastPatience is long enough that a process taken for an orphan would have been ended.
const pastPatience = 4 * time.Second

// TestOnlyOrphansOfLongStandingAreEnded: a process is ended when it has been without a main process for two seconds on end, and no other is.
func TestOnlyOrphansOfLongStandingAreEnded(t *testing.T) {
	t.Parallel()
	type look struct {
		at    time.Duration
		left  []int
		main  int
		ended []int
	}
	const s = time.Second
	for _, tt := range []struct {
		name  string
		looks []look
	}{
		{"orphans are given two seconds", []look{
			{0, []int{7, 8}, 0, nil}, {2 * s, []int{7, 8}, 0, nil}, {2*s + 1, []int{7, 8}, 0, []int{7, 8}}}},
		{"nothing is ended where nothing is left", []look{
			{0, nil, 0, nil}, {3 * s, nil, 0, nil}}},
		{"a main process that is born after a while in which nothing was left is none", []look{
			{0, nil, 0, nil}, {3 * s, []int{9}, 0, nil}, {4 * s, []int{9, 10}, 9, nil}}},
		{"a main process that is born beside orphans is not ended with them", []look{
			{0, []int{7}, 0, nil}, {3 * s, []int{7, 9}, 0, []int{7}}, {4 * s, []int{9}, 9, nil}}},
		{"one that was away meanwhile is given the time anew", []look{
			{0, []int{7}, 0, nil}, {1 * s, nil, 0, nil}, {3 * s, []int{7}, 0, nil}, {4 * s, []int{7}, 0, nil}, {6 * s, []int{7}, 0, []int{7}}}},
		{"so are those whose main process has come and gone meanwhile", []look{
			{0, []int{7}, 0, nil}, {1 * s, []int{7, 9}, 9, nil}, {3 * s, []int{7}, 9, nil}, {4 * s, []int{7}, 9, nil}, {6 * s, []int{7}, 9, []int{7}}}},
		{"one that outlives its end is ended again, two seconds later", []look{
			{0, []int{7}, 0, nil}, {3 * s, []int{7}, 0, []int{7}}, {4 * s, []int{7}, 0, nil}, {6 * s, []int{7}, 0, nil}, {7 * s, []int{7}, 0, []int{7}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			orphans, began := postgres.Orphans{}, time.Now()
			for _, l := range tt.looks {
				if ended := orphans.Overdue(l.left, l.main, began.Add(l.at)); !slices.Equal(ended, l.ended) {
					t.Errorf("after %v, of %v with the main process %d, %v are ended; want %v", l.at, l.left, l.main, ended, l.ended)
				}
			}
		})
	}
}

// stopped is the directory of a server that was stopped.
func stopped(t *testing.T) (dir string) {
	t.Helper()
	s := pgtest.Start(t)
	dir = home(t, s)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// refused is why no server starts in a directory, and what was logged till then.
func refused(t *testing.T, dir string) (why string, logged []observer.LoggedEntry) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	ctx, cancel := context.WithTimeout(t.Context(), pastPatience)
	defer cancel()
	s, err := postgres.StartServer(ctx, postgres.ServerOptions{Dir: dir, Unsafe: true, Logger: zap.New(core)})
	if err == nil {
		_ = s.Stop() // always nil
		t.Fatal("a server starts on data that is used")
	}
	return err.Error(), logs.All()
}

// TestAServerForASingleUserIsNeverEnded: who mends the data with postgres --single keeps it for as long as that takes.
func TestAServerForASingleUserIsNeverEnded(t *testing.T) {
	t.Parallel()
	dir := stopped(t)
	pid, ask := single(t, filepath.Join(dir, "data"))
	if _, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil {
		t.Skipf("root can't see the processes of other users here (%v): docker run --cap-add SYS_PTRACE, or run as another user", err)
	}
	why, logged := refused(t, dir)
	if !strings.Contains(why, fmt.Sprintf("another database server (processes [%d])", pid)) || len(logged) > 0 {
		t.Errorf("beside the server %d for a single user: %s; logged: %v", pid, why, logged)
	}
	if said := ask("select 6 * 7 as answer"); !strings.Contains(said, `answer = "42"`) {
		t.Errorf("the server for a single user says: %s", said)
	}
}

// single starts a server for a single user on the data, as whom that belongs to; ask gives it a last statement and returns what it says.
func single(t *testing.T, data string) (pid int, ask func(statement string) string) {
	t.Helper()
	bin, err := postgres.FindBinaries("")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	cmd := osexec.Command(filepath.Join(bin, "postgres"), "--single", "-D", data, "postgres")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if st := info.Sys().(*syscall.Stat_t); os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: st.Uid, Gid: st.Gid}
	}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() }) // it may have ended by itself
	said := bufio.NewReader(out)
	if _, err := said.ReadString('>'); err != nil { // its prompt: by now it has the data
		t.Fatal(err)
	}
	return cmd.Process.Pid, func(statement string) string {
		_, _ = io.WriteString(in, statement+"\n") // what it says tells whether it got it
		_ = in.Close()
		b, _ := io.ReadAll(said)
		return string(b)
	}
}

// TestWhatCannotBeSeenIsSaidToBe: where the lock is held by processes that are not among those of the data, as by those of another container,
// none is said to be ended, and the error tells what to do.
func TestWhatCannotBeSeenIsSaidToBe(t *testing.T) {
	t.Parallel()
	dir := stopped(t)
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	why, logged := refused(t, dir)
	if !strings.Contains(why, "can't be seen from here") || !strings.Contains(why, "fuser -v "+lock.Name()) || len(logged) > 0 {
		t.Errorf("with the lock held by who can't be seen: %s; logged: %v", why, logged)
	}
}
