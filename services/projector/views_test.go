package projector_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/services/projector"
)

// home is where the views are.
const home = "../../pkg/readmodel"

func TestEveryFolderOfAViewIsInTheListAndBeginsWithItsQuestion(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, v := range projector.Views(nil) {
		listed[v.Name()] = true
	}
	entries, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "testdata" {
			continue
		}
		folders++
		if !listed[e.Name()] {
			t.Errorf("%s is in no list of views", e.Name())
		}
		doc := packageDoc(t, filepath.Join(home, e.Name()))
		first, _, asks := strings.Cut(doc, "?")
		if !asks || !strings.HasPrefix(first, "Package "+e.Name()+" answers one question: ") {
			t.Errorf("%s begins with %q, not with the question that it answers", e.Name(), first)
		}
	}
	if folders != len(listed) {
		t.Errorf("%d folders, %d views", folders, len(listed))
	}
}

// packageDoc is the package's comment, in one line.
func packageDoc(t *testing.T, dir string) string {
	t.Helper()
	doc := ""
	eachSource(t, dir, func(_ string, f *ast.File) {
		if f.Doc != nil {
			doc += strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
	})
	return doc
}

// eachSource parses every file of a folder and those below it that is no test.
func eachSource(t *testing.T, dir string, visit func(name string, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err == nil {
			visit(name, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoQueryOfAViewCountsItsWayToAPage(t *testing.T) {
	t.Parallel()
	skips := regexp.MustCompile(`(?i)\boffset\b`)
	queries := 0
	eachSource(t, home, func(name string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if strings.Contains(text.Value, "select") {
					queries++
				}
				if skips.MatchString(text.Value) {
					t.Errorf("%s: %s", name, text.Value)
				}
			}
			return true
		})
	})
	if queries < 15 {
		t.Errorf("only %d queries were looked at", queries)
	}
}

func TestEveryTableAndColumnOfAViewHasAComment(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	for _, v := range projector.Views(nil) {
		schema := projection.Schema(v)
		if _, err := pool.Exec(t.Context(), "begin; create schema "+schema+"; set local search_path to "+schema+"; "+v.Tables()+"; commit"); err != nil {
			t.Fatal(err)
		}
		found, err := pool.Query(t.Context(), `select c.relname || coalesce('.' || a.attname, ''), coalesce(d.description, '')
			from pg_class c left join lateral (select attname, attnum from pg_attribute where attrelid = c.oid and attnum > 0 union all select null, 0) a on true
			left join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
			where c.relnamespace = $1::text::regnamespace and c.relkind = 'r'`, schema)
		if err != nil {
			t.Fatal(err)
		}
		var what, comment string
		n := 0
		if _, err := pgx.ForEachRow(found, []any{&what, &comment}, func() error {
			if n++; comment == "" {
				t.Errorf("%s.%s has no comment", schema, what)
			}
			return nil
		}); err != nil || n < 4 {
			t.Errorf("%s: %d tables and columns, %v", schema, n, err)
		}
	}
}
