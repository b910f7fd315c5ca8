package main_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// desk is the operator's command line at an installation whose database the test can reach.
type desk struct {
	city
	*running
	dsn string
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	dsn := pgtest.New(t)
	r := start(t, "up", "--data", dataDir(t), "--postgres-url", dsn)
	d := &desk{city{"http://" + r.api, "http://" + r.api}, r, dsn}
	d.open(t)
	return d
}

// says runs a verb that must end well or not, and checks what it prints.
func (d *desk) says(t *testing.T, well bool, args string, patterns ...string) string {
	t.Helper()
	out, err := gridcase(t, []string{"GRIDCASE_URL=" + d.commands, "GRIDCASE_TOKEN=" + referencetest.OperatorToken}, strings.Fields(args)...)
	if (err == nil) != well {
		t.Errorf("gridcase %s: %v\n%s", args, err, out)
	}
	for _, pattern := range patterns {
		if !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("gridcase %s does not say %q:\n%s", args, pattern, out)
		}
	}
	return out
}

// sql changes the database behind the installation's back.
func (d *desk) sql(t *testing.T, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if done, err := conn.Exec(t.Context(), statement); err != nil || done.RowsAffected() == 0 {
		t.Fatalf("%s: %v, %v", statement, done, err)
	}
}

// awaitMetric waits until the admin port tells a value.
func (d *desk) awaitMetric(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(50 * time.Millisecond) {
		var text []byte
		answer, err := http.Get("http://" + d.admin + "/metrics")
		if err == nil {
			text, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close() // all is read
		}
		if err == nil && strings.Contains("\n"+string(text), "\n"+want+"\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics do not tell %s: %v\n%s", want, err, regexp.MustCompile(`(?m)^gridcase_projection_.*$`).FindAllString(string(text), -1))
		}
	}
}

// TestTheCommandLineRebuildsAView: an operator has a view filled once more, goes back, and drops what is kept.
func TestTheCommandLineRebuildsAView(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	wholeWay(t, d.city)
	d.says(t, true, "views", `VIEW +VERSION +GENERATION +STATE`, `(?m)^gridstatus .* serving .* 14 +14 .* 0$`, `(?m)^search .* serving `)
	var first, second int
	if _, err := fmt.Sscanf(d.says(t, true, "views gridstatus"), "VIEW VERSION GENERATION STATE SINCE EVENTS OF RATE LEFT PARKED\ngridstatus %d %d", new(int), &first); err != nil {
		t.Fatal(err)
	}
	d.says(t, true, "rebuild gridstatus", `gridstatus \[#{30}\] 100 %  14 / 14 events`, `gridstatus: generation \d+ serves, 14 events`)
	out := d.says(t, true, "views gridstatus", fmt.Sprintf(`(?m)^gridstatus +\d+ +%d +kept `, first), `(?m)^gridstatus +\d+ +\d+ +serving `)
	if _, err := fmt.Sscanf(regexp.MustCompile(`(?m)^gridstatus +\d+ +\d+ +serving`).FindString(out), "gridstatus %d %d", new(int), &second); err != nil || second <= first {
		t.Errorf("after generation %d serves %d (%v)", first, second, err)
	}
	d.counts(t, 1)
	d.says(t, true, "rebuild gridstatus --back", fmt.Sprintf(`gridstatus: generation %d serves, 14 events`, first))
	d.counts(t, 1)
	wholeWay(t, d.city)
	d.counts(t, 2)
	d.says(t, true, "rebuild gridstatus --drop", `gridstatus: 1 dropped`)
	d.says(t, false, "rebuild gridstatus --drop", `view\.nothing_kept|nothing is kept of this view`)
	d.says(t, false, "rebuild gridstatus --back", `view\.nothing_kept|nothing is kept of this view`)
	d.says(t, false, "rebuild nosuch", `there is no view of this name`)
	d.says(t, true, "rebuild gridstatus --detach", `gridstatus: generation \d+ is being built; gridcase views gridstatus tells how far it is`)
	d.says(t, true, "rebuild gridstatus", `gridstatus: generation \d+ serves, 28 events`)
	d.says(t, true, "views --json gridstatus", `"state": ?"GENERATION_STATE_SERVING"`)
	d.says(t, true, "audit --whole")
}

// TestTheCommandLineLiftsAQuarantine: a value that the vault lost keeps a case out of the search; the operator sees which and why, is told so
// by the metrics, and lifts it once the value is back.
func TestTheCommandLineLiftsAQuarantine(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	id := d.described(t).GetTarget().GetCaseId()
	d.described(t)
	name := referencetest.District + "/" + id
	d.says(t, false, "quarantine retry", `no such case is parked`)
	d.says(t, true, "quarantine list", `^VIEW .*\n$`)
	d.awaitMetric(t, `gridcase_projection_halted 0`)
	lost := fmt.Sprintf(`from vault.values where person_ref in (select person_ref from vault.persons where case_id = '%s')`, id)
	d.sql(t, `create table lost as select * `+lost)
	d.sql(t, `delete `+lost)
	d.says(t, true, "rebuild search", `search: generation \d+ serves, 2 events`)
	parked := `(?m)^search +` + name + ` +` + referencetest.District + `-\d{4}:1 +CaseReported +1 .* 0 +vault\.value_missing `
	d.says(t, true, "quarantine list", parked)
	d.says(t, true, "quarantine", parked)
	d.says(t, true, "quarantine list --view gridstatus", `^VIEW .*\n$`)
	d.says(t, true, "quarantine list --json", `"case_?[iI]d": ?"`+id)
	d.says(t, true, "quarantine show "+name, parked, `VERSION +POSITION +AT +EVENT +STATE`, `(?m)^1 .* CaseReported +REPORTED$`)
	d.says(t, false, "quarantine show "+id, `DISTRICT/ID`)
	d.awaitMetric(t, `gridcase_projection_quarantined{view="search"} 1`)
	d.says(t, true, "views search", `(?m)^search .* serving .* 1$`)
	d.says(t, false, "quarantine retry "+name, ` 1 +vault\.value_missing `, `0 parked no more, 1 still are\n`)
	d.sql(t, `insert into vault.values select * from lost`)
	d.says(t, true, "quarantine retry --view search", `1 parked no more`)
	d.says(t, true, "quarantine list", `^VIEW .*\n$`)
	d.awaitMetric(t, `gridcase_projection_quarantined{view="search"} 0`)
	d.says(t, true, "audit --whole")
}

// TestTheCommandLineShowsAHalt: a checkpoint that is not the log's halts the view; the command line and the metrics tell. With what was there
// before it goes on.
func TestTheCommandLineShowsAHalt(t *testing.T) {
	t.Parallel()
	data, dsn := dataDir(t), pgtest.New(t)
	up := []string{"up", "--data", data, "--postgres-url", dsn}
	r := start(t, up...)
	d := &desk{city{"http://" + r.api, "http://" + r.api}, r, dsn}
	d.open(t)
	d.described(t)
	d.awaitMetric(t, `gridcase_projection_halted 0`)
	d.sql(t, `create table sound as select * from projection.checkpoints`)
	d.sql(t, `update projection.checkpoints set hash = repeat('0', 64) where view = 'gridstatus'`)
	if _, err := once(t, d.city, "worker-1", pipeReport(newCaseID(t))); err != nil { // its projection looks at the checkpoints
		t.Fatal(err)
	}
	d.awaitMetric(t, `gridcase_projection_halted 1`)
	d.says(t, true, "views gridstatus", `halted: view gridstatus, generation \d+, CASES_`+referencetest.District+`_\d{4} at 1: `)
	d.sql(t, `update projection.checkpoints c set hash = sound.hash from sound where sound.generation = c.generation and sound.stream = c.stream and c.view = 'gridstatus'`)
	r.stop(t, syscall.SIGKILL)
	d.running = startAt(t, r.api, r.admin, up...)
	d.described(t)
	d.awaitMetric(t, `gridcase_projection_halted 0`)
	if out := d.says(t, true, "views gridstatus"); strings.Contains(out, "halted") {
		t.Errorf("it is said to be halted still:\n%s", out)
	}
}
