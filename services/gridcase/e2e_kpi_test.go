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

	"github.com/gridcase/gridcase/deploy/boston311"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// around asks for the figures of the day before now and the day after.
func around(by string) *gridcasev1.GetKpisRequest {
	return &gridcasev1.GetKpisRequest{By: by, From: timestamppb.New(time.Now().Add(-24 * time.Hour)), To: timestamppb.New(time.Now().Add(24 * time.Hour))}
}

// figures are the figures of the days around now, by every kind of group.
func (c city) figures(t *testing.T) []*gridcasev1.KpiGroup {
	t.Helper()
	var all []*gridcasev1.KpiGroup
	for _, by := range []string{"", "department", "grid", "community", "street", "worker", "position"} {
		answer, err := c.as("supervisor").Query.GetKpis(t.Context(), around(by))
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

// sameFromTheLog compares the figures that the view gives with those of the whole log, which is read while the view's table is hidden.
func (r *running) sameFromTheLog(t *testing.T, dsn string, figures func() []*gridcasev1.KpiGroup) {
	t.Helper()
	const told = "figures are computed from the log"
	quick := figures()
	if strings.Contains(r.output.String(), told) {
		t.Error("the view gave no figures")
	}
	schema := projection.Schema(kpifacts.View{})
	alter(t, dsn, "alter table "+schema+".cases rename to hidden")
	whole := figures()
	alter(t, dsn, "alter table "+schema+".hidden rename to cases")
	if !strings.Contains(r.output.String(), told) {
		t.Error("the log gave no figures")
	}
	if diff := cmp.Diff(whole, quick, protocmp.Transform()); diff != "" {
		t.Errorf("figures (-log +view):\n%s", diff)
	}
}

func alter(t *testing.T, dsn, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestAFigureIsTheSameAfterARebuildOfAllViews, and from its view it is the same as from the whole log.
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
	r.sameFromTheLog(t, dsn, func() []*gridcasev1.KpiGroup { return c.figures(t) })
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
	refusesPeriods(t, c)
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
	namesPeriods(t, c, path)
}

// namesPeriods checks that a period may be given by its name, which stands alone.
func namesPeriods(t *testing.T, c city, path string) {
	t.Helper()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--from", "this-year"}, "handle_on_time"},
		{[]string{"--from", "last-year"}, "district " + referencetest.District + ", from "},
		{[]string{"--from", "last-week", "--to", "2026-11-01"}, "--from last-week is a whole period: leave --to out"},
		{[]string{"--from", "2026-11-01"}, "--to is missing"},
		{[]string{"--from", "next-week", "--to", "2026-11-01"}, "from_day"},
	} {
		out, _ := exec.CommandContext(t.Context(), path, append([]string{"kpi", "--url", c.queries, "--token", referencetest.Token("supervisor")}, tt.args...)...).CombinedOutput() // some are refused
		if !strings.Contains(string(out), tt.want) {
			t.Errorf("%v: the output doesn't say %q:\n%s", tt.args, tt.want, out)
		}
	}
}

// tellsOwn checks that who does not see the whole district sees the own figures and no others.
func tellsOwn(t *testing.T, c city) {
	t.Helper()
	for _, tt := range []struct{ user, by, group, other string }{
		{"roads-manager", "department", "roads", "worker"},
		{"roads-handler", "department", "roads", ""},
		{"worker-1", "worker", referencetest.UserID("worker-1"), "department"},
	} {
		answer, err := c.as(tt.user).Query.GetKpis(t.Context(), around(tt.by))
		if err != nil || len(answer.GetGroups()) != 1 || answer.GetGroups()[0].GetId() != tt.group {
			t.Errorf("%s sees %v (%v)", tt.user, answer.GetGroups(), err)
		}
		if _, err := c.as(tt.user).Query.GetKpis(t.Context(), around(tt.other)); client.Fault(err).Code != "kpi.scope" {
			t.Errorf("%s asks for figures by %q: %v, want kpi.scope", tt.user, tt.other, err)
		}
	}
}

// refusesPeriods checks what makes no period, and which definitions there are.
func refusesPeriods(t *testing.T, c city) {
	t.Helper()
	now := time.Now()
	for _, tt := range []struct {
		what, code string
		q          *gridcasev1.GetKpisRequest
	}{
		{"no period", "kpi.period", &gridcasev1.GetKpisRequest{}},
		{"an end before the beginning", "kpi.period", &gridcasev1.GetKpisRequest{From: timestamppb.New(now), To: timestamppb.New(now)}},
		{"more than 400 days", "kpi.period", &gridcasev1.GetKpisRequest{From: timestamppb.New(now), To: timestamppb.New(now.Add(401 * 24 * time.Hour))}},
		{"an end alone", "kpi.period", &gridcasev1.GetKpisRequest{To: timestamppb.New(now)}},
		{"a day that is none", "kpi.period", &gridcasev1.GetKpisRequest{FromDay: "2026-11-01", ToDay: "2026-11-31"}},
		{"times and days", "kpi.period", &gridcasev1.GetKpisRequest{FromDay: "2026-11-01", ToDay: "2026-12-01", From: timestamppb.New(now)}},
		{"a name and days", "kpi.period", &gridcasev1.GetKpisRequest{Period: "last-week", FromDay: "2026-11-01", ToDay: "2026-12-01"}},
		{"definitions of a later day", "kpi.definitions", &gridcasev1.GetKpisRequest{FromDay: "2026-11-01", ToDay: "2026-12-01", Definitions: 3}},
	} {
		if _, err := c.as("supervisor").Query.GetKpis(t.Context(), tt.q); client.Fault(err).Code != tt.code || client.Fault(err).Kind != fault.Invalid {
			t.Errorf("%s: %v, want %s", tt.what, err, tt.code)
		}
	}
}

// monthly are the figures of each month of the imported year, and of what had been left open until then.
func monthly(t *testing.T, c city) (all []*gridcasev1.KpiGroup) {
	t.Helper()
	for month := time.January; month <= time.December; month++ {
		first := time.Date(2022, month, 1, 0, 0, 0, 0, time.UTC)
		for _, by := range []string{"", "department", "grid"} {
			answer, err := c.as("operator").Query.GetKpis(t.Context(), &gridcasev1.GetKpisRequest{District: boston311.District, By: by,
				FromDay: first.Format(time.DateOnly), ToDay: first.AddDate(0, 1, 0).Format(time.DateOnly)})
			if err != nil {
				t.Fatal(client.Fault(err))
			}
			all = append(all, answer.GetGroups()...)
		}
	}
	return all
}

// cityFigures compares the figures of the imported year with the city's own column ontime: what was closed in time, and what was overdue,
// closed or open.
func cityFigures(t *testing.T, c city) {
	t.Helper()
	var closed, inTime, overdue, open float64
	for _, row := range readRows(t)[1:] { // case_enquiry_id, open_dt, target_dt, closed_dt, ontime, case_status, …
		switch {
		case row[5] == "Closed" && row[4] == "ONTIME":
			closed, inTime = closed+1, inTime+1
		case row[5] == "Closed":
			closed, overdue = closed+1, overdue+1
		case row[4] == "OVERDUE":
			open, overdue = open+1, overdue+1
		}
	}
	q := &gridcasev1.GetKpisRequest{District: boston311.District, By: "department", FromDay: "2022-01-01", ToDay: "2022-12-01"}
	answer, err := c.as("operator").Query.GetKpis(t.Context(), q)
	if err != nil || len(answer.GetGroups()) != 1 || answer.GetGroups()[0].GetId() != boston311.Department {
		t.Fatalf("the figures by department are %v (%v)", answer.GetGroups(), err)
	}
	got := map[string][2]float64{}
	for _, k := range answer.GetGroups()[0].GetKpis() {
		got[k.GetName()] = [2]float64{k.GetNumerator(), k.GetDenominator()}
	}
	due := inTime + overdue
	for name, want := range map[string][2]float64{"handle_rate": {closed, due}, "handle_on_time": {inTime, due}, "overdue_open_rate": {open, due}, "close_rate": {closed, due},
		"close_on_time": {inTime, due}, "first_time_right": {closed, closed}} {
		if got[name] != want {
			t.Errorf("%s is %v, the city's records say %v", name, got[name], want)
		}
	}
	if closed != 85 || overdue != 17 {
		t.Errorf("the records have %g closed and %g overdue, want 85 and 17", closed, overdue)
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
