// Package natstest gives tests a real log: one embedded node, or a cluster of three in this process. It owns their directories and their
// end. No product code imports it.
package natstest

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/gridcase/gridcase/pkg/natsd"
)

// Node starts one embedded server in a directory of the test's.
func Node(t testing.TB) *natsd.Server {
	t.Helper()
	s, err := natsd.Start(natsd.Options{Dir: t.TempDir(), UnsafeFilesystem: true, MaxFileStore: 4 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Connect returns a connection to a node that ends with the test.
func Connect(t testing.TB, s *natsd.Server) *nats.Conn {
	t.Helper()
	conn, err := s.Connect(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}
