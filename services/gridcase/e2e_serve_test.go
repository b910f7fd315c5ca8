package main_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/vault"
)

// TestTheMainJobEndToEndInSeparateProcesses: commands, two projectors and queries as processes of their own, against an external log of
// three nodes and an external database. Killing either projector leaves the views exact.
func TestTheMainJobEndToEndInSeparateProcesses(t *testing.T) {
	t.Parallel()
	cluster, dsn, data := natstest.Cluster(t), pgtest.New(t), dataDir(t)
	outside := []string{"--data", data, "--nats-url", cluster.ClientURL(), "--postgres-url", dsn, "--replicas", "3"}
	serve := func(services ...string) *running {
		return start(t, append(append([]string{"serve"}, services...), outside...)...)
	}
	commands := serve("intake", "dispatch")
	projectors := [2]*running{serve("projector"), serve("projector")}
	queries := serve("query")
	if spare := queries.threads(t) - commands.threads(t); spare != 4 && os.Getenv("GOMAXPROCS") == "" {
		t.Errorf("a process that takes no commands runs on %d threads more than one that does", spare)
	}
	c := city{"http://" + commands.api, "http://" + queries.api}
	c.open(t)
	keepsSecrets(t, c, wholeWay(t, c))
	for i := range projectors {
		projectors[i].stop(t, syscall.SIGKILL)
		wholeWay(t, c) // its queries wait until the other one has taken over
		wholeWay(t, c)
		projectors[i] = serve("projector")
	}
	c.counts(t, 5)
	fresh := pgtest.New(t)
	copyVault(t, data, dsn, fresh)
	again := start(t, "serve", "projector", "--data", data, "--nats-url", cluster.ClientURL(), "--postgres-url", fresh, "--replicas", "3")
	last := c.logEnd(t)
	awaitPosition(t, fresh, last)
	again.stop(t, syscall.SIGTERM)
	if got, want := dumpViews(t, dsn), dumpViews(t, fresh); got != want {
		t.Errorf("the views differ from a fresh fold of the log\ngot:\n%s\nwant:\n%s", got, want)
	}
}

// threads is on how many threads a process runs Go code, as its metrics tell.
func (r *running) threads(t *testing.T) (n int) {
	t.Helper()
	answer, err := http.Get("http://" + r.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // it is only read
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "go_sched_gomaxprocs_threads %d", &n); err == nil {
			return n
		}
	}
	t.Fatal("the metrics do not tell go_sched_gomaxprocs_threads")
	return 0
}

// copyVault brings what can't be folded from the log into another database, as a restored backup does.
func copyVault(t *testing.T, data, from, to string) {
	t.Helper()
	key, err := vault.LoadKey(filepath.Join(data, "vault.key"))
	if err != nil {
		t.Fatal(err)
	}
	pools := [2]*postgres.Pool{}
	for i, dsn := range []string{from, to} {
		if pools[i], err = postgres.Connect(t.Context(), dsn, postgres.PoolOptions{}); err != nil {
			t.Fatal(err)
		}
		defer pools[i].Close()
	}
	if err := vault.New(pools[1], key).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"vault.persons", "vault.values"} {
		var rows string
		if err := pools[0].QueryRow(t.Context(), "select jsonb_agg(to_jsonb(r))::text from "+table+" r").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if _, err := pools[1].Exec(t.Context(), "insert into "+table+" select * from jsonb_populate_recordset(null::"+table+", $1::text::jsonb)", rows); err != nil {
			t.Fatal(err)
		}
	}
}

// logEnd is the last sequence of the test district's log of this year.
func (c city) logEnd(t *testing.T) uint64 {
	t.Helper()
	return c.readLog(t, 1, 1).GetLast()
}

// readLog reads the test district's log of this year, again while it is not to be had.
func (c city) readLog(t *testing.T, from uint64, limit uint32) *gridcasev1.ReadLogResponse {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(50 * time.Millisecond) {
		answer, err := c.as("operator").Query.ReadLog(t.Context(), &gridcasev1.ReadLogRequest{District: referencetest.District, From: from, Limit: limit})
		if err == nil {
			return answer
		}
		if f := client.Fault(err); f.Kind != fault.Unavailable || time.Now().After(deadline) {
			t.Fatal(f)
		}
	}
}

// awaitPosition waits until the views of a database hold a sequence.
func awaitPosition(t *testing.T, dsn string, seq uint64) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(20 * time.Millisecond) {
		at, err := viewsAt(dsn)
		if err == nil && at >= seq {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the views are at %d (%v), the log ends at %d", at, err, seq)
		}
	}
}

// viewsAt is the sequence that every view of a database holds. The database may be about to come up, and the table may not be there yet.
func viewsAt(dsn string) (seq uint64, err error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `select coalesce(min(seq), 0) from projection.checkpoints`).Scan(&seq)
	return seq, err
}

// dumpViews is every row of every view, in a fixed order.
func dumpViews(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var b strings.Builder
	found, err := conn.Query(context.Background(), `select schemaname || '.' || tablename from pg_tables where schemaname ~ '_v[0-9]+$' order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || len(tables) == 0 {
		t.Fatalf("the views' tables are %v (%v)", tables, err)
	}
	for _, table := range tables {
		rows, err := conn.Query(context.Background(), "select t::text from "+table+" t order by 1")
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s: %d rows\n%s\n", table, len(lines), strings.Join(lines, "\n"))
	}
	return b.String()
}
