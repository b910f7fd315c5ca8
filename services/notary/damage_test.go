package notary_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

func (o *office) stream() string { return fmt.Sprintf("CASES_%s_%04d", referencetest.District, o.year) }

// at is a position in the cases' log.
func (o *office) at(seq int) string {
	return fmt.Sprintf("%s-%04d:%d", referencetest.District, o.year, seq)
}

// block returns the file in which a broker with this store keeps a stream.
func (o *office) block(store, stream string) string {
	o.t.Helper()
	found, err := filepath.Glob(filepath.Join(store, "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(found) != 1 {
		o.t.Fatalf("the blocks of %s are %v, %v", stream, found, err)
	}
	return found[0]
}

// spoil closes the office, changes its log's file, and opens it again.
func (o *office) spoil(change func(block []byte) []byte) {
	o.t.Helper()
	o.close()
	rewrite(o.t, o.block(filepath.Join(o.dir, "nats", "store"), o.stream()), change)
	directory := o.open(o.embedded, 1)
	eventually(o.t, "the district is there again", func() bool { return directory.Ready() == nil && len(directory.Districts()) > 0 })
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// recordOf is where the n-th event of a case stands in a block: its subject, behind 22 bytes of lengths, sequence and time.
func recordOf(t *testing.T, block []byte, caseID string, n int) int {
	t.Helper()
	subject := regexp.MustCompile(`(?s)cases\.\d{6}\.\d{4}\.` + caseID + `.{4}NATS/1\.0`)
	found := subject.FindAllIndex(block, n)
	if len(found) < n {
		t.Fatalf("event %d of %s is not in the block", n, caseID)
	}
	return found[n-1][0]
}

// halts checks that a projector stops and names what the audit named.
func (o *office) halts(dsn, says string) {
	o.t.Helper()
	if err := o.project(dsn, never); err == nil || !strings.Contains(err.Error(), says) {
		o.t.Errorf("the projector says %v, want %q", err, says)
	}
}

func TestAFlippedBitInAStoredEventIsNamedByTheAuditAndTheProjector(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		byte func(block []byte, record int) int
	}{
		{"in its subject", func(_ []byte, record int) int { return record }},
		{"in a header", func(block []byte, record int) int {
			return record + bytes.Index(block[record:], []byte("gridcase-actor")) + 20
		}},
		{"in its time", func(_ []byte, record int) int { return record - 6 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.work(5)
			o.spoil(func(block []byte) []byte {
				block[tt.byte(block, recordOf(t, block, o.cases[2], 2))] ^= 0x10
				return block
			})
			a := o.audit()
			if !says(a.GetFindings(), "gap", o.at(8)+" is missing") || !says(a.GetFindings(), "chain", o.cases[2]+" version 3: it follows version 1 of "+o.at(7)) || a.GetFound() != 2 {
				t.Errorf("the audit says %v", a)
			}
			o.halts(pgtest.New(t), "misses sequence 8")
			if _, err := o.sign(); err == nil || !strings.Contains(err.Error(), o.at(8)+" is missing") {
				t.Errorf("signing says %v", err)
			}
		})
	}
}

// TestAFlippedBitThatHidesTheRestOfABlockIsNamed: the broker takes the log to end before a record whose length can't be. Only who knew
// more can tell: the signed root, and the views.
func TestAFlippedBitThatHidesTheRestOfABlockIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(5)
	if _, err := o.sign(); err != nil {
		t.Fatal(err)
	}
	if err := o.project(o.dsn, 15); err != nil {
		t.Fatal(err)
	}
	o.spoil(func(block []byte) []byte {
		block[recordOf(t, block, o.cases[2], 2)-22] ^= 0x10
		return block
	})
	if a := o.audit(); !says(a.GetFindings(), "root", "root of 15 events", "it ends at "+o.at(7)) {
		t.Errorf("the audit says %v", a)
	}
	o.halts(o.dsn, "misses sequence 15")
	if _, err := o.sign(); err == nil || !strings.Contains(err.Error(), "it ends at "+o.at(7)) {
		t.Errorf("signing says %v", err)
	}
}

func TestATruncatedFileIsNamedByTheAuditAndTheProjector(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(5)
	if err := o.project(o.dsn, 15); err != nil {
		t.Fatal(err)
	}
	o.spoil(func(block []byte) []byte { return block[:recordOf(t, block, o.cases[3], 3)] })
	if a := o.audit(); !says(a.GetFindings(), "gap", o.at(12)+" to 15 are missing: 4 events") || a.GetFound() != 1 {
		t.Errorf("the audit says %v", a)
	}
	o.halts(o.dsn, "misses sequence 15")
	for _, q := range []*gridcasev1.AuditViewsRequest{{Whole: true}, {Sample: 10}} {
		if a, err := o.client.Evidence.AuditViews(t.Context(), q); err != nil || !says(a.GetFindings(), "checkpoint", "holds "+o.at(15), "log") {
			t.Errorf("the audit of the views says %v, %v", a, err)
		}
	}
	if _, err := o.sign(); err == nil || !strings.Contains(err.Error(), o.at(12)+" to 15 are missing") {
		t.Errorf("signing says %v", err)
	}
}

// forge makes the log of the cases anew, with leave to delete, and stores its events as change leaves them.
func (o *office) forge(change func(seq uint64, m *nats.Msg)) jetstream.Stream {
	o.t.Helper()
	return o.forgeStream(o.stream(), fmt.Sprintf("cases.%s.%04d.*", referencetest.District, o.year), change)
}

// forgeStream makes a stream anew, with leave to delete, and stores its messages as change leaves them.
func (o *office) forgeStream(name, subjects string, change func(seq uint64, m *nats.Msg)) jetstream.Stream {
	o.t.Helper()
	js, err := jetstream.New(o.conn)
	if err != nil {
		o.t.Fatal(err)
	}
	copies, _, err := o.log.Copies(o.t.Context(), name)
	if err != nil {
		o.t.Fatal(err)
	}
	events, err := copies[0].Read(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	if err := js.DeleteStream(o.t.Context(), name); err != nil {
		o.t.Fatal(err)
	}
	s, err := js.CreateStream(o.t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{subjects}, AllowDirect: true})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range events {
		m := &nats.Msg{Subject: e.Subject, Header: e.Headers, Data: e.Payload}
		change(e.Seq, m)
		for header := range m.Header {
			if strings.HasPrefix(header, "Nats-") {
				m.Header.Del(header)
			}
		}
		if _, err := js.PublishMsg(o.t.Context(), m); err != nil {
			o.t.Fatal(err)
		}
	}
	return s
}

func TestADeletedMessageIsNamedByTheAuditAndTheProjector(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(5)
	if err := o.forge(func(uint64, *nats.Msg) {}).DeleteMsg(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	if a := o.audit(); !says(a.GetFindings(), "gap", o.at(8)+" is missing") || a.GetFound() != 2 {
		t.Errorf("the audit says %v", a)
	}
	o.halts(pgtest.New(t), "misses sequence 8")
}

func TestAnAdministratorsForgeryIsNamed(t *testing.T) {
	t.Parallel()
	t.Run("of an event in the middle of a case", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.work(5)
		o.forge(func(seq uint64, m *nats.Msg) {
			if seq == 8 {
				m.Header.Set("gridcase-actor", "somebody-else")
			}
		})
		if a := o.audit(); !says(a.GetFindings(), "chain", "case "+referencetest.District+"/"+o.cases[2]+" version 3", "version 2 ("+o.at(8)+") does not match its hash") || a.GetFound() != 1 {
			t.Errorf("the audit says %v", a)
		}
	})
	t.Run("of a case's last event, once a root was signed", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.work(3)
		if _, err := o.sign(); err != nil {
			t.Fatal(err)
		}
		o.work(2)
		o.forge(func(seq uint64, m *nats.Msg) {
			if seq == 9 {
				m.Header.Set("gridcase-actor", "somebody-else")
			}
		})
		if a := o.audit(); !says(a.GetFindings(), "root", "root of 9 events", o.at(1)+" to 9 was altered") || a.GetFound() != 1 {
			t.Errorf("the audit says %v", a)
		}
	})
	t.Run("of a state", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.work(1)
		o.forge(func(seq uint64, m *nats.Msg) {
			if seq == 3 {
				m.Header.Set("gridcase-state", gridcasev1.State_STATE_CLOSED.String())
			}
		})
		if a := o.audit(); !says(a.GetFindings(), "fold", o.cases[0]+" version 3", "tells STATE_CLOSED", "fold STATE_DISPATCHED", o.at(3)) {
			t.Errorf("the audit says %v", a)
		}
	})
}
