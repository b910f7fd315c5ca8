package main

import (
	"context"
	"fmt"
	"os"

	"github.com/google/uuid"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
)

// stored checks that the log holds as many events as were acknowledged.
func stored(ctx context.Context, log *eventstore.Log, want int) error {
	streams, err := log.Streams(ctx)
	if err != nil {
		return err
	}
	var got uint64
	for _, s := range streams {
		got += s.Last
	}
	if got != uint64(want) {
		return fmt.Errorf("%d commands were acknowledged, the log holds %d events", want, got)
	}
	return nil
}

// The tables of the peers: what a user would build on Postgres alone, as strong as it gets. A command is one statement in one round trip,
// prepared once a connection; the guard is the version in its condition; nobody counts anything per grid.
const peerTables = `
create table cases (id uuid primary key, state smallint not null, version int not null, grid text not null, department text not null default '', changed timestamptz not null default now());
create table history (case_id uuid not null, version int not null, command_id uuid not null unique, actor text not null, at timestamptz not null default now(), data bytea not null, primary key (case_id, version));
create table events (case_id uuid not null, version int not null, command_id uuid not null, at timestamptz not null default now(), headers jsonb not null, data bytea not null, primary key (case_id, version));
create table counters (area text not null, state smallint not null, cases bigint not null, primary key (area, state));
insert into counters select area, state, 0 from unnest(array['610399', '610399001', '610399001001', '610399001001002']) area, generate_series(1, 7) state;`

const (
	crudCreate = `with c as (insert into cases (id, state, version, grid) values ($1, 1, 1, '610399001001002'))
insert into history (case_id, version, command_id, actor, data) values ($1, 1, $2, 'actor', $3)`
	crudMove = `with c as (update cases set state = $4, version = version + 1, changed = now() where id = $1 and version = $4 - 1 returning version)
insert into history (case_id, version, command_id, actor, data) select $1, version, $2, 'actor', $3 from c`
	storeAppend = `insert into events (case_id, version, command_id, headers, data) values ($1, $4, $2, '{"actor": "actor", "role": "acceptor", "type": "CaseFiled"}', $3)`
)

// crudWrites keeps the state in a row and its history beside it.
func crudWrites(relaxed bool) runner {
	return onPostgres(relaxed, "history", func(ctx context.Context, pool *postgres.Pool) error {
		id, payload := uuid.Must(uuid.NewV7()), make([]byte, 120)
		for version := 1; version <= steps; version++ {
			query, args := crudMove, []any{id, uuid.New(), payload, version}
			if version == 1 {
				query, args = crudCreate, args[:3]
			}
			if err := one(ctx, pool, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// storeWrites appends events, unique by case and version; it knows the version, as a cache would.
func storeWrites(relaxed bool) runner {
	return onPostgres(relaxed, "events", func(ctx context.Context, pool *postgres.Pool) error {
		id, payload := uuid.Must(uuid.NewV7()), make([]byte, 120)
		for version := 1; version <= steps; version++ {
			if err := one(ctx, pool, storeAppend, id, uuid.New(), payload, version); err != nil {
				return err
			}
		}
		return nil
	})
}

func onPostgres(relaxed bool, table string, do func(ctx context.Context, pool *postgres.Pool) error) runner {
	return func(ctx context.Context, s size) (result, error) {
		return in(func(w *workshop) (result, error) {
			pool, err := w.pool(ctx, relaxed)
			if err == nil {
				_, err = pool.Exec(ctx, peerTables)
			}
			if err != nil {
				return result{}, err
			}
			cases := s.of(12000)
			m, err := measure(os.Getpid())
			if err != nil {
				return result{}, err
			}
			if err := everyClient(ctx, cases, func(ctx context.Context, _ int) error { return do(ctx, pool) }); err != nil {
				return result{}, err
			}
			r, err := m.done(cases * steps)
			if err != nil {
				return result{}, err
			}
			var rows int
			if err := pool.QueryRow(ctx, "select count(*) from "+table).Scan(&rows); err != nil || rows != cases*steps {
				return result{}, fmt.Errorf("%d commands were acknowledged, %s holds %d rows: %w", cases*steps, table, rows, err)
			}
			return r, nil
		})
	}
}

// one changes one row.
func one(ctx context.Context, pool *postgres.Pool, query string, args ...any) error {
	tag, err := pool.Exec(ctx, query, args...)
	if err == nil && tag.RowsAffected() != 1 {
		err = fmt.Errorf("%d rows were changed", tag.RowsAffected())
	}
	return err
}
