package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// The peers are what somebody would build on PostgreSQL instead. What they are given so that the comparison is fair: the same clients and
// the same commands, the same server with the same settings on a unix socket (no TCP), prepared statements, a pool with a
// connection a client, all open before the clock starts, compact binary payloads, and the case's row or events read fresh for each command, since another process
// may have written. They keep a history, as a supervision centre must; they check the state and the version, and nothing else: no roles,
// no grids, no limits, no idempotency, no hash chain, no sealing. That is in their favour.

// peer is one of them.
type peer interface {
	player
	// stored counts the commands that the tables hold; an error says what doesn't fit together.
	stored(ctx context.Context) (uint64, error)
}

// peers are the tables of each that it does not make itself, and how it works through a pool.
var peers = map[string]struct {
	tables string
	on     func(pool *pgxpool.Pool) (peer, error)
}{
	"crud":     {crudTables, func(pool *pgxpool.Pool) (peer, error) { return &crud{pool}, nil }},
	"counters": {counterTables, func(pool *pgxpool.Pool) (peer, error) { return &counters{pool}, nil }},
	"events":   {eventTables, func(pool *pgxpool.Pool) (peer, error) { return &eventStore{pool}, nil }},
	"library":  {"", newLibrary},
}

// openPool opens so many connections, each of which commits durably or not, and has them all ready.
func openPool(ctx context.Context, dsn string, connections int, lazy bool) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(connections)
	cfg.ConnConfig.RuntimeParams["synchronous_commit"] = map[bool]string{true: "off", false: "on"}[lazy]
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	held := make([]*pgxpool.Conn, 0, connections)
	for range connections {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			pool.Close()
			return nil, fmt.Errorf("open %d connections: %w", connections, err)
		}
		held = append(held, conn)
	}
	for _, conn := range held {
		conn.Release()
	}
	return pool, nil
}

// transitions are the states from which each usual step may go.
var transitions = func() map[string]gridcasev1.State {
	from := map[string]gridcasev1.State{}
	for i := 1; i < usual; i++ {
		from[way[i].procedure] = way[i-1].state
	}
	return from
}()

// change is a command as a peer's tables take it.
type change struct {
	id      string
	kind    string
	body    []byte
	state   gridcasev1.State
	at      time.Time
	who     string // department, handler or worker, by the step
	created *gridcasev1.ReportCase
	grid    string
}

func changeOf(s *story, p *step, cmd casework.Command) (change, error) {
	body, err := proto.Marshal(cmd)
	c := change{id: cmd.GetTarget().GetCaseId(), kind: p.procedure, body: body, state: p.state, at: time.Now()}
	switch m := cmd.(type) {
	case *gridcasev1.ReportCase:
		c.created, c.grid = m, s.district.cell(s.cell)
	case *gridcasev1.DispatchCase:
		c.who = m.GetDepartment()
	case *gridcasev1.AssignHandler:
		c.who = m.GetHandler()
	case *gridcasev1.RequestInspection:
		c.who = m.GetWorker()
	}
	return c, err
}

// follows refuses a command in a state that it doesn't start from.
func (c *change) follows(state int16) error {
	if want, ok := transitions[c.kind]; !ok || int16(want) != state {
		return fmt.Errorf("%s of a case in state %d", c.kind, state)
	}
	return nil
}

// once is what a statement guarded by the version must have written.
func once(found int64, id string) error {
	if found != 1 {
		return fmt.Errorf("case %s has moved on: %d rows written", id, found)
	}
	return nil
}

// makeTables makes a peer's tables in an empty database.
func makeTables(ctx context.Context, dsn, tables string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	if _, err := conn.Exec(ctx, tables, pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("make the peer's tables: %w", err)
	}
	return nil
}
