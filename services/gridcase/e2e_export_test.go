package main_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/gridcase/gridcase/pkg/parquetfile"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestAnExportHoldsEveryEventAndCase: two cases run their whole way; the export has each of their events, in the order of the log and chained as
// there, and how they stand, and nothing that was sealed. Nobody but an operator exports.
func TestAnExportHoldsEveryEventAndCase(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	ids := []string{wholeWay(t, c), wholeWay(t, c)}
	dir := filepath.Join(t.TempDir(), "export")
	if printed, status := shell(t, "export", dir, "--url", c.queries, "--token", referencetest.OperatorToken); status != 0 || printed != "28 events and 2 cases are in "+dir+"\n" {
		t.Fatalf("export ends with %d: %s", status, printed)
	}
	for _, id := range ids {
		exported(t, dir, id)
	}
	cases, err := parquet.ReadFile[parquetfile.Case](filepath.Join(dir, "cases.parquet"))
	if err != nil || len(cases) != 2 || cases[0].State != "closed" || cases[0].Department != "roads" || cases[0].Bounces != 1 || cases[0].ClosedAt == nil || cases[0].Version != 14 {
		t.Errorf("the cases are %+v, %v", cases, err)
	}
	for _, user := range []string{"supervisor", "leader", "worker-1"} {
		if printed, status := shell(t, "export", t.TempDir(), "--url", c.queries, "--token", referencetest.Token(user)); status != 1 || !strings.Contains(printed, "may not use") {
			t.Errorf("an export as %s ends with %d: %s", user, status, printed)
		}
	}
}

// exported checks that an export holds a case's fourteen events, each with its place, and nothing that was sealed.
func exported(t *testing.T, dir, id string) {
	t.Helper()
	rows, err := parquet.ReadFile[parquetfile.Event](filepath.Join(dir, "events.parquet"))
	if err != nil || len(rows) != 28 {
		t.Fatalf("%d events, %v", len(rows), err)
	}
	var own []parquetfile.Event
	for i, row := range rows {
		if row.Sequence != int64(i)+1 || row.Catalogue != 1 || row.Calendar != 1 || len(row.Hash) != 64 {
			t.Fatalf("row %d is %+v", i, row)
		}
		if strings.Contains(row.Payload, "person_ref") || strings.Contains(row.Payload, "canary") {
			t.Errorf("row %d holds something sealed: %s", i, row.Payload)
		}
		if row.CaseID == id {
			own = append(own, row)
		}
	}
	if len(own) != 14 || own[0].Type != "CaseReported" || own[13].Type != "CaseClosed" || own[13].Version != 14 || own[13].State != "closed" || own[0].Role != "citizen" {
		t.Errorf("the case's events are %+v", own)
	}
	if !strings.Contains(own[4].Payload, `"department":"water"`) {
		t.Errorf("the dispatch is %s", own[4].Payload)
	}
}
