package main_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/boston311"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
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
	dsn := pgtest.New(t)
	r := start(t, "up", "--data", data, "--postgres-url", dsn)
	for _, want := range []string{"100 cases added, 0 already there, 85 closed, 15 open, 0 refused", "0 cases added, 100 already there, 85 closed, 15 open, 0 refused"} {
		out, err := importFile(t, r, data, bostonFile)
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("the import printed %q (%v), want %q", out, err, want)
		}
	}
	c := city{"http://" + r.api, "http://" + r.api}
	for district, want := range countRows(t) {
		got := c.cases(t, district)
		for deadline := time.Now().Add(30 * time.Second); got != want && time.Now().Before(deadline); <-time.After(10 * time.Millisecond) { // the views follow
			got = c.cases(t, district)
		}
		if got != want {
			t.Errorf("police district %q has %v open and closed cases, the file %v", district, got, want)
		}
	}
	cityJudges(t, c)
	cityFigures(t, c)
	r.sameFromTheLog(t, dsn, func() []*gridcasev1.KpiGroup { return monthly(t, c) })
	cityByTheWall(t, c)
	out, err := importFile(t, r, data, spoiled(t))
	for _, want := range []string{"line 3: open_dt", "line 4: the row has", "line 5: police_district", "2 cases added", "3 refused"} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("the import of a spoiled file printed %q (%v), want %q", out, err, want)
		}
	}
}

// cases counts a police district's open and closed cases.
func (c city) cases(t *testing.T, district string) [2]uint64 {
	t.Helper()
	answer, err := c.as("operator").Query.GetGridStatus(t.Context(), &gridcasev1.GetGridStatusRequest{Code: boston311.GridOf(district)})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	return [2]uint64{answer.GetArea().GetOpen(), answer.GetArea().GetClosed()}
}

// cityJudges compares every due time with the city's own target, within the minute, and for closed records whether they were overdue.
func cityJudges(t *testing.T, c city) {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(bostonFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, faults, err := boston311.Read(f)
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	rows := readRows(t)
	targets, verdicts := 0, 0
	for i, record := range records {
		row := rows[i+1] // case_enquiry_id, open_dt, target_dt, closed_dt, ontime, …
		if row[0] != record.ID {
			t.Fatalf("row %d is of record %s, not %s", i+1, row[0], record.ID)
		}
		if row[2] == "" {
			continue
		}
		target, err := time.ParseInLocation(time.DateTime, row[2], zone)
		if err != nil {
			t.Fatal(err)
		}
		due, overdue := c.handling(t, record.CaseID())
		targets++
		if off := due.Sub(target).Abs(); off > time.Minute {
			t.Errorf("case %s is due %s, the city says %s", row[0], due.In(zone), target)
		}
		if record.Closed.IsZero() {
			continue
		}
		verdicts++
		if overdue != (row[4] == "OVERDUE") {
			t.Errorf("case %s is overdue: %t, the city says %s", row[0], overdue, row[4])
		}
	}
	if targets != 89 || verdicts != 77 {
		t.Errorf("%d targets and %d verdicts were judged, want 89 and 77", targets, verdicts)
	}
}

// handling returns when the handling of a case was due at first, and whether it was overdue, as its events tell it.
func (c city) handling(t *testing.T, id string) (due time.Time, overdue bool) {
	t.Helper()
	answer, err := c.as("operator").Query.GetTimeline(t.Context(), &gridcasev1.GetTimelineRequest{Case: &gridcasev1.CaseRef{CaseId: id, District: boston311.District}})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	for _, e := range answer.GetEntries() {
		for _, k := range e.GetEvent().GetCaseDispatched().GetClocks() {
			if k.GetStage() == gridcasev1.Stage_STAGE_HANDLE {
				due = k.GetDue().AsTime()
			}
		}
		overdue = overdue || e.GetEvent().GetStageBreached().GetStage() == gridcasev1.Stage_STAGE_HANDLE
	}
	return due, overdue
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
