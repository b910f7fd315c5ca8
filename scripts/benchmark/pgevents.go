package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/casework"
)

// eventTables are an event store: an event is unique by case and version, and has a place in the order of all.
const eventTables = `
create table events (
  position bigint not null generated always as identity, case_id uuid not null, version bigint not null, kind text not null, state smallint not null,
  body bytea not null, at timestamptz not null, primary key (case_id, version)
);
create unique index events_position on events (position);`

// eventStore is an event store on PostgreSQL, as most libraries build it: a command reads the case's events, folds them, and inserts the next
// one; that (case, version) is unique is the guard. Two round trips. It has no views: nobody could ask it anything.
type eventStore struct{ pool *pgxpool.Pool }

const (
	eventsRead   = `select version, kind, state, body from events where case_id = $1 order by version`
	eventsAppend = `insert into events (case_id, version, kind, state, body, at) values ($1, $2, $3, $4, $5, $6)`
)

func (d *eventStore) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	c, err := changeOf(s, p, cmd)
	if err != nil {
		return err
	}
	var version int64
	if c.created == nil {
		if version, err = d.fold(ctx, &c); err != nil {
			return err
		}
	}
	_, err = d.pool.Exec(ctx, eventsAppend, c.id, version+1, c.kind, int16(c.state), c.body, c.at)
	return err
}

// fold reads the case and returns its version.
func (d *eventStore) fold(ctx context.Context, c *change) (version int64, err error) {
	rows, err := d.pool.Query(ctx, eventsRead, c.id)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var state int16
	for rows.Next() {
		var kind string
		var body []byte
		if err := rows.Scan(&version, &kind, &state, &body); err != nil {
			return 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return version, c.follows(state)
}

func (d *eventStore) stored(ctx context.Context) (uint64, error) {
	return countEvents(ctx, d.pool, "case_id")
}

// countEvents counts the events of a table, of which each has the next version of what it is about.
func countEvents(ctx context.Context, pool *pgxpool.Pool, by string) (n uint64, err error) {
	var versions uint64
	err = pool.QueryRow(ctx, `select count(*), (select coalesce(sum(v), 0)::bigint from (select max(version) v from events group by `+by+`) last) from events`).Scan(&n, &versions)
	if err == nil && n != versions {
		err = fmt.Errorf("%d events, but the cases have %d versions", n, versions)
	}
	return n, err
}
