package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/casework"
)

// crudTables are a case's row and its history.
const crudTables = `
create table cases (
  id uuid primary key, number bigint not null generated always as identity, district text not null, grid text not null, case_type text not null,
  longitude float8 not null, latitude float8 not null, reporter text not null, description text not null, state smallint not null, version bigint not null,
  department text not null default '', handler text not null default '', worker text not null default '', reported_at timestamptz not null, changed_at timestamptz not null
);
create index cases_open on cases (district, state, changed_at) where state < 9;
create table history (
  case_id uuid not null, version bigint not null, kind text not null, body bytea not null, at timestamptz not null,
  primary key (case_id, version)
);`

// crud is state in a row, tuned: one statement creates a case with its history; a transition is one read and one statement that updates
// the row under its version and writes the history. Two round trips, no transaction block, one index on the open cases, no counters: it is
// the strongest thing that somebody would build instead.
type crud struct{ pool *pgxpool.Pool }

const (
	crudCreate = `with c as (insert into cases (id, district, grid, case_type, longitude, latitude, reporter, description, state, version, reported_at, changed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $12, $8, 1, $9, $9) returning id)
		insert into history (case_id, version, kind, body, at) select id, 1, $10, $11, $9 from c`
	crudRead   = `select state, version, grid, department, handler, worker from cases where id = $1`
	crudChange = `with c as (update cases set state = $3, version = version + 1, changed_at = $4,
		  department = case when $5 = 'DeskService/DispatchCase' then $6 else department end,
		  handler = case when $5 = 'FieldService/AssignHandler' then $6 else handler end,
		  worker = case when $5 = 'DeskService/RequestInspection' then $6 else worker end
		where id = $1 and version = $2 returning id, version)
		insert into history (case_id, version, kind, body, at) select id, version, $5, $7, $4 from c`
)

func (d *crud) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	c, err := changeOf(s, p, cmd)
	if err != nil {
		return err
	}
	if c.created != nil {
		at := c.created.GetPoint()
		_, err := d.pool.Exec(ctx, crudCreate, c.id, c.created.GetTarget().GetDistrict(), c.grid, c.created.GetCaseType(), at.GetLongitude(), at.GetLatitude(),
			s.worker().id(), int16(c.state), c.at, c.kind, c.body, c.created.GetDescription())
		return err
	}
	var state int16
	var version int64
	var grid, department, handler, worker string
	if err := d.pool.QueryRow(ctx, crudRead, c.id).Scan(&state, &version, &grid, &department, &handler, &worker); err != nil {
		return err
	}
	if err := c.follows(state); err != nil {
		return err
	}
	written, err := d.pool.Exec(ctx, crudChange, c.id, version, int16(c.state), c.at, c.kind, c.who, c.body)
	if err != nil {
		return err
	}
	return once(written.RowsAffected(), c.id)
}

func (d *crud) stored(ctx context.Context) (uint64, error) { return historyLength(ctx, d.pool) }

// historyLength counts the history, which must have as many rows as the cases have versions.
func historyLength(ctx context.Context, pool *pgxpool.Pool) (n uint64, err error) {
	var versions uint64
	err = pool.QueryRow(ctx, `select (select count(*) from history), (select coalesce(sum(version), 0)::bigint from cases)`).Scan(&n, &versions)
	if err == nil && n != versions {
		err = fmt.Errorf("%d rows of history, but the cases have %d versions", n, versions)
	}
	return n, err
}
