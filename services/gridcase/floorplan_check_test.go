package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// outerWorld is what a pure folder may not import; clockwork what it may not use of package time.
var (
	outerWorld = strings.Fields("context crypto/rand database io/fs log math/rand net os path/filepath runtime syscall testing")
	clockwork  = strings.Fields("After AfterFunc NewTicker NewTimer Now Since Sleep Tick Until")
)

// faults returns what the file at a path of the module does against the plan.
func faults(file string, source []byte) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	home := lookUp(path.Dir(file))
	if home == nil {
		return []string{file + ": stands in no folder of the floor plan"}, nil
	}
	var found []string
	for _, imported := range f.Imports {
		if text := home.refuses(strings.Trim(imported.Path.Value, `"`)); text != "" {
			found = append(found, file+": "+text)
		}
	}
	if home.pure {
		clocks, err := clocksIn(file, source)
		return append(found, clocks...), err
	}
	return found, nil
}

// lookUp returns the plan's entry for a folder, nil where there is none.
func lookUp(dir string) *folder {
	for i := range plan {
		if matches(plan[i].path, dir) {
			return &plan[i]
		}
	}
	return nil
}

func matches(pattern, dir string) bool {
	ok, err := path.Match(pattern, dir)
	return err == nil && ok
}

// among tells whether one of the patterns is dir's.
func among(dir, patterns string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool { return matches(p, dir) })
}

// refuses says why a folder may not import a package; empty where it may.
func (f *folder) refuses(imported string) string {
	if target, ours := strings.CutPrefix(imported, module); ours {
		if !among(target, f.house) {
			return "must not import " + target
		}
		return ""
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		if f.pure && slices.ContainsFunc(outerWorld, func(p string) bool { return within(imported, p) }) {
			return "is pure and must not import " + imported
		}
		return ""
	}
	for third, where := range homes {
		if within(imported, third) {
			return f.refusesThird(third, where)
		}
	}
	return "imports " + imported + ", which has no home"
}

func (f *folder) refusesThird(third, where string) string {
	allowed := where == everywhere || where == outside && !f.pure || among(f.path, where) || slices.Contains(strings.Fields(where), f.path)
	if allowed {
		return ""
	}
	return fmt.Sprintf("must not import %s, whose home is: %s", third, where)
}

func within(imported, parent string) bool {
	return imported == parent || strings.HasPrefix(imported, parent+"/")
}

// clocksIn finds where a pure file asks for the time.
func clocksIn(file string, source []byte) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clockwork, s.Sel.Name) {
			found = append(found, file+": is pure and must not use time."+s.Sel.Name)
		}
		return true
	})
	return found, nil
}

// eachFile calls visit with every Go file of the product, its path from the module's root on.
func eachFile(t *testing.T, visit func(file string, source []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || rel == "bin" || rel != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel), source)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
