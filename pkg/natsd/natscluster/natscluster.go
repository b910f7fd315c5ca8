// Package natscluster runs a log of three servers in one process, synced always, for tests and for measuring. It owns their ports and their
// end. No product code imports it.
package natscluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Size is how many servers a cluster has. They are counted from 0.
const Size = 3

// Cluster is three servers on loopback ports.
type Cluster struct {
	nodes   [Size]*server.Server
	options [Size]*server.Options
}

// patience bounds the start of a server and of the cluster.
const patience = 30 * time.Second

// errGaveUp is of a server that ended by itself: most likely somebody took one of its ports since it was found free.
var errGaveUp = errors.New("it gave up")

// Start starts three servers, each in a directory of its own below dir, and waits until they have a leader. Where one gives up, it tries
// again with other ports, three times in all.
func Start(ctx context.Context, dir string) (c *Cluster, err error) {
	for range 3 {
		if c, err = start(ctx, dir); !errors.Is(err, errGaveUp) {
			return c, err
		}
		if err := os.RemoveAll(dir); err != nil {
			return nil, fmt.Errorf("start the cluster again: %w", err)
		}
	}
	return nil, err
}

func start(ctx context.Context, dir string) (*Cluster, error) {
	c := &Cluster{}
	var ports [Size]int
	var routes [Size]string
	for i := range routes {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		ports[i], routes[i] = port, "nats://"+loopback(port)
	}
	for i := range c.options {
		port, err := freePort()
		if err == nil {
			c.options[i] = &server.Options{ServerName: "n" + strconv.Itoa(i+1), Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: filepath.Join(dir, "n"+strconv.Itoa(i+1)), NoSigs: true,
				SyncAlways: true, JetStreamMaxStore: 4 << 30, JetStreamMaxMemory: 64 << 20, Routes: server.RoutesFromStr(strings.Join(routes[:], ","))}
			c.options[i].Cluster = server.ClusterOpts{Name: "three", Host: "127.0.0.1", Port: ports[i]}
			err = c.StartNode(i)
		}
		if err != nil {
			c.Close()
			return nil, err
		}
	}
	if err := c.await(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// await returns when a leader of JetStream is there that knows all nodes.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		for _, n := range c.nodes {
			if n.JetStreamIsLeader() && len(n.JetStreamClusterPeers()) == Size {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("the cluster has no leader")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// StartNode starts node i, again on its directory where it was stopped.
func (c *Cluster) StartNode(i int) error {
	n, err := server.NewServer(c.options[i].Clone())
	if err != nil {
		return fmt.Errorf("make node %s: %w", c.Name(i), err)
	}
	c.nodes[i] = n
	gaveUp := make(lastWord, 1)
	n.SetLoggerV2(gaveUp, false, false, false)
	go n.Start() // returns when it runs; StopNode ends it
	for deadline := time.Now().Add(patience); !n.ReadyForConnections(50 * time.Millisecond); {
		select {
		case why := <-gaveUp:
			return fmt.Errorf("start node %s: %w: %s", c.Name(i), errGaveUp, why)
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("node %s did not start within %v", c.Name(i), patience)
		}
	}
	return nil
}

// lastWord is a server's log: nothing but why it gives up.
type lastWord chan string

func (l lastWord) Fatalf(format string, args ...any) {
	select {
	case l <- fmt.Sprintf(format, args...):
	default: // it has said why
	}
}
func (lastWord) Errorf(string, ...any)  {}
func (lastWord) Warnf(string, ...any)   {}
func (lastWord) Noticef(string, ...any) {}
func (lastWord) Debugf(string, ...any)  {}
func (lastWord) Tracef(string, ...any)  {}

// StopNode stops node i; once more does no harm.
func (c *Cluster) StopNode(i int) {
	if c.nodes[i] == nil {
		return // it never ran
	}
	c.nodes[i].Shutdown()
	c.nodes[i].WaitForShutdown()
}

// Close stops all nodes.
func (c *Cluster) Close() {
	for i := range c.nodes {
		c.StopNode(i)
	}
}

// StoreDir is where node i keeps what it stores, to be looked at while it is stopped.
func (c *Cluster) StoreDir(i int) string { return c.options[i].StoreDir }

// Name is the name of node i, as the broker tells it.
func (c *Cluster) Name(i int) string { return c.options[i].ServerName }

// ClientURL is the nodes' addresses, comma-separated.
func (c *Cluster) ClientURL() string {
	var urls []string
	for _, o := range c.options {
		urls = append(urls, "nats://"+loopback(o.Port))
	}
	return strings.Join(urls, ",")
}

// Leader is the node that leads a stream; false where none does.
func (c *Cluster) Leader(stream string) (node int, leads bool) {
	for i, n := range c.nodes {
		if n.Running() && n.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream) {
			return i, true
		}
	}
	return 0, false
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePort finds one below the range from which the machine takes ports of outgoing connections, so that it stays free until it is used.
func freePort() (int, error) {
	for range 100 {
		port := 10000 + rand.IntN(22000)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue // somebody has it
		}
		_ = l.Close()
		return port, nil
	}
	return 0, errors.New("no port is free")
}
