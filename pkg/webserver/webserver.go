// Package webserver is a port: an HTTP server with bounded times and sizes and an orderly end. It owns no route.
package webserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Options are what a port is made of.
type Options struct {
	Addr    string // HOST:PORT
	Handler http.Handler
	Logger  *zap.Logger
}

// drain is how long requests in flight may take to end.
const drain = 10 * time.Second

// Port is a port that listens.
type Port struct {
	listener net.Listener
	Options
}

// Listen opens the port: who connects from now on is answered once it runs.
func Listen(ctx context.Context, o Options) (*Port, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", o.Addr, err)
	}
	return &Port{listener, o}, nil
}

// Run takes requests until ctx ends, then lets those in flight end, and returns.
func (p *Port) Run(ctx context.Context) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC clients
	server := &http.Server{Handler: p.Handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 120 * time.Second,
		MaxHeaderBytes: 64 << 10, Protocols: protocols, ErrorLog: zap.NewStdLog(p.Logger)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(p.listener) }() // ends with Shutdown or Close below
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", p.Addr, err)
	case <-ctx.Done():
	}
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(rest); err != nil {
		_ = server.Close() // what has not ended by now is cut off
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", p.Addr, err)
	}
	return ctx.Err()
}
