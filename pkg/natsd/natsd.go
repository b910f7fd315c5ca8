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
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
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
	safe    bool // the file system keeps what was synced

	life   sync.Mutex // held while an incarnation ends or begins; also of closed
	closed bool

	seen atomic.Pointer[room90] // what FullSoon found

	mu sync.Mutex // of ns; never held for long, so that a restart keeps nobody waiting
	ns *server.Server
}

// Threads is on how many threads a process that syncs a store of its own should run Go code, on so many processors. A thread that syncs keeps
// one of Go's slots until the scheduler, which looks every 20 µs to 10 ms, takes it away. On 2 processors, over 8 districts, 4 threads took a
// fifth more commands over HTTP than 2, and the write side alone nearly a half, both at less CPU a command; 6 were as slow as 2, at more. In one
// district the gain is within what runs differ by; where the store is not synced there is none. More processors were not measured.
func Threads(processors int) int { return 2 * processors }

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
	safe, err := checkFilesystem(o)
	if err != nil {
		return nil, err
	}
	unlock, err := Lock(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.MaxFileStore == 0 {
		o.MaxFileStore = defaultStore(o.Dir)
	}
	s := &Server{options: o, unlock: unlock, log: o.Logger, safe: safe}
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
	fatal := make(chan string, 1)
	ns.SetLoggerV2(serverLog{s.log, fatal}, false, false, false)
	go ns.Start() // returns when it runs; Shutdown and WaitForShutdown end it
	if err := awaitReady(ns, fatal); err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, err
	}
	return ns, nil
}

// awaitReady returns when the server takes connections, or has said why it never will.
func awaitReady(ns *server.Server, fatal <-chan string) error {
	for deadline := time.Now().Add(startTimeout); !ns.ReadyForConnections(50 * time.Millisecond); {
		select {
		case text := <-fatal:
			return fmt.Errorf("the log's server did not start: %s", text)
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the log's server did not start within %v", startTimeout)
		}
	}
	return nil
}

// InProcessConn connects to the running incarnation; nats.go calls it for each reconnect.
func (s *Server) InProcessConn() (net.Conn, error) { return s.running().InProcessConn() }

// ClientURL is where clients reach a server that listens.
func (s *Server) ClientURL() string { return s.running().ClientURL() }

// SafeFilesystem tells whether the log lies on a file system that keeps what was synced; false only under UnsafeFilesystem.
func (s *Server) SafeFilesystem() bool { return s.safe }

// Healthy tells what is wrong with the server, if anything. The server gives the first of its checks a millisecond, which a busy machine may
// take from it (nats-server 2.15.2), so that it is asked once more before it is called unhealthy.
func (s *Server) Healthy() error {
	h := s.running().Healthz(&server.HealthzOptions{})
	if h.Error != "" {
		h = s.running().Healthz(&server.HealthzOptions{})
	}
	if h.Error != "" {
		return errors.New(h.Error)
	}
	return nil
}

func (s *Server) running() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ns
}

// Close stops the server and releases the directory. It may be called again.
func (s *Server) Close() {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	s.unlock()
}
