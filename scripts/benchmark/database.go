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
	pid int
}

func startDatabase(ctx context.Context, dir string) (*database, error) {
	server, err := postgres.StartServer(ctx, postgres.ServerOptions{Dir: dir})
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	pid, convErr := 0, error(nil)
	if err == nil {
		first, _, _ := strings.Cut(string(b), "\n")
		pid, convErr = strconv.Atoi(strings.TrimSpace(first))
	}
	if err != nil || convErr != nil {
		_ = server.Stop()
		return nil, fmt.Errorf("find the database's process: %v, %v", err, convErr)
	}
	return &database{server, pid}, nil
}

// fresh makes a database anew and returns its address.
func (d *database) fresh(ctx context.Context, name string) (dsn string, err error) {
	conn, err := pgx.Connect(ctx, d.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	for _, statement := range []string{"drop database if exists " + name + " with (force)", "create database " + name} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", fmt.Errorf("make database %s: %w", name, err)
		}
	}
	return d.DSN(name), nil
}
