package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// databaseProcess is the number of the main process of the database that gridcase up has started for itself; 0 while there is none.
func databaseProcess(data string) int {
	file, err := os.ReadFile(filepath.Join(data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	number, _, _ := strings.Cut(string(file), "\n")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return pid
}

// awaitOtherDatabase waits until the database's main process is another one. For a moment the killed one's children still answer.
func awaitOtherDatabase(t *testing.T, data string, killed int) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; <-time.After(20 * time.Millisecond) {
		if now := databaseProcess(data); now != 0 && now != killed {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the database's process %d was not followed by another", killed)
		}
	}
}

// described reports a case with a description, which only the database can keep, and waits until the views show it.
func (c city) described(t *testing.T) *gridcasev1.ReportCase {
	t.Helper()
	report := pipeReport(newCaseID(t))
	report.Description = canaryText
	receipt, err := c.as("citizen").Do(t.Context(), report)
	if err != nil {
		t.Fatal(err)
	}
	c.awaitCase(t, report.GetTarget().GetCaseId(), receipt.GetVersion())
	return report
}

// TestItsOwnDatabaseIsKilled: gridcase up starts its database again when that is killed, and comes back itself when both were killed at once.
// Nobody has to do anything, and what was described before can be read.
func TestItsOwnDatabaseIsKilled(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	r := start(t, "up", "--data", data)
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	told := []*gridcasev1.ReportCase{c.described(t)}
	for _, gridcaseToo := range []bool{false, true} {
		began, killed := time.Now(), databaseProcess(data)
		if killed == 0 {
			t.Fatal("the database has no main process")
		}
		if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if gridcaseToo {
			r.stop(t, syscall.SIGKILL)
			r = startAt(t, r.api, r.admin, "up", "--data", data)
		}
		told = append(told, c.described(t))
		t.Logf("gridcase killed, too: %v; a description is taken and shown after %v", gridcaseToo, time.Since(began).Round(time.Millisecond))
		awaitOtherDatabase(t, data, killed)
	}
	for _, report := range told {
		answer, err := c.as("acceptor").Query.RevealCase(t.Context(), &gridcasev1.RevealCaseRequest{Case: &gridcasev1.CaseRef{CaseId: report.GetTarget().GetCaseId()}})
		if err != nil || len(answer.GetValues()) != 1 || answer.GetValues()[0].GetValue() != canaryText {
			t.Errorf("what was described is told as %v, %v", answer.GetValues(), client.Fault(err))
		}
	}
}
