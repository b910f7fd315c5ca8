package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hallgren/eventsourcing/core"
	"github.com/hallgren/eventsourcing/eventstore/sql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gridcase/gridcase/pkg/casework"
)

// library is an event store on PostgreSQL that somebody would take rather than write: hallgren/eventsourcing, its tables and its statements
// as they are. A command reads the case's events, folds them, and saves the next one, for which the library begins, looks for the last
// version, inserts and commits: five round trips.
type library struct {
	pool  *pgxpool.Pool
	store *sql.Postgres
}

// newLibrary has the library make its tables, where they are missing.
func newLibrary(pool *pgxpool.Pool) (peer, error) {
	store, err := sql.NewPostgres(stdlib.OpenDBFromPool(pool))
	if err != nil {
		return nil, fmt.Errorf("make the library's tables: %w", err)
	}
	return &library{pool, store}, nil
}

// aggregate is what the library calls the kind of thing that events are about.
const aggregate = "case"

func (d *library) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	c, err := changeOf(s, p, cmd)
	if err != nil {
		return err
	}
	var version core.Version
	if c.created == nil {
		if version, err = d.fold(ctx, &c); err != nil {
			return err
		}
	}
	next := core.Event{AggregateID: c.id, AggregateType: aggregate, Version: version + 1, Timestamp: c.at, Reason: c.kind, Data: c.body,
		Metadata: strconv.AppendInt(nil, int64(c.state), 10)}
	return d.store.Save([]core.Event{next})
}

// fold reads the case and returns its version.
func (d *library) fold(ctx context.Context, c *change) (version core.Version, err error) {
	events, err := d.store.Get(ctx, c.id, aggregate, 0)
	if err != nil {
		return 0, err
	}
	defer events.Close()
	var state int
	for events.Next() {
		e, err := events.Value()
		if err != nil {
			return 0, err
		}
		if state, err = strconv.Atoi(string(e.Metadata)); err != nil {
			return 0, err
		}
		version = e.Version
	}
	return version, c.follows(int16(state))
}

func (d *library) stored(ctx context.Context) (uint64, error) { return countEvents(ctx, d.pool, "id") }
