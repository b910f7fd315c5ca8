package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/gridcase/gridcase/pkg/natsd"
)

// trio is a log of three servers in this process, synced always.
type trio struct{ nodes []*server.Server }

// openTrio starts a cluster in a directory and the write side on it, with three replicas of each stream.
func openTrio(ctx context.Context, dir string) (*house, error) {
	t, err := startTrio(ctx, dir)
	if err != nil {
		return nil, err
	}
	conn, err := natsd.Dial(t.ClientURL(), "", "benchmark")
	if err != nil {
		t.Close()
		return nil, err
	}
	h, err := enterHouse(ctx, conn, len(t.nodes), nil)
	if err != nil {
		conn.Close()
		t.Close()
		return nil, err
	}
	h.broker = t
	return h, nil
}

func startTrio(ctx context.Context, dir string) (*trio, error) {
	ports, err := freePorts(6)
	if err != nil {
		return nil, err
	}
	var routes []string
	for _, p := range ports[:3] {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", p))
	}
	t := &trio{}
	for i, p := range ports[:3] {
		name := fmt.Sprintf("n%d", i+1)
		n, err := server.NewServer(&server.Options{ServerName: name, Host: "127.0.0.1", Port: ports[3+i], JetStream: true, StoreDir: filepath.Join(dir, name),
			NoSigs: true, NoLog: true, SyncAlways: true, JetStreamMaxStore: 16 << 30, JetStreamMaxMemory: 64 << 20,
			Cluster: server.ClusterOpts{Name: "benchmark", Host: "127.0.0.1", Port: p}, Routes: server.RoutesFromStr(strings.Join(routes, ","))})
		if err != nil {
			t.Close()
			return nil, fmt.Errorf("make server %s: %w", name, err)
		}
		t.nodes = append(t.nodes, n)
		go n.Start() // returns when it runs; Close ends it
	}
	if err := t.await(ctx); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// await returns when a leader of JetStream is there that knows all servers.
func (t *trio) await(ctx context.Context) error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		for _, n := range t.nodes {
			if n.JetStreamIsLeader() && len(n.JetStreamClusterPeers()) == len(t.nodes) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.New("the cluster has no leader")
}

// ClientURL is where clients reach the first server.
func (t *trio) ClientURL() string { return t.nodes[0].ClientURL() }

// Close ends the servers.
func (t *trio) Close() {
	for _, n := range t.nodes {
		n.Shutdown()
		n.WaitForShutdown()
	}
}

// freePorts finds ports on loopback that nobody has now.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // all are held until all are found
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
