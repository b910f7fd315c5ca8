package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

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
	type asked struct {
		call func(context.Context) error
		code string
	}
	report := func(ctx context.Context) error {
		_, err := c.as("worker-1").Field.ReportCase(ctx, pipeReport(newCaseID(t)))
		return err
	}
	for _, damage := range []struct {
		stream, subject, where, readyz string
		refused                        []asked
	}{
		{"WORKS_" + referencetest.District, "works." + referencetest.District + ".P-3", ":3 is missing\n", `"reference":"ready"`, []asked{{report, "programme.unavailable"},
			{func(ctx context.Context) error {
				_, err := c.as("dispatcher").Works.CancelProject(ctx, &gridcasev1.CancelProject{Target: &gridcasev1.ProjectTarget{ProjectCode: "P-4", CommandId: uuid.NewString()}, Reason: gridcasev1.CancellationReason_CANCELLATION_REASON_FUNDS})
				return err
			}, "programme.unavailable"},
			{func(ctx context.Context) error {
				_, err := c.as("supervisor").Works.ListProjects(ctx, &gridcasev1.ListProjectsRequest{})
				return err
			}, "programme.unavailable"}}},
		{"REFERENCE_" + referencetest.District, "reference." + referencetest.District + ".catalogue", ":2 is missing\n", "follow reference data", []asked{{report, "access.away"},
			{func(ctx context.Context) error {
				_, err := c.as("operator").Desk.PublishCatalogue(ctx, referencetest.Catalogue())
				return err
			}, "reference.unavailable"},
			{func(ctx context.Context) error {
				_, err := c.as("operator").Query.GetGridMap(ctx, &gridcasev1.GetGridMapRequest{})
				return err
			}, "reference.unavailable"}}},
	} {
		r.stop(t, syscall.SIGTERM)
		flip(t, data, damage.stream, damage.subject)
		r = launch(t, api, admin, up...)
		r.waitsFor(t, damage.readyz, damage.stream+" misses sequence")
		for i, asked := range damage.refused {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			err := asked.call(ctx)
			cancel()
			if f := client.Fault(err); err == nil || f.Kind != fault.Unavailable || f.Code != asked.code {
				t.Errorf("with %s damaged, call %d: %v, want %s", damage.stream, i, err, asked.code)
			}
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
