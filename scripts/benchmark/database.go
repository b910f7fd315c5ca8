package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/postgres"
)

// database is a private PostgreSQL of the benchmark, with the settings that gridcase runs its own with.
type database struct {
	*postgres.Server
	pid   int
	model string // the database of which fresh ones are copies; empty: they are empty
}

func startDatabase(ctx context.Context, dir string) (*database, error) {
	return startServer(ctx, postgres.ServerOptions{Dir: dir})
}

func startServer(ctx context.Context, o postgres.ServerOptions) (*database, error) {
	server, err := postgres.StartServer(ctx, o)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(o.Dir, "data", "postmaster.pid"))
	pid, convErr := 0, error(nil)
	if err == nil {
		first, _, _ := strings.Cut(string(b), "\n")
		pid, convErr = strconv.Atoi(strings.TrimSpace(first))
	}
	if err != nil || convErr != nil {
		_ = server.Stop()
		return nil, fmt.Errorf("find the database's process: %v, %v", err, convErr)
	}
	return &database{Server: server, pid: pid}, nil
}

// fresh makes a database anew, a copy of the model where there is one, and returns its address.
func (d *database) fresh(ctx context.Context, name string) (dsn string, err error) {
	conn, err := pgx.Connect(ctx, d.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	create := "create database " + name
	if d.model != "" {
		create += " template " + d.model
	}
	for _, statement := range []string{"drop database if exists " + name + " with (force)", create} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", fmt.Errorf("make database %s: %w", name, err)
		}
	}
	return d.DSN(name), nil
}
