package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/vault"
)

// operatorToken is the token of the installations that the benchmark opens.
const operatorToken = "bench-operator"

// house is gridcase's write side in this process, over a log of its own or somebody else's.
type house struct {
	broker    broker // nil: somebody else's
	conn      *eventstore.Conn
	log       *eventstore.Log
	directory *reference.Directory
	access    *access.Access
	vault     *vault.Vault // of write sides that are made from then on; nil: their cases have no texts
	commands  *command.Service

	stop  context.CancelFunc
	ended chan struct{}
}

// broker is where a house's own log lies: one server of the product's, or a cluster.
type broker interface {
	ClientURL() string
	Close()
}

// openHouse starts a log in a directory and the write side on it. listen is HOST:PORT, or empty.
func openHouse(ctx context.Context, dir, listen string, lazy bool) (*house, error) {
	broker, err := natsd.Start(natsd.Options{Dir: dir, Listen: listen, UnsafeLazySync: lazy, UnsafeFilesystem: true})
	if err != nil {
		return nil, err
	}
	conn, err := broker.Connect("benchmark")
	if err != nil {
		broker.Close()
		return nil, err
	}
	h, err := enterHouse(ctx, eventstore.Options{Conn: conn, Lazy: lazy}, nil)
	if err != nil {
		conn.Close()
		broker.Close()
		return nil, err
	}
	h.broker = broker
	return h, nil
}

// enterHouse makes a write side on a log that runs; its appends go through wrap where that is given.
func enterHouse(ctx context.Context, o eventstore.Options, wrap func(*eventstore.Log) command.Log) (*house, error) {
	o.Patience = 30 * time.Second
	log, err := eventstore.New(o)
	if err != nil {
		return nil, err
	}
	h := &house{conn: o.Conn, log: log, directory: reference.New(log), ended: make(chan struct{})}
	h.access = access.New(h.directory, operatorToken)
	var appends command.Log = log
	if wrap != nil {
		appends = wrap(log)
	}
	if h.commands, err = h.writeSide(appends, 0); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	go func() { // ends with stop; close waits for it
		defer close(h.ended)
		_ = h.directory.Run(running) // ends with its context
	}()
	if err := h.await(ctx, h.directory.Ready); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// writeSide is another command service of the house; cache 0 is the product's own size.
func (h *house) writeSide(appends command.Log, cache int) (*command.Service, error) {
	return command.New(command.Options{Log: appends, Directory: h.directory, Access: h.access, Vault: h.vault, Cache: cache})
}

// await waits until a check passes.
func (h *house) await(ctx context.Context, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the write side: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// open publishes the reference data of districts, where it isn't there yet. A stream that was just made may have no leader yet, so it is tried
// again.
func (h *house) open(ctx context.Context, n int) error {
	for i := range n {
		d := district(i)
		if err := h.await(ctx, func() error { return h.publish(ctx, d) }); err != nil {
			return fmt.Errorf("open district %s: %w", d.code(), err)
		}
		err := h.await(ctx, func() error {
			_, err := h.access.Authenticate(user{d, "acceptor", 0}.token())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// publish publishes the reference data of a district.
func (h *house) publish(ctx context.Context, d district) error {
	_, err := h.directory.PublishGrids(ctx, d.grids())
	if err == nil {
		_, err = h.directory.PublishCatalogue(ctx, d.catalogue())
	}
	if err == nil {
		_, err = h.directory.PublishCalendar(ctx, d.calendar())
	}
	if err == nil {
		_, err = h.directory.PublishAccess(ctx, d.people())
	}
	return err
}

// actors are a district's users as the write side knows them.
type actors map[user]access.Actor

// people returns the users of the first n districts.
func (h *house) people(n int) (actors, error) {
	all := actors{}
	for i := range n {
		for role, many := range map[string]int{"acceptor": 1, "dispatcher": 1, "leader": 1, "manager": departments, "handler": departments, "worker": unitGrids / inCommunity} {
			for k := range many {
				u := user{district(i), role, k}
				actor, err := h.access.Authenticate(u.token())
				if err != nil {
					return nil, fmt.Errorf("find user %s: %w", u.name(), err)
				}
				all[u] = actor
			}
		}
	}
	return all, nil
}

// close ends the write side, and the log where it is the house's own.
func (h *house) close() {
	h.stop()
	<-h.ended
	h.conn.Close()
	if h.broker != nil {
		h.broker.Close()
	}
}
