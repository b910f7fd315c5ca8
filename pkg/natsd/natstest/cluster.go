package natstest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/gridcase/gridcase/pkg/natsd"
)

// ThreeNodes is a cluster of three servers on loopback ports. Its nodes are counted from 0.
type ThreeNodes struct {
	nodes   [3]*server.Server
	options [3]*server.Options
}

// patience bounds every wait for the cluster; a change of leader takes seconds.
const patience = 30 * time.Second

// Cluster starts three servers with JetStream and waits until they have a leader. They end with the test.
func Cluster(t testing.TB) *ThreeNodes {
	t.Helper()
	c := &ThreeNodes{}
	var ports [3]int
	var routes [3]string
	for i := range routes {
		ports[i] = freePort(t)
		routes[i] = fmt.Sprintf("nats://127.0.0.1:%d", ports[i])
	}
	for i := range c.options {
		c.options[i] = &server.Options{ServerName: nodeName(i), Host: "127.0.0.1", Port: freePort(t), JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
			SyncAlways: true, JetStreamMaxStore: 4 << 30, JetStreamMaxMemory: 64 << 20, Routes: server.RoutesFromStr(strings.Join(routes[:], ","))}
		c.options[i].Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[i]}
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

func nodeName(i int) string { return "n" + strconv.Itoa(i+1) }

// await returns when a leader of JetStream is there that knows all nodes.
func (c *ThreeNodes) await(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		for _, n := range c.nodes {
			if n.JetStreamIsLeader() && len(n.JetStreamClusterPeers()) == len(c.nodes) {
				return
			}
		}
	}
	t.Fatal("the cluster has no leader")
}

// Start starts node i, again on its directory where it was stopped.
func (c *ThreeNodes) Start(t testing.TB, i int) {
	t.Helper()
	n, err := server.NewServer(c.options[i].Clone())
	if err != nil {
		t.Fatal(err)
	}
	go n.Start() // returns when it runs; Stop ends it
	if !n.ReadyForConnections(patience) {
		t.Fatalf("node %s did not start", nodeName(i))
	}
	c.nodes[i] = n
}

// Stop stops node i; once more does no harm.
func (c *ThreeNodes) Stop(i int) {
	if c.nodes[i] == nil {
		return // it never ran
	}
	c.nodes[i].Shutdown()
	c.nodes[i].WaitForShutdown()
}

// StoreDir is where node i keeps what it stores, to be looked at while it is stopped.
func (c *ThreeNodes) StoreDir(i int) string { return c.options[i].StoreDir }

// Name is the name of node i, as the broker tells it.
func (c *ThreeNodes) Name(i int) string { return nodeName(i) }

// URLs are the nodes' addresses, comma-separated.
func (c *ThreeNodes) URLs() string {
	var urls []string
	for _, o := range c.options {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(urls, ",")
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

// Leader waits until a stream has a leader and returns that node.
func (c *ThreeNodes) Leader(t testing.TB, stream string) int {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		for i, n := range c.nodes {
			if n.Running() && n.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream) {
				return i
			}
		}
	}
	t.Fatalf("stream %s has no leader", stream)
	return -1
}

// StepDown makes the leader of a stream give up its office, once there is one that can.
func (c *ThreeNodes) StepDown(t testing.TB, conn *nats.Conn, stream string) {
	t.Helper()
	var answer struct {
		Success bool `json:"success"`
	}
	for deadline := time.Now().Add(patience); ; <-time.After(50 * time.Millisecond) {
		reply, err := conn.Request("$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil, 5*time.Second)
		if err == nil && json.Unmarshal(reply.Data, &answer) == nil && answer.Success {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("the leader of %s did not step down: %v, %v", stream, reply, err)
			return
		}
	}
}

// freePort finds one below the range from which the machine takes ports of outgoing connections, so that it stays free until it is used.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10000 + rand.IntN(22000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue // somebody has it
		}
		_ = l.Close()
		return port
	}
	t.Fatal("no port is free")
	return 0
}
