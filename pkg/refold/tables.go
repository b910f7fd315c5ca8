package refold

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
)

// enough is how many differences of a table are told.
const enough = 100

// table is a table of a view.
type table struct {
	name    string
	key     []string // columns of the primary key
	ofCases bool     // has a district and a case_id
}

// compareTables compares each view's tables with those of the fresh fold.
func (c *comparison) compareTables(ctx context.Context, cases []eventstore.Case) error {
	if _, err := c.tx.Exec(ctx, "set local search_path to default; set local enable_seqscan to default"); err != nil {
		return err
	}
	for _, v := range c.views {
		tables, err := c.tables(ctx, v)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if cases != nil && !t.ofCases {
				continue
			}
			if err := c.compareTable(ctx, v, t, cases); err != nil {
				return fmt.Errorf("compare %s of %s: %w", t.name, v.Name(), err)
			}
		}
	}
	return nil
}

// tables are what a view consists of.
func (c *comparison) tables(ctx context.Context, v projection.View) ([]table, error) {
	rows, err := c.tx.Query(ctx, `select c.relname,
		array(select a.attname::text from pg_index i join unnest(i.indkey::int[]) with ordinality k(attnum, place) on true
			join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum where i.indrelid = c.oid and i.indisprimary order by k.place),
		(select count(*) = 2 from pg_attribute a where a.attrelid = c.oid and a.attname in ('district', 'case_id'))
		from pg_class c where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`, scratch(v))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t table, err error) {
		err = row.Scan(&t.name, &t.key, &t.ofCases)
		return t, err
	})
}

// compareTable counts the view's rows and tells which differ.
func (c *comparison) compareTable(ctx context.Context, v projection.View, t table, cases []eventstore.Case) error {
	ours, fresh := pgx.Identifier{projection.Schema(v), t.name}.Sanitize(), pgx.Identifier{scratch(v), t.name}.Sanitize()
	where, args := "", []any(nil)
	if cases != nil {
		names := make([]string, len(cases))
		for i, k := range cases {
			names[i] = k.District + "/" + k.ID
		}
		where, args = " where district || '/' || case_id::text = any($1)", []any{names}
	}
	var n uint64
	if err := c.tx.QueryRow(ctx, "select count(*) from "+ours+where, args...).Scan(&n); err != nil {
		return err
	}
	c.report.Rows += n
	rows, err := c.tx.Query(ctx, fmt.Sprintf(`select to_jsonb(o), to_jsonb(f) from (select * from %s%s) o full join (select * from %s%s) f using (%s)
		where to_jsonb(o) is distinct from to_jsonb(f) limit %d`, ours, where, fresh, where, quoted(t.key), enough), args...)
	if err != nil {
		return err
	}
	var o, f map[string]any
	_, err = pgx.ForEachRow(rows, []any{&o, &f}, func() error {
		c.differ(difference(projection.Schema(v), t, o, f))
		o, f = nil, nil
		return nil
	})
	return err
}

// difference tells how a row and the fresh one differ, without their values.
func difference(view string, t table, ours, fresh map[string]any) Difference {
	row, what := ours, "a fresh fold has no such row"
	switch {
	case ours == nil:
		row, what = fresh, "the row is missing"
	case fresh != nil:
		what = "not what a fresh fold says: " + strings.Join(columns(ours, fresh), ", ")
	}
	var key []string
	for _, name := range t.key {
		key = append(key, fmt.Sprintf("%s %v", name, row[name]))
	}
	d := Difference{View: view}
	if t.ofCases {
		d.District, d.CaseID = fmt.Sprint(row["district"]), fmt.Sprint(row["case_id"])
	}
	d.Text = fmt.Sprintf("view %s, %s, %s: %s", view, t.name, strings.Join(key, ", "), what)
	return d
}

// columns are those in which two rows differ.
func columns(a, b map[string]any) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(name string) bool { return reflect.DeepEqual(a[name], b[name]) })
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, name := range names {
		q[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(q, ", ")
}
