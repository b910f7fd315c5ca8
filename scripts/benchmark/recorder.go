package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// recorder writes down every statement that writes, with its arguments, as the projector sends it: the folded rows of each batch, with the
// checkpoint. Played again, they are what PostgreSQL alone takes to write them. A transaction that makes tables is left out: they are there.
type recorder struct {
	mu     sync.Mutex
	open   map[*pgx.Conn]*transaction
	done   []*transaction // in the order of the commits
	copied bool           // rows came by COPY, which shows no arguments
}

// transaction is what went between begin and commit.
type transaction struct {
	begin  string
	rounds [][]statement
	makes  bool // tables
}

// statement is one of a round trip.
type statement struct {
	sql  string
	args []any
}

func newRecorder() *recorder { return &recorder{open: map[*pgx.Conn]*transaction{}} }

// TraceQueryStart is called by the driver before a statement.
func (r *recorder) TraceQueryStart(ctx context.Context, conn *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	r.take(conn, []statement{{q.SQL, q.Args}})
	return ctx
}

// TraceQueryEnd is called by the driver after it.
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart is called by the driver before a batch.
func (r *recorder) TraceBatchStart(ctx context.Context, conn *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	var round []statement
	for _, q := range b.Batch.QueuedQueries {
		round = append(round, statement{q.SQL, q.Arguments})
	}
	r.take(conn, round)
	return ctx
}

// TraceBatchQuery is called by the driver for each statement of a batch.
func (r *recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is called by the driver after a batch.
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TraceCopyFromStart is called by the driver before a COPY.
func (r *recorder) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceCopyFromStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copied = true
	return ctx
}

// TraceCopyFromEnd is called by the driver after a COPY.
func (r *recorder) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}

func (r *recorder) take(conn *pgx.Conn, round []statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var writes []statement
	for _, s := range round {
		switch verb(s.sql) {
		case "begin":
			r.open[conn] = &transaction{begin: s.sql}
		case "commit":
			if t := r.open[conn]; t != nil && len(t.rounds) > 0 && !t.makes {
				r.done = append(r.done, t)
			}
			delete(r.open, conn)
		case "rollback":
			delete(r.open, conn)
		case "create":
			if t := r.open[conn]; t != nil {
				t.makes = true
			}
		case "select", "listen", "":
		default:
			writes = append(writes, s)
		}
	}
	if t := r.open[conn]; t != nil && len(writes) > 0 {
		t.rounds = append(t.rounds, writes)
	}
}

// verb is a statement's first word.
func verb(sql string) string {
	words := strings.Fields(sql)
	if len(words) == 0 {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(words[0]), ";")
}

// replay plays the transactions on one connection, a round trip as a round trip.
func (r *recorder) replay(ctx context.Context, conn *pgx.Conn) error {
	for i, t := range r.done {
		if err := t.replay(ctx, conn); err != nil {
			return fmt.Errorf("play transaction %d again: %w", i, err)
		}
	}
	return nil
}

func (t *transaction) replay(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{BeginQuery: t.begin}, func(tx pgx.Tx) error {
		for _, round := range t.rounds {
			if len(round) == 1 {
				if _, err := tx.Exec(ctx, round[0].sql, round[0].args...); err != nil {
					return err
				}
				continue
			}
			var batch pgx.Batch
			for _, s := range round {
				batch.Queue(s.sql, s.args...)
			}
			if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
				return err
			}
		}
		return nil
	})
}
