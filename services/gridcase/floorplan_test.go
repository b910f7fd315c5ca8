package main_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/gridcase/gridcase/"
)

// folder is one entry of the floor plan: the folders of the house that a folder's files may import. A pure one reaches no clock, disk,
// wire, log or database. Tests are free. "pkg/readmodel/*" stands for every folder just below pkg/readmodel.
type folder struct {
	path, house string
	pure        bool
}

const (
	contract = " proto/gridcase/v1 pkg/fault "
	rules    = contract + " pkg/grid pkg/calendar pkg/catalog "
	wire     = " proto/gridcase/v1/gridcasev1connect pkg/api "
	infra    = " pkg/config pkg/heap pkg/telemetry pkg/webserver pkg/postgres pkg/natsd pkg/eventstore "
	views    = " pkg/projection pkg/readmodel pkg/readmodel/* "
)

// plan lists the folders from the ground up: each may import only what stands above its own line.
var plan = []folder{
	{"proto/gridcase/v1", "", true},
	{"proto/gridcase/v1/gridcasev1connect", "proto/gridcase/v1", false},

	{"pkg/fault", "", true},
	{"pkg/grid", contract, true},
	{"pkg/calendar", contract, true},
	{"pkg/catalog", contract, true},
	{"pkg/explain", contract + "pkg/calendar pkg/catalog", true},
	{"pkg/kpi", contract + "pkg/calendar", true},
	{"pkg/text", "", true},
	{"pkg/casework", rules, true},
	{"pkg/whatif", contract + "pkg/calendar pkg/catalog pkg/casework pkg/kpi", true},
	{"pkg/works", contract + "pkg/grid", true},
	{"pkg/evidence", contract, true},
	{"pkg/archive", contract + "pkg/evidence", false},
	{"pkg/archive/s3test", "", false},
	{"pkg/catalogfile", contract + "pkg/calendar pkg/catalog", false},
	{"pkg/worksfile", contract + "pkg/grid", false},
	{"pkg/parquetfile", contract, false},

	{"pkg/config", contract, false},
	{"pkg/heap", "", false},
	{"pkg/keyring", contract, false},
	{"pkg/telemetry", contract, false},
	{"pkg/webserver", contract, false},
	{"pkg/postgres", contract, false},
	{"pkg/postgres/pgtest", "pkg/postgres", false},
	{"pkg/natsd", contract, false},
	{"pkg/natsd/natscluster", "", false},
	{"pkg/natsd/natstest", "pkg/natsd pkg/natsd/natscluster", false},
	{"pkg/eventstore", contract, false},
	{"pkg/openapi", "", false},

	{"pkg/reference", rules + "pkg/eventstore", false},
	{"pkg/vault", contract + "pkg/postgres", false},
	{"pkg/access", contract + "pkg/grid pkg/reference", false},

	{"pkg/reference/referencetest", contract + "pkg/access pkg/eventstore pkg/reference", false},

	{"pkg/command", rules + "pkg/casework pkg/eventstore pkg/reference pkg/vault pkg/access", false},
	{"pkg/worklog", contract + "pkg/grid pkg/works pkg/eventstore pkg/reference pkg/access", false},
	{"pkg/programme", contract + "pkg/works pkg/eventstore", false},
	{"pkg/casesort", contract + "pkg/eventstore", false},
	{"pkg/projection", contract + "pkg/postgres pkg/eventstore pkg/casesort", false},
	{"pkg/readmodel", contract + "pkg/grid pkg/access pkg/postgres pkg/eventstore pkg/projection", false},
	{"pkg/readmodel/*", contract + "pkg/grid pkg/catalog pkg/kpi pkg/access pkg/postgres pkg/eventstore pkg/projection pkg/readmodel", false},
	{"pkg/live", contract + "pkg/grid pkg/access pkg/postgres pkg/eventstore pkg/reference pkg/projection pkg/readmodel pkg/readmodel/*", false},
	{"pkg/refold", contract + "pkg/eventstore pkg/projection", false},
	{"pkg/api", contract + "pkg/access", false},
	{"pkg/client", contract + "proto/gridcase/v1/gridcasev1connect", false},

	{"services/intake", rules + wire + "pkg/eventstore pkg/reference pkg/access pkg/command", false},
	{"services/dispatch", rules + wire + views + "pkg/works pkg/eventstore pkg/reference pkg/access pkg/command pkg/worklog pkg/programme", false},
	{"services/projector", contract + wire + views + "pkg/text pkg/postgres pkg/eventstore pkg/telemetry pkg/vault", false},
	{"services/notary", rules + wire + "pkg/casework pkg/evidence pkg/projection pkg/refold pkg/postgres pkg/eventstore pkg/access", false},
	{"services/query", rules + wire + views + "pkg/text pkg/postgres pkg/eventstore pkg/reference pkg/vault pkg/access pkg/explain pkg/kpi pkg/whatif pkg/openapi pkg/live", false},

	{"deploy/weibin", rules + "pkg/catalogfile", false},
	{"deploy/boston311", rules + "pkg/catalogfile", false},
	{"services/gridcase", rules + infra + wire + views + "pkg/catalogfile pkg/worksfile pkg/parquetfile pkg/reference pkg/vault pkg/access pkg/command pkg/worklog pkg/programme pkg/openapi pkg/client " +
		"pkg/archive pkg/evidence pkg/keyring pkg/live services/intake services/dispatch services/projector services/query services/notary deploy/weibin deploy/boston311", false},
	{"scripts/openapi", contract, false},
	{"scripts/benchmark", rules + views + "pkg/heap pkg/casework pkg/postgres pkg/natsd pkg/natsd/natscluster pkg/eventstore pkg/reference pkg/vault pkg/access pkg/command pkg/client services/projector", false},
}

const (
	everywhere = "everywhere"        // the pure folders too
	outside    = "outside the rules" // every folder that is not pure
	testsOnly  = "tests"             // no file of the product
)

// homes says which folders may import a third party's module. CONTRIBUTING.md says why each is here.
var homes = map[string]string{
	"github.com/klauspost/compress":                              "pkg/archive",
	"github.com/minio/minio-go/v7":                               "pkg/archive",
	"google.golang.org/protobuf":                                 everywhere,
	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go": "proto/gridcase/v1 pkg/api scripts/openapi",
	"buf.build/go/protovalidate":                                 "pkg/api",
	"connectrpc.com/connect/v2":                                  "proto/gridcase/v1/gridcasev1connect pkg/api pkg/client services/intake services/dispatch services/notary services/projector services/query services/gridcase",
	"github.com/nats-io/nats.go":                                 "pkg/eventstore pkg/natsd pkg/natsd/natstest scripts/benchmark",
	"github.com/nats-io/nats-server/v2":                          "pkg/natsd pkg/natsd/natscluster",
	"github.com/synadia-io/orbit.go/jetstreamext":                "pkg/eventstore scripts/benchmark",
	"github.com/jackc/pgx/v5":                                    "pkg/postgres pkg/postgres/pgtest pkg/projection pkg/refold pkg/readmodel pkg/readmodel/* pkg/vault scripts/benchmark",
	"github.com/pressly/goose/v3":                                "pkg/vault",
	"github.com/google/uuid":                                     "pkg/command pkg/worklog services/intake services/gridcase scripts/benchmark",
	"github.com/hashicorp/golang-lru/v2":                         "pkg/command",
	"github.com/paulmach/orb":                                    "pkg/grid",
	"github.com/tidwall/rtree":                                   "pkg/grid",
	"github.com/parquet-go/parquet-go":                           "pkg/parquetfile",
	"filippo.io/age":                                             "pkg/keyring",
	"github.com/xuri/excelize/v2":                                "pkg/catalogfile",
	"go.yaml.in/yaml/v3":                                         "pkg/catalogfile pkg/config",
	"github.com/alecthomas/kong":                                 "pkg/config services/gridcase",
	"github.com/prometheus/client_golang":                        "pkg/telemetry",
	"go.uber.org/zap":                                            outside,
	"golang.org/x/mod":                                           "pkg/evidence",
	"golang.org/x/sync":                                          outside,
	"golang.org/x/text":                                          "pkg/text",
	"github.com/johannesboyne/gofakes3":                          "pkg/archive/s3test",
	"github.com/hallgren/eventsourcing/core":                     "scripts/benchmark",
	"github.com/hallgren/eventsourcing/eventstore/sql":           "scripts/benchmark",
	"pgregory.net/rapid":                                         testsOnly,
	"github.com/google/go-cmp":                                   testsOnly,
	"github.com/pb33f/libopenapi":                                testsOnly,
}

// TestFloorPlan reads the files itself, not through go list, so that the test cache sees every file that it depends on.
func TestFloorPlan(t *testing.T) {
	seen := map[string]bool{}
	eachFile(t, func(file string, source []byte) {
		if home := lookUp(path.Dir(file)); home != nil {
			seen[home.path] = true
		}
		found, err := faults(file, source)
		if err != nil {
			t.Error(err)
		}
		for _, text := range found {
			t.Error(text)
		}
	})
	for _, f := range plan {
		if !seen[f.path] {
			t.Errorf("the floor plan has %s, where no Go file stands", f.path)
		}
	}
}

// TestFloorPlanGoesDownOnly reads the plan itself: who could import each other, or whom the house forbids to meet, would pass above.
func TestFloorPlanGoesDownOnly(t *testing.T) {
	for i, f := range plan {
		for _, target := range strings.Fields(f.house) {
			if at := slices.IndexFunc(plan, func(g folder) bool { return g.path == target }); at < 0 || at >= i {
				t.Errorf("%s may import %s, which doesn't stand below it", f.path, target)
			}
		}
	}
	never := map[string]string{
		"pkg/command":        "pkg/projection pkg/readmodel pkg/readmodel/queue",
		"pkg/projection":     "pkg/casework pkg/command pkg/vault",
		"pkg/readmodel":      "pkg/casework pkg/command pkg/vault",
		"pkg/readmodel/*":    "pkg/casework pkg/command pkg/vault pkg/readmodel/queue",
		"services/intake":    "services/dispatch services/projector services/query services/gridcase pkg/readmodel/queue",
		"services/dispatch":  "services/intake services/projector services/query services/gridcase",
		"services/projector": "services/intake services/dispatch services/query services/gridcase pkg/command",
		"services/query":     "services/intake services/dispatch services/projector services/gridcase pkg/command pkg/worklog pkg/casework",
		"services/notary":    "services/intake services/dispatch services/projector services/query services/gridcase pkg/command pkg/readmodel/queue",
		"services/gridcase":  "pkg/postgres/pgtest pkg/natsd/natstest pkg/natsd/natscluster pkg/archive/s3test",
	}
	for _, f := range plan {
		for _, target := range strings.Fields(never[f.path]) {
			if among(target, f.house) {
				t.Errorf("the floor plan lets %s import %s", f.path, target)
			}
		}
	}
}

// TestFloorPlanHasTeeth gives the check a file that breaks each rule.
func TestFloorPlanHasTeeth(t *testing.T) {
	for _, c := range []struct{ name, file, body, fault string }{
		{"the rules don't know the bus", "pkg/casework/close.go", `import "github.com/nats-io/nats.go"`, "must not import github.com/nats-io/nats.go"},
		{"the rules don't log", "pkg/casework/close.go", `import "go.uber.org/zap"`, "must not import go.uber.org/zap"},
		{"the rules don't wait", "pkg/grid/map.go", `import "context"`, "is pure and must not import context"},
		{"the rules open no file", "pkg/catalog/catalog.go", `import "os"`, "is pure and must not import os"},
		{"the rules call nobody", "pkg/calendar/calendar.go", `import "net/http"`, "is pure and must not import net/http"},
		{"the rules have no clock", "pkg/calendar/calendar.go", "import \"time\"\nvar now = time.Now()", "is pure and must not use time.Now"},
		{"an import by another name counts", "pkg/casework/close.go", `import bus "github.com/nats-io/nats.go/jetstream"`, "must not import github.com/nats-io/nats.go"},
		{"a rule imports no floor above it", "pkg/grid/map.go", `import "github.com/gridcase/gridcase/pkg/casework"`, "must not import pkg/casework"},
		{"a view doesn't decide", "pkg/readmodel/gridstatus/fold.go", `import "github.com/gridcase/gridcase/pkg/casework"`, "must not import pkg/casework"},
		{"a view doesn't write cases", "pkg/readmodel/gridstatus/fold.go", `import "github.com/gridcase/gridcase/pkg/command"`, "must not import pkg/command"},
		{"the write side reads no view", "pkg/command/writer.go", `import "github.com/gridcase/gridcase/pkg/readmodel/gridstatus"`, "must not import pkg/readmodel/gridstatus"},
		{"no service imports another", "services/intake/server.go", `import "github.com/gridcase/gridcase/services/query"`, "must not import services/query"},
		{"no package imports a service", "pkg/api/server.go", `import "github.com/gridcase/gridcase/services/query"`, "must not import services/query"},
		{"a test server is for tests", "services/gridcase/up.go", `import "github.com/gridcase/gridcase/pkg/postgres/pgtest"`, "must not import pkg/postgres/pgtest"},
		{"the database has its homes", "services/query/case.go", `import "github.com/jackc/pgx/v5/pgxpool"`, "must not import github.com/jackc/pgx/v5"},
		{"a test's library is for tests", "pkg/eventstore/append.go", `import "github.com/google/go-cmp/cmp"`, "whose home is: tests"},
		{"a third party needs a home", "pkg/eventstore/append.go", `import "example.org/left/pad"`, "example.org/left/pad, which has no home"},
		{"a folder is in the plan", "pkg/util/strings.go", "", "stands in no folder of the floor plan"},
		{"a folder below one in the plan is not", "pkg/casework/rules/close.go", "", "stands in no folder of the floor plan"},
		{"nor is the root", "main.go", "", "stands in no folder of the floor plan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := faults(c.file, []byte("package p\n"+c.body))
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || !strings.Contains(found[0], c.fault) {
				t.Errorf("%q, want one that says %q", found, c.fault)
			}
		})
	}
	t.Run("what the plan allows passes", func(t *testing.T) {
		found, err := faults("services/gridcase/main.go", []byte("package main\nimport (\n\"os\"\n\"time\"\n\"github.com/gridcase/gridcase/services/query\"\n)\nvar now = time.Now()"))
		if err != nil || len(found) > 0 {
			t.Errorf("%q, %v", found, err)
		}
	})
}

// TestFloorPlanHousesEveryThirdParty holds go.mod, the homes and the table of CONTRIBUTING.md to each other.
func TestFloorPlanHousesEveryThirdParty(t *testing.T) {
	direct := directRequirements(t)
	reasons, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range direct {
		if homes[m] == "" {
			t.Errorf("go.mod requires %s, which has no home in the floor plan", m)
		}
	}
	for m, where := range homes {
		if !strings.Contains(string(reasons), m+" ") {
			t.Errorf("CONTRIBUTING.md doesn't say why %s is here", m)
		}
		if !slices.Contains(direct, m) {
			t.Errorf("the floor plan has a home for %s, which go.mod doesn't require directly", m)
		}
		for _, dir := range strings.Fields(where) {
			if where != everywhere && where != outside && where != testsOnly && !slices.ContainsFunc(plan, func(f folder) bool { return f.path == dir }) {
				t.Errorf("%s has its home in %s, which is not in the floor plan", m, dir)
			}
		}
	}
}

// directRequirements returns the modules that go.mod requires without the mark of an indirect one.
func directRequirements(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) == 2 && strings.HasPrefix(fields[1], "v") {
			direct = append(direct, fields[0])
		}
	}
	return direct
}

// TestTopLevel keeps the root of the repository at the names that it was given.
func TestTopLevel(t *testing.T) {
	want := strings.Fields("CONTRIBUTING.md LICENSE README.md deploy go.mod go.sum pkg proto scripts services")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && name != "bin" { // bin is what scripts/build leaves; git ignores it
			got = append(got, name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the top level holds %q, want %q", got, want)
	}
}
