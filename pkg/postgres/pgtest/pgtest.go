// Package pgtest gives tests a real PostgreSQL: one private server while any test of the binary uses it, and a database of its own for each
// test. It owns their directories and their end. No product code imports it.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/postgres"
)

// shared is the binary's server, and how many tests use it.
var shared struct {
	sync.Mutex
	server *postgres.Server
	dir    string
	users  int
	made   int
}

// fast gives up durability, which tests of the machine's death alone need.
var fast = []string{"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"}

// New returns the address of an empty database that is the test's alone.
func New(t testing.TB) string {
	t.Helper()
	server, n := acquire(t)
	t.Cleanup(func() { release(t) })
	name := fmt.Sprintf("test%d", n)
	conn, err := pgx.Connect(context.Background(), server.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), "create database "+name); err != nil {
		t.Fatal(err)
	}
	return server.DSN(name)
}

// Start returns a server that is the test's alone, to be killed and stopped at will.
func Start(t testing.TB) *postgres.Server {
	t.Helper()
	dir := directory(t)
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // of a temporary directory
	server := start(t, dir)
	t.Cleanup(func() { _ = server.Stop() }) // always nil
	return server
}

func start(t testing.TB, dir string) *postgres.Server {
	t.Helper()
	server, err := postgres.StartServer(context.Background(), postgres.ServerOptions{Dir: filepath.Join(dir, "pg"), Args: fast})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// directory is not the test's own: as root, the server's user could not enter that one.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gridcase-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func acquire(t testing.TB) (*postgres.Server, int) {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.users == 0 {
		shared.dir = directory(t)
		shared.server = start(t, shared.dir)
	}
	shared.users++
	shared.made++
	return shared.server, shared.made
}

func release(t testing.TB) {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.users--; shared.users > 0 {
		return
	}
	if err := shared.server.Stop(); err != nil {
		t.Error(err)
	}
	_ = os.RemoveAll(shared.dir) // of a temporary directory
}
