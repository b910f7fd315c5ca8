package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/config"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/telemetry"
)

// upCmd is 'gridcase up'.
type upCmd struct {
	config.Settings `embed:""`
	Fresh           bool `help:"Start from an empty data directory: what is in it is deleted."`
	Demo            bool `help:"Open the demo district and print its users and a first request."`
	Cells           int  `help:"How many unit grids the demo district gets, up to 40,000." default:"2000"`
}

// Run starts the log, the database and every service in this process and blocks until ctx ends; then it stops them in the opposite order.
func (c *upCmd) Run(ctx context.Context) error {
	if err := c.Complete(); err != nil {
		return err
	}
	if err := c.prepare(); err != nil {
		return err
	}
	logger, err := telemetry.NewLogger(c.LogLevel, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { _ = logger.Sync() }() // standard error can't be synced
	broker, err := natsd.Start(natsd.Options{Dir: filepath.Join(c.Data, "nats"), MaxFileStore: c.MaxFileStore, UnsafeLazySync: c.UnsafeLazySync,
		UnsafeFilesystem: c.UnsafeFilesystem, Logger: logger})
	if err != nil {
		return err
	}
	defer broker.Close()
	dsn, stop, err := c.database(ctx, logger)
	if err != nil {
		return err
	}
	defer stop()
	conn, err := broker.Connect("gridcase")
	if err != nil {
		return err
	}
	p, err := assemble(c.Settings, allServices, conn, dsn, broker, logger)
	if err != nil {
		return err
	}
	if c.Demo {
		p.whenReady = c.demo
	}
	return p.run(ctx)
}

// prepare makes the data directory, empties it where that was asked for, and makes the operator's token.
func (c *upCmd) prepare() error {
	if c.Fresh {
		if err := empty(c.Data); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.Data, 0o755); err != nil { // the database's user passes through; what is secret has its own mode
		return fmt.Errorf("make the data directory: %w", err)
	}
	return ensureOperator(c.Settings)
}

// empty deletes a data directory of ours; anything else is refused.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("empty the data directory: %w", err)
	}
	if _, err := os.Stat(tokensFile(dir)); err != nil {
		return fmt.Errorf("%s is no data directory of gridcase (it has no tokens.json): it is not deleted", dir)
	}
	if err := os.MkdirAll(filepath.Join(dir, "nats"), 0o700); err != nil { // where the lock lies
		return fmt.Errorf("empty the data directory: %w", err)
	}
	unlock, err := natsd.Lock(filepath.Join(dir, "nats"))
	if err != nil {
		return fmt.Errorf("the data directory is in use and not deleted: %w", err)
	}
	unlock()
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("empty the data directory: %w", err)
		}
	}
	return nil
}

// ensureOperator makes the operator's token where there is none, and keeps it in tokens.json for the client verbs.
func ensureOperator(s config.Settings) error {
	t, err := readTokens(s.Data)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	b, err := os.ReadFile(s.OperatorTokenFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if t.Operator == "" {
			t.Operator = newToken()
		}
		if err := writeSecret(s.OperatorTokenFile, []byte(t.Operator+"\n")); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("read the operator's token: %w", err)
	default:
		t.Operator = trim(b)
	}
	return writeTokens(s.Data, t)
}

// database starts the private server, or takes the external one.
func (c *upCmd) database(ctx context.Context, logger *zap.Logger) (dsn string, stop func(), err error) {
	if c.PostgresURL != "" {
		return c.PostgresURL, func() {}, nil
	}
	server, err := postgres.StartServer(ctx, postgres.ServerOptions{Dir: filepath.Join(c.Data, "postgres"), Bin: c.PostgresBin, Logger: logger})
	if err != nil {
		return "", nil, err
	}
	return server.DSN("postgres"), func() {
		if err := server.Stop(); err != nil {
			logger.Error("database did not stop", zap.Error(err))
		}
	}, nil
}

// demo opens the demo district and says how to go on.
func (c *upCmd) demo(ctx context.Context) error {
	t, err := readTokens(c.Data)
	if err != nil {
		return err
	}
	url := "http://" + c.APIAddr
	if t, err = openDemo(ctx, url, c.Data, t, c.Cells); err != nil {
		return err
	}
	if err := awaitMap(ctx, url, t); err != nil {
		return err
	}
	fmt.Printf("\ngridcase is ready at %s (admin http://%s)\n\nThe demo district is %s, Weibin; its unit grids are synthetic. Its users and their bearer tokens,\nalso in %s:\n\n", url, c.AdminAddr, demoDistrict, tokensFile(c.Data))
	err = table(func(w *tabwriter.Writer) {
		for _, u := range t.Users {
			fmt.Fprintf(w, "%s\t%s\t%s\n", u.Name, u.Role, u.Token)
		}
		fmt.Fprintf(w, "operator\toperator\t%s\n", t.Operator)
	})
	fmt.Printf("\nA first request, the grid map:\n\n  curl -s -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{}' %s/gridcase.v1.QueryService/GetGridMap\n\nPlay 100 cases: bin/gridcase demo --cases 100 --seed 1 --data %s\nStop: Ctrl-C\n\n", t.of("acceptor-1"), url, c.Data)
	return err
}

// awaitMap waits until the query service serves the district's grid map.
func awaitMap(ctx context.Context, url string, t tokens) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err := newPlay(ctx, url, t)
		if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
