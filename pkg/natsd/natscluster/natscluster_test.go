package natscluster

import (
	"errors"
	"net"
	"testing"
)

func TestANodeWhosePortIsTakenGivesUpAtOnce(t *testing.T) {
	t.Parallel()
	c, err := start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.StopNode(2)
	taken, err := net.Listen("tcp", loopback(c.options[2].Cluster.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if err := c.StartNode(2); !errors.Is(err, errGaveUp) {
		t.Errorf("got %v, want %v", err, errGaveUp)
	}
}
