package main

import (
	"context"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/natsd/natscluster"
)

// openTrio starts three servers in a directory, synced always, and the write side on them, with three replicas of each stream.
func openTrio(ctx context.Context, dir string) (*house, error) {
	servers, err := natscluster.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	conn, err := natsd.Dial(servers.ClientURL(), "", "benchmark")
	if err != nil {
		servers.Close()
		return nil, err
	}
	h, err := enterHouse(ctx, eventstore.Options{Conn: conn, Replicas: natscluster.Size}, nil)
	if err != nil {
		conn.Close()
		servers.Close()
		return nil, err
	}
	h.broker = servers
	return h, nil
}
