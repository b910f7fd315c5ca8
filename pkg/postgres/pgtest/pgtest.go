// Package pgtest gives tests a real PostgreSQL: one private server for all tests of the binary, and a database of its own for each test. It
// owns their directories and their end: both end with the binary, however that ends. No product code imports it.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/postgres"
)

// shared is the server of all tests that ask for no more than a database.
var shared struct {
	sync.Mutex
	server *postgres.Server
}

var databases atomic.Int64

// New returns the address of an empty database that is the test's alone. Its files are copied: written to the write-ahead log, as is usual,
// they took a third of the CPU of a test of a few statements.
func New(t testing.TB) string {
	t.Helper()
	server := common(t)
	conn, err := pgx.Connect(context.Background(), server.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	name := fmt.Sprintf("test%d", databases.Add(1))
	if _, err := conn.Exec(context.Background(), "create database "+name+" strategy file_copy"); err != nil {
		t.Fatal(err)
	}
	return server.DSN(name)
}

// Start returns a server that is the test's alone, to be killed and stopped at will.
func Start(t testing.TB) *postgres.Server {
	t.Helper()
	dir := directory(t)
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // what stays goes with the binary
	server := start(t, dir)
	t.Cleanup(func() { _ = server.Stop() }) // always nil
	return server
}

func start(t testing.TB, dir string) *postgres.Server {
	t.Helper()
	server, err := postgres.StartServer(context.Background(), postgres.ServerOptions{Dir: dir, Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// common starts the shared server with the first test that needs it.
func common(t testing.TB) *postgres.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = start(t, directory(t))
	}
	return shared.server
}
