package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// shell runs a verb of gridcase and returns what it printed, and its exit status.
func shell(t *testing.T, args ...string) (printed string, status int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		status = exit.ExitCode()
	}
	return string(out), status
}

// TestAnAuditorsDay: the log is audited, its root signed, a case proven; the proof is checked without a server, and doesn't stand a changed
// byte. Then somebody changes a row of a view, and the audit says where.
func TestAnAuditorsDay(t *testing.T) {
	t.Parallel()
	cluster, dsn, data, dir := natstest.Cluster(t), pgtest.New(t), dataDir(t), t.TempDir()
	outside := []string{"--data", data, "--nats-url", cluster.ClientURL(), "--postgres-url", dsn, "--replicas", "3"}
	r := start(t, append([]string{"serve", "intake", "dispatch", "projector", "query"}, outside...)...)
	notary := start(t, append([]string{"serve", "notary"}, outside...)...)
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	caseID := wholeWay(t, c)
	wholeWay(t, c)
	if printed, err := works(t, r, "import", worksTable(t)); err == nil { // some of its rows are bad
		t.Errorf("the import of the works programme ends well: %s", printed)
	}
	to := []string{"--url", "http://" + notary.api, "--token", referencetest.OperatorToken}
	run := func(args ...string) (string, int) { return shell(t, append(args, to...)...) }
	must := func(args ...string) string {
		t.Helper()
		printed, status := run(args...)
		if status != 0 {
			t.Fatalf("%v ends with %d: %s", args, status, printed)
		}
		return printed
	}
	year, key := fmt.Sprint(time.Now().UTC().Year()), filepath.Join(dir, "key")
	root, proof := filepath.Join(dir, "root"), filepath.Join(dir, "proof.json")
	if printed := must("audit", "--whole"); !strings.Contains(printed, "ok: "+referencetest.District+"-"+year+": 28 events, 2 cases") || !strings.Contains(printed, "equal on n") || !strings.Contains(printed, "ok: views casestatus") {
		t.Errorf("the audit says %q", printed)
	}
	write(t, root, must("roots", "sign", referencetest.District, year))
	printed := must("audit", "--no-views")
	for _, line := range []string{"ok: ROOTS_" + referencetest.District + ": 1 signed roots of 1 logs, equal on n", "ok: WORKS_" + referencetest.District + ": 4 events, 3 projects, equal on n",
		"ok: REFERENCE_" + referencetest.District + ": 4 records of 4 topics, equal on n", "ok: KV_NUMBERS: 1 counters\n"} {
		if !strings.Contains(printed, line) {
			t.Errorf("the audit says %q, want %q", printed, line)
		}
	}
	write(t, key, must("roots", "key"))
	if printed := must("roots", "list"); !strings.Contains(printed, referencetest.District+"-"+year) {
		t.Errorf("the roots are %q", printed)
	}
	must("proof", referencetest.District+"/"+caseID, "-o", proof)
	if printed, status := shell(t, "proof", "verify", proof, "--key", key, "--root", root); status != 0 || !strings.Contains(printed, "had these 14 events and no others") || !strings.Contains(printed, "CaseClosed") {
		t.Errorf("verify ends with %d: %s", status, printed)
	}
	changeAProof(t, proof)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `insert into projection.quarantine select number, $1, $2::int, $3::text::uuid, 1000000, '', '', 'row.unreadable', '', now(), 1, 1000000, null, null, 0 from projection.generations where view = 'timeline'`,
		referencetest.District, year, caseID); err != nil {
		t.Fatal(err)
	}
	if printed, status := run("audit"); status != 3 || !strings.Contains(printed, "quarantine: view timeline_v2: case "+referencetest.District+"/"+caseID+" is parked from") || !strings.Contains(printed, "ok: views") {
		t.Errorf("with a case in quarantine the audit ends with %d: %s", status, printed)
	}
	if _, err := conn.Exec(t.Context(), `update timeline_v2.events set state = 1 where case_id = $1 and version = 9`, caseID); err != nil {
		t.Fatal(err)
	}
	if printed, status := run("audit"); status != 1 || !strings.Contains(printed, "quarantine: view timeline_v2") || !strings.Contains(printed, "wrong: view timeline_v2, events, district "+referencetest.District+", case_id "+caseID+", version 9: not what a fresh fold says: state\n") {
		t.Errorf("the audit ends with %d: %s", status, printed)
	}
	if strings.Contains(notary.output.String(), "PRIVATE") {
		t.Error("the key of the roots is logged")
	}
}

// changeAProof changes a byte in the middle of a proof and checks that it is refused.
func changeAProof(t *testing.T, proof string) {
	t.Helper()
	b, err := os.ReadFile(proof)
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{canaryText, canaryPhone, "canary-plate"} {
		if bytes.Contains(b, []byte(canary)) {
			t.Errorf("the proof holds %q", canary)
		}
	}
	b[len(b)/2] ^= 1
	changed := proof + ".changed"
	write(t, changed, string(b))
	if printed, status := shell(t, "proof", "verify", changed); status != 1 || !strings.Contains(printed, "proves nothing") {
		t.Errorf("a changed proof ends with %d: %s", status, printed)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
