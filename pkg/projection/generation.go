package projection

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The states of a generation. A view has at most one that serves and one that is being built.
const (
	Serving  = "serving"  // queries read it
	Building = "building" // it is filled beside the one that serves, until it has caught up
	Kept     = "kept"     // it served before, and is not followed any more
	dropping = "dropping" // it goes
)

// generation is one filling of a view, of the version that this build has.
type generation struct {
	number int
	view   View
	schema string // a swap changes it, with the term's names locked
	state  string

	life   context.Context // ends when it is given up
	giveUp context.CancelFunc
	late   sync.WaitGroup  // its catching up, a goroutine a stream
	caught map[string]bool // the streams in which it has caught up; under the term's lock
}

// record is a generation as it is stored.
type record struct {
	Number  int
	View    string
	Version int
	Schema  string
	State   string
	Parked  int
	Halted  []string // streams, each with the reason behind it
}

// readGenerations returns all generations, the oldest first.
func readGenerations(ctx context.Context, pool *pgxpool.Pool) ([]record, error) {
	rows, err := pool.Query(ctx, `select number, view, version, schema, state, (select count(*)::int from projection.quarantine q where q.generation = g.number),
			(select coalesce(array_agg(t), '{}') from projection.checkpoints c, unnest(array[c.stream, c.halted]) t where c.generation = g.number and c.halted <> '')
		from projection.generations g order by number`)
	if err != nil {
		return nil, fmt.Errorf("read generations: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	if err != nil {
		return nil, fmt.Errorf("read generations: %w", err)
	}
	return found, nil
}

// newGeneration writes a further generation of a view.
func newGeneration(ctx context.Context, tx pgx.Tx, v View, state string) (r record, err error) {
	r = record{View: v.Name(), Version: v.Version(), State: state, Schema: Schema(v)}
	if state == Building {
		err = tx.QueryRow(ctx, `insert into projection.generations (number, view, version, schema, state)
			select n, $1, $2, $3 || '_g' || n, $4 from nextval('projection.generation_number') n returning number, schema`, r.View, r.Version, r.Schema, state).Scan(&r.Number, &r.Schema)
	} else {
		err = tx.QueryRow(ctx, `insert into projection.generations (view, version, schema, state, since) values ($1, $2, $3, $4, now()) returning number`,
			r.View, r.Version, r.Schema, state).Scan(&r.Number)
	}
	if err != nil {
		return r, fmt.Errorf("begin a generation of %s: %w", v.Name(), err)
	}
	return r, nil
}

// makeTables makes a view's tables in a schema, where they don't exist.
func makeTables(ctx context.Context, tx pgx.Tx, v View, schema string) error {
	name := pgx.Identifier{schema}.Sanitize()
	if _, err := tx.Exec(ctx, "create schema if not exists "+name+"; set local search_path to "+name+"; "+v.Tables()); err != nil {
		return fmt.Errorf("make view %s: %w", v.Name(), err)
	}
	return nil
}

// Schemas returns where the tables of all generations of a view are, of every version and state; none before a projector has ever worked on
// the database. A swap waits until the transaction ends.
func Schemas(ctx context.Context, tx pgx.Tx, view string) ([]string, error) {
	var known bool
	if err := tx.QueryRow(ctx, `select to_regclass('projection.generations') is not null`).Scan(&known); err != nil || !known {
		return nil, err
	}
	rows, err := tx.Query(ctx, `select schema from projection.generations where view = $1 and to_regnamespace(quote_ident(schema)) is not null order by number for share`, view)
	if err != nil {
		return nil, fmt.Errorf("read generations: %w", err)
	}
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read generations: %w", err)
	}
	return schemas, nil
}
