// Package pgtest gives tests a real PostgreSQL: one private server while any test of the binary uses it, and a database of its own for each
// test. It owns their directories and their end: a server ends with the last test that uses it, or with the binary however that ends; the
// directory of a binary that was killed is removed by the next one. No product code imports it.
package pgtest

import (
	"context"
	"fmt"
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
	remove func()
	users  int
	made   int
}

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
	dir, remove := directory(t)
	t.Cleanup(remove)
	server := start(t, dir)
	t.Cleanup(func() { _ = server.Stop() }) // always nil
	return server
}

func start(t testing.TB, dir string) *postgres.Server {
	t.Helper()
	server, err := postgres.StartServer(context.Background(), postgres.ServerOptions{Dir: filepath.Join(dir, "pg"), Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func acquire(t testing.TB) (*postgres.Server, int) {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.users == 0 {
		var dir string
		dir, shared.remove = directory(t)
		shared.server = start(t, dir)
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
	shared.remove()
}
