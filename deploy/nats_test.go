package deploy_test

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

func TestTheLogOfTheClusterLosesNothing(t *testing.T) {
	t.Setenv("NATS_PASSWORD", "a-password")
	options, err := server.ProcessConfigFile("nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	if !options.SyncAlways {
		t.Error("an acknowledged event may be lost: sync_interval is not always")
	}
	if !options.JetStream || options.StoreDir == "" {
		t.Error("there is no file store")
	}
	if options.JetStreamMaxStore <= 0 {
		t.Error("max_file_store has no bound of its own")
	}
	if options.Username == "" || options.Password != "a-password" {
		t.Error("everybody on the network may write to the log")
	}
}

func TestTheNodesOfTheClusterKnowEachOther(t *testing.T) {
	t.Setenv("NATS_PASSWORD", "a-password")
	options, err := server.ProcessConfigFile("nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	routed := map[string]bool{}
	for _, route := range options.Routes {
		routed[route.Hostname()] = true
	}
	nodes := readCompose(t).of("nats")
	for name := range nodes {
		if !routed[name] {
			t.Errorf("no route leads to %s", name)
		}
		options.ServerName = name
		if _, err := server.NewServer(options.Clone()); err != nil {
			t.Errorf("%s doesn't start: %v", name, err)
		}
	}
	if len(routed) != len(nodes) {
		t.Errorf("%d routes for %d nodes", len(routed), len(nodes))
	}
	if options.Cluster.Name == "" || options.Cluster.Port == 0 {
		t.Error("the cluster has no name or no port")
	}
}
