// Package natsd runs the embedded NATS server with JetStream, and connects to one. It owns the store directory (one process, by a lock), the
// durability of the store (synced always), its explicit size, and healing after the disk was full. It never opens a port unless told to, and
// it knows nothing of what is stored.
//
// # Decisions
//
// 2026-11: sync always is the default: with the server's default of two minutes a power cut loses every acknowledged event since the last
// sync. A latched write error (disk full) ends only with a restart of the server, which takes milliseconds inside the process: clients
// reconnect to the new incarnation through the same Server.
package natsd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"
)

// Options are the settings of an embedded server.
type Options struct {
	Dir              string // the store; made where it doesn't exist
	Listen           string // HOST:PORT for clients; empty: no port, connections inside the process only
	MaxFileStore     int64  // bytes that all streams together may take; 0: 90 % of what the disk has free or the store already takes
	UnsafeLazySync   bool   // sync every two minutes only
	UnsafeFilesystem bool   // allow a file system whose directories may forget a new file
	Logger           *zap.Logger
}

// Server is an embedded NATS server that survives its own restarts.
type Server struct {
	options Options
	unlock  func()
	log     *zap.Logger

	mu     sync.Mutex
	ns     *server.Server
	closed bool
}

// startTimeout bounds the recovery of the store: about 1 s for a million events.
const startTimeout = 60 * time.Second

// Start locks the directory and runs a server on it. A directory in use and an unsuitable file system are errors that say what to do.
func Start(o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the log's directory: %w", err)
	}
	if err := checkFilesystem(o); err != nil {
		return nil, err
	}
	unlock, err := Lock(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.MaxFileStore == 0 {
		o.MaxFileStore = defaultStore(o.Dir)
	}
	s := &Server{options: o, unlock: unlock, log: o.Logger}
	if s.ns, err = s.launch(); err != nil {
		unlock()
		return nil, err
	}
	return s, nil
}

func (s *Server) launch() (*server.Server, error) {
	o := &server.Options{ServerName: "gridcase", DontListen: true, JetStream: true, StoreDir: filepath.Join(s.options.Dir, "store"), NoSigs: true,
		SyncAlways: !s.options.UnsafeLazySync, JetStreamMaxStore: s.options.MaxFileStore, JetStreamMaxMemory: 64 << 20}
	if s.options.Listen != "" {
		host, port, err := splitAddress(s.options.Listen)
		if err != nil {
			return nil, err
		}
		o.DontListen, o.Host, o.Port = false, host, port
	}
	ns, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("make the log's server: %w", err)
	}
	ns.SetLoggerV2(serverLog{s.log}, false, false, false)
	go ns.Start() // returns when it runs; Shutdown and WaitForShutdown end it
	if !ns.ReadyForConnections(startTimeout) {
		ns.Shutdown()
		return nil, errors.New("the log's server did not start in time")
	}
	return ns, nil
}

// InProcessConn connects to the running incarnation; nats.go calls it for each reconnect.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ns.InProcessConn()
}

// ClientURL is where clients reach a server that listens.
func (s *Server) ClientURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ns.ClientURL()
}

// Healthy tells what is wrong with the server, if anything.
func (s *Server) Healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the log's server is stopped")
	}
	if h := s.ns.Healthz(&server.HealthzOptions{}); h.Error != "" {
		return errors.New(h.Error)
	}
	return nil
}

// Run watches the server's health until ctx ends, and starts it again when its disk was full and has space again.
func (s *Server) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		err := s.Healthy()
		if err == nil {
			continue
		}
		s.log.Warn("log is unhealthy", zap.Error(err))
		if free(s.options.Dir) < healFloor {
			continue
		}
		if err := s.restart(); err != nil {
			s.log.Error("log did not restart", zap.Error(err))
		}
	}
}

// healFloor is how many bytes must be free before a restart can help.
const healFloor = 1 << 20

func (s *Server) restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	ns, err := s.launch()
	if err != nil {
		return err
	}
	s.ns = ns
	s.log.Warn("log restarted")
	return nil
}

// Close stops the server and releases the directory.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	s.unlock()
}
