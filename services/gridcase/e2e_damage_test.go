package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestADamagedWorksProgrammeAndDamagedReferenceDataAreNamed flips a bit in the first, then in the second, on the disk of an installation
// that stands still. It comes up each time: what needs the damaged part is unavailable, nothing is decided without it, /readyz says what is
// missing, and the audit says where.
func TestADamagedWorksProgrammeAndDamagedReferenceDataAreNamed(t *testing.T) {
	t.Parallel()
	data, dsn, api, admin := dataDir(t), pgtest.New(t), freeAddress(t), freeAddress(t)
	up := []string{"up", "--data", data, "--postgres-url", dsn}
	r := startAt(t, api, admin, up...)
	c := city{"http://" + api, "http://" + api}
	c.open(t)
	if printed, err := works(t, r, "import", worksTable(t)); err == nil { // some of its rows are bad
		t.Errorf("the import of the works programme ends well: %s", printed)
	}
	for _, damage := range []struct{ stream, subject, check, code, where string }{
		{"WORKS_" + referencetest.District, "works." + referencetest.District + ".P-3", "programme", "programme.unavailable", ":3 is missing\n"},
		{"REFERENCE_" + referencetest.District, "reference." + referencetest.District + ".catalogue", "reference", "access.away", ":2 is missing\n"},
	} {
		r.stop(t, syscall.SIGTERM)
		flip(t, data, damage.stream, damage.subject)
		r = launch(t, api, admin, up...)
		r.waitsFor(t, `"`+damage.check+`":"`, "misses sequence")
		if _, err := once(t, c, "worker-1", pipeReport(newCaseID(t))); client.Fault(err) == nil || client.Fault(err).Kind != fault.Unavailable || client.Fault(err).Code != damage.code {
			t.Errorf("with %s damaged a report: %v, want %s", damage.stream, client.Fault(err), damage.code)
		}
		printed, status := shell(t, "audit", "--no-views", "--url", "http://"+api, "--token", referencetest.OperatorToken)
		if status != 1 || !strings.Contains(printed, "wrong: "+damage.stream+damage.where) {
			t.Errorf("with %s damaged the audit ends with %d: %s", damage.stream, status, printed)
		}
	}
}

// flip changes a bit of the first record with a subject, behind its headers' first line, in the files of a stream.
func flip(t *testing.T, data, stream, subject string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(data, "nats", "store", "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the blocks of %s are %v, %v", stream, found, err)
	}
	block, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(regexp.QuoteMeta(subject)).FindIndex(block)
	if at == nil {
		t.Fatalf("%s has no %s", stream, subject)
	}
	block[at[1]+20] ^= 0x10
	if err := os.WriteFile(found[0], block, 0o600); err != nil {
		t.Fatal(err)
	}
}

// waitsFor returns when /readyz says all these.
func (r *running) waitsFor(t *testing.T, parts ...string) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; <-time.After(20 * time.Millisecond) {
		said, all := r.unready(t), true
		for _, part := range parts {
			all = all && strings.Contains(said, part)
		}
		if all {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Sprintf("/readyz says %q, want %q", said, parts), r.output)
		}
	}
}
