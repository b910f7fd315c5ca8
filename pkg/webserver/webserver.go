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

// Serve takes requests until ctx ends, then lets those in flight end, and returns.
func Serve(ctx context.Context, o Options) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.Addr, err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC clients
	server := &http.Server{Handler: o.Handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 120 * time.Second,
		MaxHeaderBytes: 64 << 10, Protocols: protocols, ErrorLog: zap.NewStdLog(o.Logger)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }() // ends with Shutdown or Close below
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", o.Addr, err)
	case <-ctx.Done():
	}
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(rest); err != nil {
		_ = server.Close() // what has not ended by now is cut off
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", o.Addr, err)
	}
	return ctx.Err()
}
