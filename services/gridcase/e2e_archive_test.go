package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/archive/s3test"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// gridcase runs the command line, with more variables, and returns what it printed.
func gridcase(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestALogIsRestoredFromItsArchive: an installation is archived in two runs and made anew elsewhere. The views, the proofs and the memory of
// every command are what they were; the audit finds nothing. So from a directory, so from a bucket.
func TestALogIsRestoredFromItsArchive(t *testing.T) {
	t.Parallel()
	server := s3test.New(t)
	for what, place := range map[string]string{"a directory": filepath.Join(t.TempDir(), "archive"), "a bucket": server.Bucket(t, "kept")} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			restored(t, place, server.Env())
		})
	}
}

// restored archives an installation to a place and makes it anew from there.
func restored(t *testing.T, place string, env []string) {
	data, dsn := dataDir(t), pgtest.New(t)
	r := start(t, "up", "--data", data, "--postgres-url", dsn)
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	proven := wholeWay(t, c)
	operator := []string{"--url", c.queries, "--token", referencetest.OperatorToken}
	must := func(args ...string) string {
		t.Helper()
		out, err := gridcase(t, env, args...)
		if err != nil {
			t.Fatalf("gridcase %v: %v\n%s", args, err, out)
		}
		return out
	}
	year := time.Now().UTC().Format("2006")
	must(append([]string{"roots", "sign", referencetest.District, year}, operator...)...)
	must(append([]string{"archive", place}, operator...)...)
	last := c.recorded(t)
	must(append([]string{"archive", place}, operator...)...)
	if out := must("archive", "verify", place); !strings.Contains(out, "15 events, held to 1 signed roots") {
		t.Errorf("the archive is said to be %q", out)
	}
	awaitPosition(t, dsn, c.logEnd(t))
	want := dumpViews(t, dsn)
	r.stop(t, syscall.SIGTERM)

	again, fresh := dataDir(t), pgtest.New(t)
	for _, key := range []string{"vault.key", "root.key"} {
		b, err := os.ReadFile(filepath.Join(data, key))
		if err == nil {
			err = os.WriteFile(filepath.Join(again, key), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyVault(t, data, dsn, fresh)
	must("restore", place, "--data", again, "--unsafe-filesystem")
	if out, err := gridcase(t, env, "restore", place, "--data", again, "--unsafe-filesystem"); err == nil || !strings.Contains(out, "holds a log already") {
		t.Errorf("it was restored over a log: %s", out)
	}
	r = start(t, "up", "--data", again, "--postgres-url", fresh)
	c = city{"http://" + r.api, "http://" + r.api}
	operator[1] = c.queries
	awaitPosition(t, fresh, 15)
	if got := dumpViews(t, fresh); got != want {
		t.Errorf("the views of the restored log differ\ngot:\n%s\nwant:\n%s", got, want)
	}
	receipt, err := c.as("worker-1").Field.ReportCase(t.Context(), last)
	if err != nil || !receipt.GetDuplicate() || receipt.GetVersion() != 1 {
		t.Errorf("a command from before is answered with %v, %v", receipt, client.Fault(err))
	}
	if fresh := c.recorded(t); fresh == nil {
		t.Error("no further case can be reported")
	}
	if out := must(append([]string{"audit", "--whole"}, operator...)...); strings.Contains(out, "differ") || !strings.Contains(out, "1 signed roots") {
		t.Errorf("the audit says %q", out)
	}
	file := filepath.Join(t.TempDir(), "proof")
	must(append([]string{"proof", "make", proven, "--out", file}, operator...)...)
	must("proof", "verify", file)
	if out := must(append([]string{"archive", place}, operator...)...); !strings.Contains(out, "records added") {
		t.Errorf("the restored log is not archived on: %q", out)
	}
	must("archive", "verify", place)
}

// recorded reports one more case and returns the command.
func (c city) recorded(t *testing.T) *gridcasev1.ReportCase {
	t.Helper()
	cmd := &gridcasev1.ReportCase{Target: newTarget(newCaseID(t)), CaseType: "drain.pipe", Point: referencetest.Point(2)}
	if _, err := c.as("worker-1").Field.ReportCase(t.Context(), cmd); err != nil {
		t.Fatal(client.Fault(err))
	}
	return cmd
}
