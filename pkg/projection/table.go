package projection

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Column is a column of a view's table.
type Column[R any] struct {
	Name    string
	Type    string // of SQL, with its constraints
	Comment string
	Field   func(*R) any // a pointer to the row's field
}

// Table is a table of a view, described once: its columns make the DDL, the upsert and the reading.
type Table[R any] struct {
	Name    string
	Comment string
	Key     []string
	Columns []Column[R]
	Add     []string // columns to which a later row's value is added; others are replaced
	Extra   string   // further DDL, such as indexes

	upserts sync.Map // statements, by the table's full name
}

// Create returns the statements that make the table where it doesn't exist.
func (t *Table[R]) Create() string {
	var b strings.Builder
	fmt.Fprintf(&b, "create table if not exists %s (\n", t.Name)
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "  %s %s,\n", c.Name, c.Type)
	}
	fmt.Fprintf(&b, "  primary key (%s)\n);\n", strings.Join(t.Key, ", "))
	fmt.Fprintf(&b, "comment on table %s is '%s';\n", t.Name, strings.ReplaceAll(t.Comment, "'", "''"))
	for _, c := range t.Columns {
		if c.Comment != "" {
			fmt.Fprintf(&b, "comment on column %s.%s is '%s';\n", t.Name, c.Name, strings.ReplaceAll(c.Comment, "'", "''"))
		}
	}
	return b.String() + t.Extra
}

// Select returns the list of the columns as they are scanned.
func (t *Table[R]) Select() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
		if byText(base(c.Type)) {
			names[i] += "::text"
		}
	}
	return strings.Join(names, ", ")
}

// Fields returns pointers to a row's fields, in the order of Select.
func (t *Table[R]) Fields(row *R) []any {
	fields := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = c.Field(row)
	}
	return fields
}

// Scan reads one row that was selected by Select.
func (t *Table[R]) Scan(found pgx.CollectableRow) (row R, err error) {
	err = found.Scan(t.Fields(&row)...)
	return row, err
}

// Upsert asks to write rows in one statement. No two may have the same key.
func (t *Table[R]) Upsert(x *Exchange, rows []*R) {
	if len(rows) == 0 {
		return
	}
	args := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		args[i] = column(c, rows)
	}
	x.Queue(t.upsert(x.Table(t.Name)), args...)
}

// column gathers one field of all rows.
func column[R any](c Column[R], rows []*R) any {
	first := reflect.TypeOf(c.Field(rows[0])).Elem()
	values := reflect.MakeSlice(reflect.SliceOf(first), len(rows), len(rows))
	for i, row := range rows {
		values.Index(i).Set(reflect.ValueOf(c.Field(row)).Elem())
	}
	return values.Interface()
}

// upsert is the statement: the rows come as one array a column.
func (t *Table[R]) upsert(into string) string {
	if known, ok := t.upserts.Load(into); ok {
		return known.(string)
	}
	var names, arrays, casts, sets []string
	for i, c := range t.Columns {
		kind := base(c.Type)
		transfer := kind
		if byText(kind) {
			transfer = "text"
		}
		names = append(names, c.Name)
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, transfer))
		casts = append(casts, fmt.Sprintf("t.%s::%s", c.Name, kind))
		switch {
		case slices.Contains(t.Key, c.Name):
		case slices.Contains(t.Add, c.Name):
			sets = append(sets, fmt.Sprintf("%s = %s.%s + excluded.%s", c.Name, t.Name, c.Name, c.Name))
		default:
			sets = append(sets, fmt.Sprintf("%s = excluded.%s", c.Name, c.Name))
		}
	}
	list := strings.Join(names, ", ")
	statement := fmt.Sprintf("insert into %s (%s) select %s from unnest(%s) as t(%s) on conflict (%s) do update set %s", into, list, strings.Join(casts, ", "),
		strings.Join(arrays, ", "), list, strings.Join(t.Key, ", "), strings.Join(sets, ", "))
	t.upserts.Store(into, statement)
	return statement
}

// base is a column's type without its constraints.
func base(sqlType string) string {
	for _, cut := range []string{" not null", " default"} {
		sqlType, _, _ = strings.Cut(sqlType, cut)
	}
	return sqlType
}

// byText tells whether values of a type travel as text.
func byText(kind string) bool { return kind == "uuid" || kind == "jsonb" || kind == "tsvector" }
