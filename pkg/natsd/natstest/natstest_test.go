package natstest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// replicated is a cluster with a stream on all nodes.
func replicated(t *testing.T) (*natstest.ThreeNodes, *nats.Conn, jetstream.JetStream) {
	t.Helper()
	c := natstest.Cluster(t)
	conn := c.Connect(t)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "T", Subjects: []string{"t.>"}, Replicas: 3}); err != nil {
		t.Fatal(err)
	}
	return c, conn, js
}

// publish stores a message, however often that takes.
func publish(t *testing.T, js jetstream.JetStream) uint64 {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		ack, err := js.Publish(t.Context(), "t.a", nil)
		if err == nil {
			return ack.Sequence
		}
		if time.Now().After(deadline) {
			t.Fatalf("two of three nodes take nothing: %v", err)
		}
	}
}

func TestAClusterStandsTheLossOfAStreamsLeader(t *testing.T) {
	t.Parallel()
	c, _, js := replicated(t)
	if seq := publish(t, js); seq != 1 {
		t.Fatalf("the first message has sequence %d", seq)
	}
	lost := c.Leader(t, "T")
	c.Stop(lost)
	if seq := publish(t, js); seq < 2 {
		t.Errorf("after the leader's loss a message has sequence %d: one is gone", seq)
	}
	if next := c.Leader(t, "T"); next == lost {
		t.Error("a stopped node leads")
	}
	c.Start(t, lost)
	publish(t, js)
}

func TestALeaderStepsDown(t *testing.T) {
	t.Parallel()
	c, conn, js := replicated(t)
	before := c.Leader(t, "T")
	c.StepDown(t, conn, "T")
	publish(t, js)
	if after := c.Leader(t, "T"); after == before {
		t.Errorf("node %d still leads", after)
	}
}
