package main_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/boston311"
	"github.com/gridcase/gridcase/pkg/client"
)

const bostonFile = "../../deploy/boston311/cases.csv"

// importFile runs 'gridcase import csv' and returns what it printed.
func importFile(t *testing.T, r *running, data, file string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "import", "csv", "--mapping", "boston311", "--url", "http://"+r.api, "--data", data, file).CombinedOutput()
	return string(out), err
}

// TestTheImportOfBostonsRecords: each row becomes one case, closed or open as in the file, in the grid of its police district; a second run
// adds none; bad rows are named and the good ones go in.
func TestTheImportOfBostonsRecords(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	r := start(t, "up", "--data", data)
	for _, want := range []string{"100 cases added, 0 already there, 85 closed, 15 open, 0 refused", "0 cases added, 100 already there, 85 closed, 15 open, 0 refused"} {
		out, err := importFile(t, r, data, bostonFile)
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("the import printed %q (%v), want %q", out, err, want)
		}
	}
	c := city{"http://" + r.api, "http://" + r.api}
	for district, want := range countRows(t) {
		answer, err := c.as("operator").Query.GetGridStatus(t.Context(), &gridcasev1.GetGridStatusRequest{Code: boston311.GridOf(district)})
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		got := [2]uint64{answer.GetArea().GetOpen(), answer.GetArea().GetClosed()}
		if got != want {
			t.Errorf("police district %q has %v open and closed cases, the file %v", district, got, want)
		}
	}
	out, err := importFile(t, r, data, spoiled(t))
	for _, want := range []string{"line 3: open_dt", "line 4: the row has", "line 5: police_district", "2 cases added", "3 refused"} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("the import of a spoiled file printed %q (%v), want %q", out, err, want)
		}
	}
}

// countRows counts open and closed rows by police district.
func countRows(t *testing.T) map[string][2]uint64 {
	t.Helper()
	rows := readRows(t)
	index := map[string]int{}
	for i, name := range rows[0] {
		index[name] = i
	}
	counts := map[string][2]uint64{}
	for _, row := range rows[1:] {
		district := strings.TrimSpace(row[index["police_district"]])
		n := counts[district]
		if row[index["case_status"]] == "Open" {
			n[0]++
		} else {
			n[1]++
		}
		counts[district] = n
	}
	return counts
}

func readRows(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open(bostonFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// spoiled is a file of five records, three of them bad in their own ways; the good ones are new.
func spoiled(t *testing.T) string {
	t.Helper()
	rows := readRows(t)[:6]
	for i := range rows[1:] {
		rows[i+1][0] = fmt.Sprintf("99900000%d", i)
	}
	rows[2][1] = "yesterday"
	rows[3] = rows[3][:5]
	for i, name := range rows[0] {
		if name == "police_district" {
			rows[4][i] = "Z99"
		}
	}
	path := filepath.Join(t.TempDir(), "spoiled.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return path
}
