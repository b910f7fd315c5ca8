// Package natstest gives tests a real log: one embedded node, or a cluster of three in this process. It owns their directories and their
// end. No product code imports it.
package natstest

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
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

// ThreeNodes is a cluster of three servers on loopback ports.
type ThreeNodes struct {
	nodes   [3]*server.Server
	options [3]*server.Options
}

// Cluster starts three servers with JetStream and waits until they have a leader.
func Cluster(t testing.TB) *ThreeNodes {
	t.Helper()
	c := &ThreeNodes{}
	routes := make([]string, 3)
	for i := range routes {
		routes[i] = fmt.Sprintf("nats://127.0.0.1:%d", freePort(t))
	}
	for i := range c.options {
		c.options[i] = &server.Options{ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: freePort(t), JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
			SyncAlways: true, JetStreamMaxStore: 4 << 30, JetStreamMaxMemory: 64 << 20, Routes: server.RoutesFromStr(routes[0] + "," + routes[1] + "," + routes[2])}
		c.options[i].Cluster.Name, c.options[i].Cluster.Host = "test", "127.0.0.1"
		_, port, _ := net.SplitHostPort(routes[i][len("nats://"):])
		_, _ = fmt.Sscan(port, &c.options[i].Cluster.Port)
		c.Start(t, i)
	}
	t.Cleanup(func() {
		for i := range c.nodes {
			c.Stop(i)
		}
	})
	c.await(t)
	return c
}

// await returns when a leader of JetStream is there and all nodes are current.
func (c *ThreeNodes) await(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		for _, n := range c.nodes {
			if n.JetStreamIsLeader() && len(n.JetStreamClusterPeers()) == len(c.nodes) {
				return
			}
		}
	}
	t.Fatal("the cluster has no leader")
}

// Start starts node i again on its directory.
func (c *ThreeNodes) Start(t testing.TB, i int) {
	t.Helper()
	o := c.options[i].Clone()
	n, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go n.Start()
	if !n.ReadyForConnections(20 * time.Second) {
		t.Fatalf("node %d did not start", i+1)
	}
	c.nodes[i] = n
}

// Stop stops node i.
func (c *ThreeNodes) Stop(i int) {
	c.nodes[i].Shutdown()
	c.nodes[i].WaitForShutdown()
}

// URLs are the nodes' addresses, comma-separated.
func (c *ThreeNodes) URLs() string {
	urls := ""
	for _, o := range c.options {
		urls += fmt.Sprintf(",nats://127.0.0.1:%d", o.Port)
	}
	return urls[1:]
}

// Connect returns a connection to the cluster that ends with the test.
func (c *ThreeNodes) Connect(t testing.TB) *nats.Conn {
	t.Helper()
	conn, err := natsd.Dial(c.URLs(), "", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// StepDown makes the leader of a stream give up its office.
func (c *ThreeNodes) StepDown(t testing.TB, conn *nats.Conn, stream string) {
	t.Helper()
	reply, err := conn.Request("$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil, 5*time.Second)
	if err != nil {
		t.Fatalf("step down: %v", err)
	}
	t.Logf("step down of %s: %s", stream, reply.Data)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
