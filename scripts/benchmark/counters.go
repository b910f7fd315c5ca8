package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/casework"
)

// counterTables are how many cases stand in which state in a unit grid, beside the rows.
const counterTables = crudTables + `
create table counters (grid text not null, state smallint not null, cases bigint not null, primary key (grid, state));`

// counters is the same state in a row as one writes it at first, one statement after the other in a transaction, and the map of the grids
// kept up to date by a counter a unit grid and state in the same transaction. It counts unit grids alone, not the communities, streets and
// districts above them, whose few rows all commands would queue for.
type counters struct{ pool *pgxpool.Pool }

const (
	countUp       = `insert into counters (grid, state, cases) values ($1, $2, 1) on conflict (grid, state) do update set cases = counters.cases + 1`
	countDown     = `update counters set cases = cases - 1 where grid = $1 and state = $2`
	countedCreate = `insert into cases (id, district, grid, case_type, longitude, latitude, reporter, description, state, version, reported_at, changed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $10, $8, 1, $9, $9)`
	countedRead   = `select state, version, grid, department, handler, worker from cases where id = $1 for update`
	countedChange = `update cases set state = $3, version = $2 + 1, changed_at = $4, department = $5, handler = $6, worker = $7 where id = $1 and version = $2`
	countedKeep   = `insert into history (case_id, version, kind, body, at) values ($1, $2, $3, $4, $5)`
)

func (d *counters) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	c, err := changeOf(s, p, cmd)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if c.created != nil {
			return d.create(ctx, tx, s, &c)
		}
		return d.change(ctx, tx, &c)
	})
}

func (d *counters) create(ctx context.Context, tx pgx.Tx, s *story, c *change) error {
	at := c.created.GetPoint()
	_, err := tx.Exec(ctx, countedCreate, c.id, c.created.GetTarget().GetDistrict(), c.grid, c.created.GetCaseType(), at.GetLongitude(), at.GetLatitude(), s.worker().id(), int16(c.state), c.at, c.created.GetDescription())
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, countedKeep, c.id, 1, c.kind, c.body, c.at); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, countUp, c.grid, int16(c.state))
	return err
}

func (d *counters) change(ctx context.Context, tx pgx.Tx, c *change) error {
	var state int16
	var version int64
	var grid, department, handler, worker string
	if err := tx.QueryRow(ctx, countedRead, c.id).Scan(&state, &version, &grid, &department, &handler, &worker); err != nil {
		return err
	}
	if err := c.follows(state); err != nil {
		return err
	}
	switch c.kind {
	case "DeskService/DispatchCase":
		department = c.who
	case "FieldService/AssignHandler":
		handler = c.who
	case "DeskService/RequestInspection":
		worker = c.who
	}
	written, err := tx.Exec(ctx, countedChange, c.id, version, int16(c.state), c.at, department, handler, worker)
	if err != nil {
		return err
	}
	if err := once(written.RowsAffected(), c.id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, countedKeep, c.id, version+1, c.kind, c.body, c.at); err != nil {
		return err
	}
	return recount(ctx, tx, grid, state, int16(c.state))
}

// recount moves a case from one count of its unit grid to another: always in the order of the way, so that no two wait for each other.
func recount(ctx context.Context, tx pgx.Tx, grid string, from, to int16) error {
	if from == to {
		return nil
	}
	if _, err := tx.Exec(ctx, countDown, grid, from); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, countUp, grid, to)
	return err
}

// stored counts the history, and holds the counters to the rows.
func (d *counters) stored(ctx context.Context) (uint64, error) {
	var wrong int
	err := d.pool.QueryRow(ctx, `select count(*) from (select grid, state, count(*) n from cases group by 1, 2) is_now
		full join (select grid, state, cases n from counters where cases <> 0) counted using (grid, state) where is_now.n is distinct from counted.n`).Scan(&wrong)
	if err != nil {
		return 0, err
	}
	if wrong > 0 {
		return 0, fmt.Errorf("%d counters are wrong", wrong)
	}
	return historyLength(ctx, d.pool)
}
