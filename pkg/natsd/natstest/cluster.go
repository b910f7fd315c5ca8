package natstest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/natsd/natscluster"
)

// ThreeNodes is a cluster of three servers on loopback ports. Its nodes are counted from 0.
type ThreeNodes struct{ *natscluster.Cluster }

// patience bounds every wait for the cluster; a change of leader takes seconds.
const patience = 30 * time.Second

// Cluster starts three servers with JetStream and waits until they have a leader. They end with the test.
func Cluster(t testing.TB) *ThreeNodes {
	t.Helper()
	c, err := natscluster.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &ThreeNodes{c}
}

// Start starts node i again on its directory.
func (c *ThreeNodes) Start(t testing.TB, i int) {
	t.Helper()
	if err := c.StartNode(i); err != nil {
		t.Fatal(err)
	}
}

// Stop stops node i; once more does no harm.
func (c *ThreeNodes) Stop(i int) { c.StopNode(i) }

// Connect returns a connection to the cluster that ends with the test.
func (c *ThreeNodes) Connect(t testing.TB) *nats.Conn {
	t.Helper()
	conn, err := natsd.Dial(c.ClientURL(), "", t.Name())
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
		if i, leads := c.Cluster.Leader(stream); leads {
			return i
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
