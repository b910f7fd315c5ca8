package projection

import (
	"database/sql/driver"
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
	Spare   int      // percent of a new page that stays free for updates: one that finds room there and changes no column of any index touches none
	Edited  bool     // others than the fold change its rows too: they are read anew for each batch

	statements sync.Map // by statementKey
}

// Create returns the statements that make the table where it doesn't exist.
func (t *Table[R]) Create() string {
	var b strings.Builder
	fmt.Fprintf(&b, "create table if not exists %s (\n", t.Name)
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "  %s %s,\n", c.Name, c.Type)
	}
	fmt.Fprintf(&b, "  primary key (%s)\n) with (fillfactor = %d);\n", strings.Join(t.Key, ", "), 100-t.Spare)
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

// Only returns the table with the named ones of its columns, for queries that need no others. A name that no column has is a fault of the
// program: it panics.
func (t *Table[R]) Only(names ...string) *Table[R] {
	some := &Table[R]{Name: t.Name, Comment: t.Comment, Columns: make([]Column[R], len(names))}
	for i, name := range names {
		at := slices.IndexFunc(t.Columns, func(c Column[R]) bool { return c.Name == name })
		if at < 0 {
			panic(fmt.Sprintf("projection: table %s has no column %s", t.Name, name))
		}
		some.Columns[i] = t.Columns[at]
	}
	return some
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

// Upsert asks to write rows in one statement. No two may have the same key. Among cases that begin, those that are not added to are not there.
func (t *Table[R]) Upsert(x *Exchange, rows []*R) {
	if len(rows) == 0 {
		return
	}
	args := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		args[i] = column(c, rows)
	}
	x.Queue(t.statement(statementKey{x.Table(t.Name), !x.begins || len(t.Add) > 0}), args...)
}

// column gathers one field of all rows.
func column[R any](c Column[R], rows []*R) any {
	if empty, ok := empty(c); ok {
		return texts(c, rows, empty)
	}
	first := reflect.TypeOf(c.Field(rows[0])).Elem()
	values := reflect.MakeSlice(reflect.SliceOf(first), len(rows), len(rows))
	for i, row := range rows {
		values.Index(i).Set(reflect.ValueOf(c.Field(row)).Elem())
	}
	return values.Interface()
}

// empty is what a column of values that make themselves text holds where they are empty, if it is one.
func empty[R any](c Column[R]) (text string, ok bool) {
	v, ok := c.Field(new(R)).(driver.Valuer)
	if !ok {
		return "", false
	}
	value, err := v.Value()
	text, ok = value.(string)
	return text, ok && err == nil
}

// texts gathers one field of all rows as the text that it makes of itself, null where it is the empty one, which the statement knows: most are,
// and neither side has to read it.
func texts[R any](c Column[R], rows []*R, empty string) []*string {
	values := make([]*string, len(rows))
	for i, row := range rows {
		value, err := c.Field(row).(driver.Valuer).Value()
		if err != nil {
			panic(fmt.Errorf("write %s: %w", c.Name, err)) // the view's: it can't go on with the case
		}
		if text := value.(string); text != empty {
			values[i] = &text
		}
	}
	return values
}

// statementKey tells the statements of a table apart: into which one, and whether rows may be there.
type statementKey struct {
	into   string
	upsert bool
}

// statement writes rows, which come as one array a column. To look for rows that are there costs a third of it.
func (t *Table[R]) statement(k statementKey) string {
	if known, ok := t.statements.Load(k); ok {
		return known.(string)
	}
	var names, arrays, casts []string
	for i, c := range t.Columns {
		kind := base(c.Type)
		transfer := kind
		if byText(kind) {
			transfer = "text"
		}
		names = append(names, c.Name)
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, transfer))
		casts = append(casts, cast(c, kind))
	}
	list := strings.Join(names, ", ")
	statement := fmt.Sprintf("insert into %s (%s) select %s from unnest(%s) as t(%s)", k.into, list, strings.Join(casts, ", "), strings.Join(arrays, ", "), list)
	if k.upsert {
		statement += fmt.Sprintf(" on conflict (%s) do update set %s", strings.Join(t.Key, ", "), t.sets())
	}
	t.statements.Store(k, statement)
	return statement
}

// cast is a column's value as it was sent, of the column's type.
func cast[R any](c Column[R], kind string) string {
	if empty, ok := empty(c); ok {
		return fmt.Sprintf("coalesce(t.%s::%s, '%s')", c.Name, kind, empty)
	}
	return fmt.Sprintf("t.%s::%s", c.Name, kind)
}

// sets are what becomes of a row that is there.
func (t *Table[R]) sets() string {
	var sets []string
	for _, c := range t.Columns {
		switch {
		case slices.Contains(t.Key, c.Name):
		case slices.Contains(t.Add, c.Name):
			sets = append(sets, fmt.Sprintf("%s = %s.%s + excluded.%s", c.Name, t.Name, c.Name, c.Name))
		default:
			sets = append(sets, fmt.Sprintf("%s = excluded.%s", c.Name, c.Name))
		}
	}
	return strings.Join(sets, ", ")
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
