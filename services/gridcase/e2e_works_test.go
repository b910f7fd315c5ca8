package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// works runs 'gridcase works' and returns what it printed.
func works(t *testing.T, r *running, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"works"}, append(args, "--url", "http://"+r.api, "--token", referencetest.OperatorToken)...)
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

// worksTable writes a programme for the test district. Its second row names no kind; its third lies outside; its last has a person.
func worksTable(t *testing.T) string {
	t.Helper()
	const site = `"POLYGON ((107.4 34.4, 107.6 34.4, 107.6 34.6, 107.4 34.6, 107.4 34.4))"`
	today, later := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 3, 0).Format(time.DateOnly)
	rows := []string{"project_code,road,kind,length_m,segments,planned_start,planned_end,contractor,permit_no,permit_from,permit_to,area,contact"}
	for _, r := range []struct{ code, kind, permit string }{
		{"P-1", "separation", "Z-1,2026-01-01," + later + "," + site}, {"P-2", "tunnel", ",,,"}, {"P-3", "gas", "Z-3,2026-01-01," + later + `,"POLYGON ((34.4 57.4, 34.6 57.4, 34.6 57.6, 34.4 57.4))"`},
		{"P-4", "road", ",,,"},
	} {
		rows = append(rows, fmt.Sprintf("%s,Sample Road,%s,100,2,%s,%s,Sample Works,%s,canary-person", r.code, r.kind, today, later, r.permit))
	}
	file := filepath.Join(t.TempDir(), "works.csv")
	if err := os.WriteFile(file, []byte(strings.Join(rows, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAWorksProgramme: brought in from a table, with bad rows named; a second time it adds nothing; a permit stands in what is reported in its
// area; a project goes to its acceptance by those whose job each step is; cases that name it are counted.
func TestAWorksProgramme(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	table := worksTable(t)
	for _, want := range []string{"3 projects added, 0 already there; 1 permits added, 0 already there; 2 refused", "0 projects added, 3 already there; 0 permits added, 1 already there; 2 refused"} {
		out, err := works(t, r, "import", "--zone", "UTC", table)
		if err == nil {
			t.Fatalf("a table with bad rows is brought in without a word: %s", out)
		}
		for _, want := range []string{"line 3: kind", "line 4: no corner of the area", "columns left out: contact", want} {
			if !strings.Contains(out, want) {
				t.Errorf("the import printed %q, want %q", out, want)
			}
		}
	}
	c.finish(t)
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"list"}, []string{"Sample Road  3", "33 %"}},
		{[]string{"list", "--projects"}, []string{"P-1", "ACCEPTED", "100 %", "P-4", "PLANNED"}},
		{[]string{"show", "P-1"}, []string{"separation", "Z-1", "ProjectAccepted", "1 open, 0 ended"}},
		{[]string{"show", "P-1", "--json"}, []string{`"projectCode":"P-1"`, `"openCases":1`}},
	} {
		out, err := works(t, r, tt.args...)
		for _, want := range tt.want {
			if err != nil || !strings.Contains(out, want) {
				t.Errorf("works %v printed %q (%v), want %q", tt.args, out, err, want)
			}
		}
	}
	if out, err := works(t, r, "show", "P-9"); err == nil || !strings.Contains(out, "there is no such project") {
		t.Errorf("a project that nobody planned: %q, %v", out, err)
	}
	if log := r.output.String(); strings.Contains(log, "canary-person") {
		t.Error("a person stands in the log lines")
	}
}

// finish reports two cases at the site of P-1, of which one names it, and brings the project to its end.
func (c city) finish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	catalogue := referencetest.Catalogue()
	catalogue.Types[1].Fields = append(catalogue.Types[1].Fields, &gridcasev1.FieldRule{Name: "project_code", Kind: gridcasev1.FieldKind_FIELD_KIND_CODE})
	if _, err := c.as("operator").Desk.PublishCatalogue(ctx, catalogue); err != nil {
		t.Fatal(client.Fault(err))
	}
	inside := c.permitsAt(t, referencetest.Point(1))
	if len(inside) != 1 || inside[0].GetNumber() != "Z-1" || inside[0].GetProject() != "P-1" {
		t.Fatalf("permits at the site: %v", inside)
	}
	receipt, err := c.as("worker-1").Do(ctx, &gridcasev1.ReportCase{Target: newTarget(newCaseID(t)), CaseType: "drain.pipe", Point: referencetest.Point(1),
		Fields: []*gridcasev1.FieldInput{{Name: "project_code", Value: &gridcasev1.FieldInput_Code{Code: "P-1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	c.reached(t, receipt.GetPosition())
	found, err := c.as("acceptor").Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{CaseId: receipt.GetCaseId()}, AtLeast: []string{receipt.GetPosition()}})
	if err != nil || !slices.ContainsFunc(found.GetCase().GetPermits(), func(p *gridcasev1.Permit) bool { return p.GetNumber() == "Z-1" }) {
		t.Errorf("the case at the site shows the permits %v (%v)", found.GetCase().GetPermits(), err)
	}
	target := func() *gridcasev1.ProjectTarget {
		return &gridcasev1.ProjectTarget{ProjectCode: "P-1", CommandId: uuid.NewString()}
	}
	var last *gridcasev1.WorksReceipt
	for i, step := range []struct {
		user string
		cmd  client.WorksCommand
	}{
		{"dispatcher", &gridcasev1.StartWorks{Target: target()}},
		{"dispatcher", &gridcasev1.CompleteSegment{Target: target(), Segment: "S1"}},
		{"dispatcher", &gridcasev1.CompleteSegment{Target: target(), Segment: "S2"}},
		{"acceptor", &gridcasev1.InspectSegment{Target: target(), Segment: "S1", Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS}},
		{"supervisor", &gridcasev1.InspectSegment{Target: target(), Segment: "S2", Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS}},
		{"leader", &gridcasev1.AcceptProject{Target: target()}},
	} {
		if last, err = c.as(step.user).DoWorks(ctx, step.cmd); err != nil {
			t.Fatalf("step %d as %s: %v", i+1, step.user, err)
		}
	}
	answer, err := c.as("worker-1").Works.GetProject(ctx, &gridcasev1.GetProjectRequest{ProjectCode: "P-1", AtLeast: last.GetSequence()})
	if err != nil || answer.GetProject().GetState() != gridcasev1.ProjectState_PROJECT_STATE_ACCEPTED || answer.GetStale() || len(answer.GetHistory()) != 8 {
		t.Errorf("the project stands %v (%v)", answer, err)
	}
	over, err := c.as("worker-1").Works.ListPermitsAt(ctx, &gridcasev1.ListPermitsAtRequest{Point: referencetest.Point(1)})
	if err != nil || len(over.GetPermits()) > 0 {
		t.Errorf("the permits of an accepted project: %v, %v", over, err)
	}
	_, err = c.as("citizen").Works.ListProjects(ctx, &gridcasev1.ListProjectsRequest{})
	if f := client.Fault(err); err == nil || f.Kind != fault.Denied {
		t.Errorf("a citizen looks at the programme: %v", err)
	}
}

// permitsAt are the permits that hold a place, once there is one: an import does not wait for the programme that is held in memory.
func (c city) permitsAt(t *testing.T, place *gridcasev1.GeoPoint) []*gridcasev1.Permit {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(20 * time.Millisecond) {
		answer, err := c.as("worker-1").Works.ListPermitsAt(t.Context(), &gridcasev1.ListPermitsAtRequest{Point: place})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		if len(answer.GetPermits()) > 0 || time.Now().After(deadline) {
			return answer.GetPermits()
		}
	}
}
