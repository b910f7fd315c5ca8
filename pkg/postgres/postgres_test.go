package postgres_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
)

// within bounds how long a server may be away.
const within = time.Minute

// stubborn is a statement that never waits for anything, so its process does not notice that its server is gone.
const stubborn = `do $$ begin loop end loop; end $$`

// connect connects as soon as the server takes connections.
func connect(t *testing.T, s *postgres.Server) *pgx.Conn {
	t.Helper()
	for deadline := time.Now().Add(within); ; <-time.After(10 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), s.DSN("postgres"))
		if err == nil {
			t.Cleanup(func() { _ = conn.Close(context.Background()) }) // its server may be gone
			return conn
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not back after %v: %v", within, err)
		}
	}
}

func exec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// home is the directory that a running server was started with.
func home(t *testing.T, s *postgres.Server) string {
	t.Helper()
	var data string
	if err := connect(t, s).QueryRow(t.Context(), `show data_directory`).Scan(&data); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(data)
}

// mainProcess is the number in the server's pid file.
func mainProcess(t *testing.T, s *postgres.Server) int {
	t.Helper()
	var pid int
	file, err := os.ReadFile(filepath.Join(home(t, s), "data", "postmaster.pid"))
	if err == nil {
		_, err = fmt.Sscan(string(file), &pid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestTheServerComesBack: whatever of it is killed, the server is back without a person and has what was committed.
func TestTheServerComesBack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		kill func(t *testing.T, s *postgres.Server, main, busy int) error
	}{
		{"after its main process was killed", func(_ *testing.T, s *postgres.Server, _, _ int) error { return s.Kill() }},
		{"after a process that serves a client was killed", func(_ *testing.T, _ *postgres.Server, _, busy int) error { return syscall.Kill(busy, syscall.SIGKILL) }},
		{"after all of its processes were killed", func(_ *testing.T, s *postgres.Server, main, _ int) error {
			for _, pid := range s.Processes() {
				if pid != main {
					_ = syscall.Kill(pid, syscall.SIGKILL) // the main process ends them, too, as soon as it sees the first die
				}
			}
			return s.Kill()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := pgtest.Start(t)
			exec(t, connect(t, s), `create table kept as select 1 as n`)
			main, busy := mainProcess(t, s), connect(t, s)
			pid := int(busy.PgConn().PID())
			if all := s.Processes(); !slices.Contains(all, main) || !slices.Contains(all, pid) {
				t.Fatalf("of the server's processes %v, %d and %d are not all", all, main, pid)
			}
			ended := make(chan error, 1)
			go func() {
				_, err := busy.Exec(context.Background(), stubborn)
				ended <- err
			}()
			awaitBusy(t, s, pid)
			began := time.Now()
			if err := tt.kill(t, s, main, pid); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil {
				t.Error("a statement without end has ended")
			}
			exec(t, connect(t, s), `select n from kept`)
			t.Logf("back after %v", time.Since(began).Round(time.Millisecond))
		})
	}
}

// awaitBusy waits until a process of the server executes a statement.
func awaitBusy(t *testing.T, s *postgres.Server, pid int) {
	t.Helper()
	conn := connect(t, s)
	for deadline := time.Now().Add(within); ; <-time.After(5 * time.Millisecond) {
		var active bool
		if err := conn.QueryRow(t.Context(), `select coalesce(bool_or(state = 'active'), false) from pg_stat_activity where pid = $1`, pid).Scan(&active); err != nil || time.Now().After(deadline) {
			t.Fatalf("process %d is not busy: %v", pid, err)
		}
		if active {
			return
		}
	}
}

// abandoned is a directory whose server was killed with the process that had started it, and a process of the server's that goes on.
func abandoned(t *testing.T) (dir string) {
	t.Helper()
	s := pgtest.Start(t)
	exec(t, connect(t, s), `create table kept as select 1 as n`)
	dir = home(t, s)
	busy := connect(t, s)
	go func() { _, _ = busy.Exec(context.Background(), stubborn) }() // ends with its process
	awaitBusy(t, s, int(busy.PgConn().PID()))
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil { // as if we were dead: nobody starts it again
		t.Fatal(err)
	}
	return dir
}

// TestAServerStartsWhereOneWasKilled: the processes and the files of a killed server keep the next one only for a while, also where the number
// in the files is by now that of another process of the server's user.
func TestAServerStartsWhereOneWasKilled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		pid  int
	}{
		{"as it was left", 0},
		{"with the number of another process", mainProcess(t, pgtest.Start(t))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := abandoned(t)
			takeNumber(t, filepath.Join(dir, "data", "postmaster.pid"), tt.pid)
			takeNumber(t, filepath.Join(dir, "sock", ".s.PGSQL.5432.lock"), tt.pid)
			s, err := postgres.StartServer(t.Context(), postgres.ServerOptions{Dir: dir, Unsafe: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Stop() }) // always nil
			exec(t, connect(t, s), `select n from kept`)
		})
	}
}

// takeNumber puts a number into a pid file.
func takeNumber(t *testing.T, path string, pid int) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err == nil && pid != 0 {
		_, rest, _ := strings.Cut(string(file), "\n")
		err = os.WriteFile(path, fmt.Appendf(nil, "%d\n%s", pid, rest), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTwoServersNeverShareTheData: who starts a server beside another one's is told so, and the other goes on.
func TestTwoServersNeverShareTheData(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := postgres.StartServer(ctx, postgres.ServerOptions{Dir: home(t, s), Unsafe: true}); err == nil || !strings.Contains(err.Error(), "another database server") {
		t.Errorf("a second server on the same data: %v", err)
	}
	exec(t, connect(t, s), `select 1`)
}
