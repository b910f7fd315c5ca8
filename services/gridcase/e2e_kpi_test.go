package main_test

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// figures are the figures of a year of days around now, by every kind of group.
func (c city) figures(t *testing.T) []*gridcasev1.KpiGroup {
	t.Helper()
	var all []*gridcasev1.KpiGroup
	for _, by := range []string{"", "department", "grid", "worker", "position"} {
		answer, err := c.as("supervisor").Query.GetKpis(t.Context(), &gridcasev1.GetKpisRequest{By: by, From: timestamppb.New(time.Now().Add(-24 * time.Hour)), To: timestamppb.New(time.Now().Add(24 * time.Hour))})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		if len(answer.GetGroups()) == 0 {
			t.Fatalf("no figures by %q", by)
		}
		all = append(all, answer.GetGroups()...)
	}
	return all
}

// TestAFigureIsTheSameAfterARebuildOfAllViews: figures come from the log alone.
func TestAFigureIsTheSameAfterARebuildOfAllViews(t *testing.T) {
	t.Parallel()
	data, dsn := dataDir(t), pgtest.New(t)
	r := start(t, "up", "--data", data, "--postgres-url", dsn)
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	var last string
	for range 3 {
		last = wholeWay(t, c)
	}
	before := c.figures(t)
	r.stop(t, syscall.SIGTERM)
	dropViews(t, dsn)
	r = start(t, "up", "--data", data, "--postgres-url", dsn)
	c = city{"http://" + r.api, "http://" + r.api}
	c.awaitCase(t, last, 14)
	c.counts(t, 3)
	if diff := cmp.Diff(before, c.figures(t), protocmp.Transform()); diff != "" {
		t.Errorf("figures (-before +after the rebuild):\n%s", diff)
	}
	tellsOwn(t, c)
	today := time.Now().UTC()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), path, "kpi", "--url", c.queries, "--token", referencetest.Token("supervisor"), "--by", "department",
		"--from", today.AddDate(0, 0, -2).Format(time.DateOnly), "--to", today.AddDate(0, 0, 2).Format(time.DateOnly))
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "department roads: mark 100.0, grade A") || !strings.Contains(string(out), "handle_on_time") {
		t.Errorf("%v\n%s", err, out)
	}
}

// tellsOwn checks that a department sees its own figures and no others.
func tellsOwn(t *testing.T, c city) {
	t.Helper()
	q := &gridcasev1.GetKpisRequest{By: "department", From: timestamppb.New(time.Now().Add(-24 * time.Hour)), To: timestamppb.New(time.Now().Add(24 * time.Hour))}
	answer, err := c.as("roads-manager").Query.GetKpis(t.Context(), q)
	if err != nil || len(answer.GetGroups()) != 1 || answer.GetGroups()[0].GetId() != "roads" {
		t.Errorf("the department roads sees %v (%v)", answer.GetGroups(), err)
	}
	q.By = "worker"
	if _, err := c.as("roads-manager").Query.GetKpis(t.Context(), q); client.Fault(err).Kind != fault.Denied {
		t.Errorf("a department asks for the workers' figures: %v, want denied", err)
	}
	q.To = q.GetFrom()
	if _, err := c.as("supervisor").Query.GetKpis(t.Context(), q); client.Fault(err).Code != "kpi.period" {
		t.Errorf("an empty period: %v, want kpi.period", err)
	}
}

// dropViews removes everything that is made of the log.
func dropViews(t *testing.T, dsn string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	found, err := conn.Query(ctx, `select nspname from pg_namespace where nspname ~ '_v[0-9]+$' or nspname = 'projection'`)
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || len(schemas) < 2 {
		t.Fatalf("schemas %v (%v)", schemas, err)
	}
	for _, schema := range schemas {
		if _, err := conn.Exec(ctx, "drop schema "+schema+" cascade"); err != nil {
			t.Fatal(err)
		}
	}
}
