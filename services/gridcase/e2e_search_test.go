package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestCasesAreFoundByWordsPlacesAndCommands: what a desk looks for beyond a number, over the API and the command line.
func TestCasesAreFoundByWordsPlacesAndCommands(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	var reports []*gridcasev1.ReportCase
	var last *gridcasev1.Receipt
	for i, description := range []string{"井盖丢失，行人摔倒", "井盖松动", ""} {
		report := &gridcasev1.ReportCase{Target: newTarget(newCaseID(t)), CaseType: "drain.pipe", Point: referencetest.Point(1), Description: description, Address: fmt.Sprintf("canary路%d号", i)}
		reports = append(reports, report)
		for _, step := range []move{{user: "citizen", cmd: report}, {user: "acceptor", cmd: &gridcasev1.FileCase{Target: newTarget(report.GetTarget().GetCaseId()), Condition: "B2",
			Waiver: gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_URGENT, Reason: "看得见"}}} {
			receipt, err := c.as(step.user).Do(t.Context(), step.cmd)
			if err != nil {
				t.Fatal(client.Fault(err))
			}
			last = receipt
		}
	}
	at := []string{last.GetPosition()}
	c.reached(t, last.GetPosition())
	c.findsWords(t, reports, at)
	c.findsReceipts(t, reports[0].GetTarget(), at)
	today := time.Now().UTC()
	spots, err := c.as("worker-2").Query.ListHotSpots(t.Context(), &gridcasev1.ListHotSpotsRequest{FromDay: today.AddDate(0, 0, -2).Format(time.DateOnly), ToDay: today.AddDate(0, 0, 2).Format(time.DateOnly), AtLeast: at})
	if err != nil || len(spots.GetSpots()) != 1 || spots.GetSpots()[0].GetCases() != 3 || spots.GetSpots()[0].GetGrid() != referencetest.Cell(1) || spots.GetSpots()[0].GetCentre() == nil {
		t.Errorf("%v, %v", spots, err)
	}
	for _, tt := range []struct {
		says string
		args []string
	}{
		{last.GetNumber(), []string{"case", "search", "看得见", "--token", referencetest.Token("acceptor")}},
		{"3      drain.pipe", []string{"hotspots", "--min", "3", "--from", today.AddDate(0, 0, -2).Format(time.DateOnly), "--to", today.AddDate(0, 0, 2).Format(time.DateOnly), "--token", referencetest.Token("worker-2")}},
		{"state     reported", []string{"receipt", reports[0].GetTarget().GetCommandId(), "--token", referencetest.Token("citizen")}},
	} {
		if printed, status := shell(t, append(tt.args, "--url", c.queries)...); status != 0 || !strings.Contains(printed, tt.says) {
			t.Errorf("%v: %d, %s", tt.args, status, printed)
		}
	}
	if log := r.output.String(); strings.Contains(log, "井盖") || strings.Contains(log, "canary") || !strings.Contains(log, "cases searched by text") {
		t.Error("a search is not in the log, or its words are")
	}
}

// findsWords checks who finds what.
func (c city) findsWords(t *testing.T, reports []*gridcasev1.ReportCase, at []string) {
	t.Helper()
	for _, tt := range []struct {
		user, text string
		found      int
		code       string
	}{
		{"acceptor", "井盖", 2, ""}, {"acceptor", "井盖 摔倒", 1, ""}, {"acceptor", "看得见", 3, ""}, {"acceptor", "CANARY路", 3, ""}, {"acceptor", "消防", 0, ""},
		{"worker-1", "井盖", 2, ""}, {"worker-2", "井盖", 0, ""}, {"roads-manager", "井盖", 0, ""},
		{"citizen", "井盖", 0, "access.role"}, {"supervisor", "井盖", 0, "access.role"}, {"acceptor", "，！", 0, "search.no_words"},
	} {
		answer, err := c.as(tt.user).Query.SearchText(t.Context(), &gridcasev1.SearchTextRequest{Text: tt.text, AtLeast: at})
		if tt.code != "" {
			if client.Fault(err).Code != tt.code {
				t.Errorf("%s looks for %s: %v, want %s", tt.user, tt.text, err, tt.code)
			}
			continue
		}
		if err != nil || len(answer.GetCases()) != tt.found {
			t.Errorf("%s looks for %s: %d cases (%v), want %d", tt.user, tt.text, len(answer.GetCases()), err, tt.found)
		}
	}
	first, err := c.as("acceptor").Query.SearchText(t.Context(), &gridcasev1.SearchTextRequest{Text: "井盖", Limit: 1})
	if err != nil || len(first.GetCases()) != 1 || first.GetCases()[0].GetCaseId() != reports[1].GetTarget().GetCaseId() {
		t.Fatalf("the first page is %v (%v), want the newer case", first, err)
	}
	second, err := c.as("acceptor").Query.SearchText(t.Context(), &gridcasev1.SearchTextRequest{Text: "井盖", Limit: 1, Page: first.GetNextPage()})
	if err != nil || len(second.GetCases()) != 1 || second.GetNextPage() != "" || second.GetCases()[0].GetCaseId() != reports[0].GetTarget().GetCaseId() {
		t.Errorf("the second page is %v (%v)", second, err)
	}
	if _, err := c.as("acceptor").Query.SearchText(t.Context(), &gridcasev1.SearchTextRequest{Text: "井盖", Page: "nonsense"}); client.Fault(err).Code != "page.malformed" {
		t.Errorf("a page that is none: %v", err)
	}
}

// findsReceipts checks that a receipt is found by who sent the command, and as it was given.
func (c city) findsReceipts(t *testing.T, target *gridcasev1.Target, at []string) {
	t.Helper()
	q := &gridcasev1.GetReceiptRequest{CommandId: target.GetCommandId(), AtLeast: at}
	answer, err := c.as("citizen").Query.GetReceipt(t.Context(), q)
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	again, err := c.as("citizen").Do(t.Context(), &gridcasev1.ReportCase{Target: target, CaseType: "drain.pipe", Point: referencetest.Point(1), Description: "井盖丢失，行人摔倒", Address: "canary路0号"})
	if err != nil || again.String() != answer.GetReceipt().String() || answer.GetAt() == nil {
		t.Errorf("the view has %v, the log %v (%v)", answer.GetReceipt(), again, err)
	}
	if _, err := c.as("acceptor").Query.GetReceipt(t.Context(), q); client.Fault(err).Kind != fault.NotFound {
		t.Errorf("another's receipt: %v", err)
	}
}
