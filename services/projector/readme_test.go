package projector_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/gridcase/gridcase/proto/gridcase/v1" // the contract's services

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/services/projector"
)

// TestTheTableOfViewsIsTheCodes holds pkg/readmodel/README.md to the views: a row each, in their order, with its question and its tables, and
// procedures that the contract has.
func TestTheTableOfViewsIsTheCodes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(home, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `.*$").FindAllString(string(text), -1)
	views, procedures := projector.Views(nil), procedures()
	if len(rows) != len(views) {
		t.Fatalf("%d rows, %d views", len(rows), len(views))
	}
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		name := strings.Trim(cells[0], "| `")
		tables, known := tablesOf(views, name)
		if !known || len(cells) != 5 {
			t.Errorf("no view's row: %s", row)
			continue
		}
		if doc := packageDoc(t, filepath.Join(home, name)); !strings.Contains(strings.ToLower(doc), strings.ToLower(cells[1])) {
			t.Errorf("%s does not answer %q", name, cells[1])
		}
		if got := quoted.FindAllString(cells[2], -1); len(got) != len(tables) {
			t.Errorf("%s has the tables %v, not %v", name, tables, got)
		}
		for _, table := range tables {
			if !strings.Contains(cells[2], "`"+table+"`") {
				t.Errorf("%s: %s is not named", name, table)
			}
		}
		for _, p := range quoted.FindAllString(cells[3], -1) {
			if p = strings.Trim(p, "`"); p != "as_of" && !procedures[p] {
				t.Errorf("%s: the contract has no procedure %s", name, p)
			}
		}
	}
}

var quoted = regexp.MustCompile("`[^`]+`")

// tablesOf are the names of a view's tables.
func tablesOf(views []projection.View, name string) (tables []string, known bool) {
	for _, v := range views {
		if v.Name() != name {
			continue
		}
		for _, m := range regexp.MustCompile(`create table if not exists (\w+)`).FindAllStringSubmatch(v.Tables(), -1) {
			tables = append(tables, m[1])
		}
		return tables, true
	}
	return nil, false
}

// procedures are the names of all procedures of the contract.
func procedures() map[string]bool {
	names := map[string]bool{}
	protoregistry.GlobalFiles.RangeFilesByPackage("gridcase.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				names[string(f.Services().Get(i).Methods().Get(j).Name())] = true
			}
		}
		return true
	})
	return names
}
