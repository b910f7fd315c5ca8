package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// copies are the rows that the views hold in the end, a file a table in PostgreSQL's binary form. To load them into empty tables is the least
// that a filling can cost, however it folds: each row is written once, and none is read.
type copies struct {
	dir    string
	tables []string
}

// take copies the views' tables out of a database.
func (c *copies) take(ctx context.Context, dsn string) error {
	return c.each(ctx, dsn, func(conn *pgx.Conn, table string) error {
		file, err := os.Create(c.file(table))
		if err != nil {
			return err
		}
		_, err = conn.PgConn().CopyTo(ctx, file, "copy "+table+" to stdout (format binary)")
		return errors.Join(err, file.Close())
	})
}

// load copies them into a database whose tables are empty.
func (c *copies) load(ctx context.Context, dsn string) error {
	return c.each(ctx, dsn, func(conn *pgx.Conn, table string) error {
		file, err := os.Open(c.file(table))
		if err != nil {
			return err
		}
		defer file.Close() // it is only read
		_, err = conn.PgConn().CopyFrom(ctx, file, "copy "+table+" from stdin (format binary)")
		return err
	})
}

func (c *copies) file(table string) string { return filepath.Join(c.dir, table+".copy") }

func (c *copies) each(ctx context.Context, dsn string, act func(conn *pgx.Conn, table string) error) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	for _, table := range c.tables {
		if err := act(conn, table); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	return nil
}
