package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gridcase/gridcase/pkg/config"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/telemetry"
)

// serveCmd is 'gridcase serve'.
type serveCmd struct {
	config.Settings `embed:""`
	Services        []string `arg:"" help:"intake, dispatch, projector, query, notary: one or more."`
}

// Run runs the named services against the external log and database and blocks until ctx ends.
func (c *serveCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	logger, err := telemetry.NewLogger(c.LogLevel, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { _ = logger.Sync() }() // standard error can't be synced
	conn, err := natsd.Dial(c.NATSURL, c.NATSCreds, "gridcase "+strings.Join(c.Services, " "))
	if err != nil {
		return err
	}
	defer conn.Close()
	p, err := assemble(c.Settings, c.Services, conn, c.PostgresURL, nil, logger)
	if err != nil {
		return err
	}
	return p.run(ctx)
}

func (c *serveCmd) check() error {
	if err := c.Complete(); err != nil {
		return err
	}
	for _, name := range c.Services {
		if !slices.Contains(allServices, name) {
			return fmt.Errorf("there is no service %q; there are %s", name, strings.Join(allServices, ", "))
		}
	}
	if c.NATSURL == "" {
		return errors.New("serve needs --nats-url: only 'gridcase up' has its own log")
	}
	if c.PostgresURL == "" {
		return errors.New("serve needs --postgres-url: only 'gridcase up' has its own database")
	}
	return nil
}

func trim(b []byte) string { return strings.TrimSpace(string(b)) }
