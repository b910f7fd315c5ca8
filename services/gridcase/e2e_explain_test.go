package main_test

import (
	"os/exec"
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestADeadlineIsExplained plays a case and asks, over the API and on the command line, how its due times came about.
func TestADeadlineIsExplained(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	caseID := wholeWay(t, c)
	ref := &gridcasev1.CaseRef{CaseId: caseID}
	answer, err := c.as("supervisor").Query.ExplainCase(t.Context(), &gridcasev1.ExplainCaseRequest{Case: ref})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	var stages []string
	for _, d := range answer.GetDeadlines() {
		stages = append(stages, strings.TrimPrefix(d.GetStage().String(), "STAGE_"))
		if d.GetStopped() == nil || d.GetCatalogueVersion() != 1 || d.GetCalendarVersion() != 1 {
			t.Errorf("the clock still runs, or names other versions: %v", d)
		}
	}
	if got, want := strings.Join(stages, " "), "ACCEPT VERIFY DISPATCH SIGN HANDLE DECIDE DISPATCH SIGN HANDLE SEND_INSPECTION INSPECT CLOSE"; got != want {
		t.Fatalf("the clocks are %s, want %s", got, want)
	}
	if d := answer.GetDeadlines()[8]; d.GetRule() != "condition C2 of parking.motor" || d.GetCountedMinutes() != 120 || len(d.GetSteps()) != 2 {
		t.Errorf("handling came about by %s with %g minutes in %v", d.GetRule(), d.GetCountedMinutes(), d.GetSteps())
	}
	if _, err := c.as("worker-2").Query.ExplainCase(t.Context(), &gridcasev1.ExplainCaseRequest{Case: ref}); client.Fault(err).Kind != fault.NotFound {
		t.Errorf("a grid worker of other unit grids gets %v, want not found", err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "case", "explain", caseID, "--url", c.queries, "--token", referencetest.Token("supervisor")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"12 clocks", "handle: 2 hour working by condition C2 of parking.motor (catalogue 1, calendar 1)", "accept: 15 minute wall by default", "2h0m0s counted until due", "CaseDispatched", "started", "open"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the account doesn't say %q:\n%s", want, out)
		}
	}
}
