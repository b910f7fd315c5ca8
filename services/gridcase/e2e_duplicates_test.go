package main_test

import (
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// found lets a grid worker report a pipe and waits until it stands in the acceptor's queue.
func (c city) found(t *testing.T) string {
	t.Helper()
	id := newCaseID(t)
	receipt, err := c.as("worker-1").Do(t.Context(), &gridcasev1.ReportCase{Target: newTarget(id), CaseType: "drain.pipe", Point: referencetest.Point(1), Photos: photo("far")})
	if err != nil {
		t.Fatal(err)
	}
	c.see(t, receipt, "acceptor")
	return id
}

func TestADeskSeesTheDuplicatesNearByBeforeItFiles(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	first, second := c.found(t), c.found(t)
	files := &gridcasev1.FileCase{Target: newTarget(second), Condition: "B2"}
	_, err := c.as("acceptor").Do(t.Context(), files)
	if f := fault.Of(err); f.Kind != fault.Conflict || f.Code != "case.duplicates_unseen" || !strings.Contains(f.Text, first) {
		t.Fatalf("filing beside a case that was not looked at: %v", err)
	}
	answer, err := c.as("acceptor").Query.ListNearby(t.Context(), &gridcasev1.ListNearbyRequest{Case: &gridcasev1.CaseRef{CaseId: second}})
	if err != nil || len(answer.GetCases()) != 1 || answer.GetCases()[0].GetCase().GetCaseId() != first || answer.GetCases()[0].GetWhy() != "near" {
		t.Fatalf("near are %v (%v), want %s", answer.GetCases(), err, first)
	}
	files.DuplicatesSeen = []string{first}
	receipt, err := c.as("acceptor").Do(t.Context(), files)
	if err != nil {
		t.Fatalf("filing with the case named: %v", err)
	}
	c.see(t, receipt, "dispatcher")
	c.found(t)
	again, err := c.as("acceptor").Do(t.Context(), files)
	if err != nil || again.GetVersion() != receipt.GetVersion() {
		t.Errorf("the same command, sent again when another case was reported: %v, %v", again, err)
	}
}
