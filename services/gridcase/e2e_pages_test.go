package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// walked reads a list page by page until its end and returns what read returned, joined.
func walked[T any](t *testing.T, read func(limit uint32, page string) ([]T, string, error)) (all []T) {
	t.Helper()
	for page := ""; ; {
		items, next, err := read(1, page)
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		if len(items) > 1 {
			t.Fatalf("a page of one has %d", len(items))
		}
		if all, page = append(all, items...), next; page == "" {
			return all
		}
	}
}

// TestEveryListHasPages: lists that grow are read page by page, over the API and on the command line.
func TestEveryListHasPages(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	const cases = 203 // more than a request may ask for
	var last *gridcasev1.Receipt
	for range cases {
		receipt, err := c.as("citizen").Do(t.Context(), &gridcasev1.ReportCase{Target: newTarget(newCaseID(t)), CaseType: "drain.pipe", Point: referencetest.Point(1)})
		if err != nil {
			t.Fatal(err)
		}
		last = receipt
	}
	c.reached(t, last.GetPosition())
	c.walksNearby(t, last)
	c.walksWorkers(t)
	c.walksProjects(t)
	for _, tt := range []struct {
		name  string
		args  []string
		lines int // in all, the heading and what there is to say included
		more  bool
	}{
		{"a queue", []string{"queue", "acceptor"}, 52, true},
		{"more of a queue than a request gives", []string{"queue", "acceptor", "--limit", "202"}, 204, true},
		{"all of a queue", []string{"queue", "acceptor", "--limit", "0"}, cases + 1, false},
		{"a queue of the past", []string{"queue", "acceptor", "--limit", "0", "--as-of", time.Now().Format(time.RFC3339Nano)}, cases + 1, false},
		{"what runs out", []string{"deadlines", "--limit", "201"}, 203, true},
		{"all that runs out", []string{"deadlines", "--limit", "0"}, cases + 1, false},
		{"roads, which have no pages", []string{"works", "list", "--limit", "1"}, 3, false},
		{"projects", []string{"works", "list", "--projects", "--limit", "2"}, 4, true},
		{"all projects", []string{"works", "list", "--projects", "--limit", "0"}, 4, false},
	} {
		printed, status := shell(t, append(tt.args, "--url", c.queries, "--token", referencetest.Token("supervisor"))...)
		if lines := strings.Count(printed, "\n"); status != 0 || lines != tt.lines || strings.Contains(printed, "there are more") != tt.more {
			t.Errorf("%s: %d, %d lines, want %d: %.400s", tt.name, status, lines, tt.lines, printed)
		}
	}
}

// walksNearby reads what is near a case, which is every other one.
func (c city) walksNearby(t *testing.T, of *gridcasev1.Receipt) {
	t.Helper()
	ref := &gridcasev1.CaseRef{CaseId: of.GetCaseId()}
	first, err := c.as("acceptor").Query.ListNearby(t.Context(), &gridcasev1.ListNearbyRequest{Case: ref})
	if err != nil || len(first.GetCases()) != 50 || first.GetNextPage() == "" {
		t.Fatalf("%d are near, then %q (%v)", len(first.GetCases()), first.GetNextPage(), err)
	}
	seen := map[string]bool{}
	for page := ""; ; {
		answer, err := c.as("acceptor").Query.ListNearby(t.Context(), &gridcasev1.ListNearbyRequest{Case: ref, Limit: 70, Page: page})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		for _, n := range answer.GetCases() {
			seen[n.GetCase().GetCaseId()] = true
		}
		if page = answer.GetNextPage(); page == "" {
			break
		}
	}
	if len(seen) != 202 || seen[of.GetCaseId()] {
		t.Errorf("near are %d, want 202", len(seen))
	}
}

// walksWorkers reads who may be sent to a place that nobody has on duty: each grid worker.
func (c city) walksWorkers(t *testing.T) {
	t.Helper()
	for _, grid := range []string{referencetest.Cell(1), referencetest.Cell(4)} {
		whole, err := c.as("acceptor").Query.ListWorkers(t.Context(), &gridcasev1.ListWorkersRequest{Grid: grid})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		pages := walked(t, func(limit uint32, page string) ([]*gridcasev1.Worker, string, error) {
			answer, err := c.as("acceptor").Query.ListWorkers(t.Context(), &gridcasev1.ListWorkersRequest{Grid: grid, Limit: limit, Page: page})
			return answer.GetWorkers(), answer.GetNextPage(), err
		})
		if !slices.EqualFunc(whole.GetWorkers(), pages, func(a, b *gridcasev1.Worker) bool { return a.GetId() == b.GetId() }) || len(pages) == 0 {
			t.Errorf("to %s go %v, page by page %v", grid, whole.GetWorkers(), pages)
		}
	}
}

// walksProjects plans three projects on two roads and reads the programme.
func (c city) walksProjects(t *testing.T) {
	t.Helper()
	for n := range 3 {
		_, err := c.as("dispatcher").DoWorks(t.Context(), &gridcasev1.PlanProject{Target: &gridcasev1.ProjectTarget{ProjectCode: fmt.Sprintf("P-%d", n), CommandId: uuid.NewString()},
			Road: []string{"Long Road", "Short Road"}[n/2], Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION, Segments: []*gridcasev1.Segment{{Id: "S1", LengthM: 100}},
			PlannedStart: timestamppb.New(time.Now()), PlannedEnd: timestamppb.New(time.Now().AddDate(0, 1, 0))})
		if err != nil {
			t.Fatal(err)
		}
	}
	last, err := c.as("dispatcher").DoWorks(t.Context(), &gridcasev1.CancelProject{Target: &gridcasev1.ProjectTarget{ProjectCode: "P-0", CommandId: uuid.NewString()}, Reason: gridcasev1.CancellationReason(1)})
	if err != nil {
		t.Fatal(err)
	}
	var roads []string
	projects := walked(t, func(limit uint32, page string) ([]string, string, error) {
		answer, err := c.as("worker-1").Works.ListProjects(t.Context(), &gridcasev1.ListProjectsRequest{Limit: limit, Page: page, AtLeast: last.GetSequence()})
		var codes []string
		for _, p := range answer.GetProjects() {
			codes = append(codes, p.GetProjectCode())
		}
		for _, r := range answer.GetRoads() {
			roads = append(roads, r.GetRoad())
		}
		return codes, answer.GetNextPage(), err
	})
	if !slices.Equal(projects, []string{"P-0", "P-1", "P-2"}) || !slices.Equal(roads, []string{"Long Road", "Short Road"}) {
		t.Errorf("projects %v on roads %v", projects, roads)
	}
	versions := walked(t, func(limit uint32, page string) ([]uint64, string, error) {
		answer, err := c.as("worker-1").Works.GetProject(t.Context(), &gridcasev1.GetProjectRequest{ProjectCode: "P-0", Limit: limit, Page: page})
		var versions []uint64
		for _, e := range answer.GetHistory() {
			versions = append(versions, e.GetVersion())
		}
		return versions, answer.GetNextPage(), err
	})
	if !slices.Equal(versions, []uint64{1, 2}) {
		t.Errorf("the history has the versions %v", versions)
	}
	if _, err := c.as("worker-1").Works.ListProjects(t.Context(), &gridcasev1.ListProjectsRequest{Page: "no cursor!"}); client.Fault(err).Code != "page.malformed" {
		t.Errorf("a page that is none: %v", err)
	}
}
