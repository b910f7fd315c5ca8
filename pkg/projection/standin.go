package projection

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// shape is a column of a new version's table, and whether the older version has it.
type shape struct {
	Table, Column, Type string
	NotNull, Held       bool
}

// shapes lists the columns of schema $1, and which of them schema $2 has with the same type.
const shapes = `
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, exists (
  select from pg_attribute b join pg_class d on d.oid = b.attrelid join pg_namespace m on m.oid = d.relnamespace
  where m.nspname = $2 and d.relname = c.relname and d.relkind = 'r' and b.attname = a.attname and b.atttypid = a.atttypid and b.attnum > 0 and not b.attisdropped)
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
order by c.relname, a.attnum`

// standIn makes the schema that queries of a new version read until its tables are filled: SQL views of the new shape over the tables of
// the version that serves. A column that those have not, or with another type, is null or of its type's zero; a table that is new is empty.
func standIn(ctx context.Context, tx pgx.Tx, front, filling, serving string) error {
	rows, err := tx.Query(ctx, shapes, filling, serving)
	if err != nil {
		return fmt.Errorf("read a view's shape: %w", err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[shape])
	if err != nil {
		return fmt.Errorf("read a view's shape: %w", err)
	}
	name := pgx.Identifier{front}.Sanitize()
	statements := []string{"drop schema if exists " + name + " cascade", "create schema " + name}
	for len(columns) > 0 {
		n := 1
		for n < len(columns) && columns[n].Table == columns[0].Table {
			n++
		}
		statements = append(statements, standInTable(front, serving, columns[:n]))
		columns = columns[n:]
	}
	if _, err := tx.Exec(ctx, strings.Join(statements, ";\n")); err != nil {
		return fmt.Errorf("stand in for a view: %w", err)
	}
	return nil
}

// standInTable is the statement that stands in for one table.
func standInTable(front, serving string, columns []shape) string {
	list, source := make([]string, len(columns)), ""
	for i, c := range columns {
		name := pgx.Identifier{c.Column}.Sanitize()
		if c.Held {
			list[i], source = name, " from "+pgx.Identifier{serving, c.Table}.Sanitize()
			continue
		}
		list[i] = filler(c) + " as " + name
	}
	if source == "" {
		source = " where false"
	}
	return "create view " + pgx.Identifier{front, columns[0].Table}.Sanitize() + " as select " + strings.Join(list, ", ") + source
}

// zeros are the values that stand for a column that may not be null, by type; others are null.
var zeros = map[string]string{
	"text": "''", "character varying": "''", "smallint": "0", "integer": "0", "bigint": "0", "numeric": "0", "real": "0", "double precision": "0",
	"boolean": "false", "uuid": "'00000000-0000-0000-0000-000000000000'", "bytea": "''", "jsonb": "'null'",
	"timestamp with time zone": "'epoch'", "date": "'epoch'",
}

func filler(c shape) string {
	zero, ok := zeros[c.Type]
	switch {
	case !c.NotNull || !ok && !strings.HasSuffix(c.Type, "[]"):
		zero = "null"
	case !ok:
		zero = "'{}'"
	}
	return zero + "::" + c.Type
}
