package notary_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

func (o *office) logOf() eventstore.Stream {
	return eventstore.Stream{District: referencetest.District, Year: o.year}
}

// roots are the sizes of the log's signed roots.
func (o *office) roots() (sizes []uint64) {
	o.t.Helper()
	for page := ""; ; {
		answer, err := o.client.Evidence.ListRoots(o.t.Context(), &gridcasev1.ListRootsRequest{District: referencetest.District, Year: uint32(o.year), Limit: 2, Page: page})
		if err != nil {
			o.t.Fatal(client.Fault(err))
		}
		for _, r := range answer.GetRoots() {
			if _, err := evidence.OpenRoot(r.GetCheckpoint(), answer.GetKey()); err != nil {
				o.t.Error(err)
			}
			sizes = append(sizes, r.GetSize())
		}
		if page = answer.GetNextPage(); page == "" {
			return sizes
		}
	}
}

func TestALogsRootIsSignedOnceADayIfItHasGrown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var today atomic.Int64
	o.close()
	o.now = func() time.Time { return time.Date(2030, 1, 1+int(today.Load()), 12, 0, 0, 0, time.UTC) }
	directory := o.open(o.embedded, 1)
	eventually(t, "the district is there", func() bool { return directory.Ready() == nil && len(directory.Districts()) > 0 })
	o.work(1)
	defer o.run(func(ctx context.Context) { _ = o.notary.Run(ctx) })()
	eventually(t, "the first root is signed", func() bool { return len(o.roots()) == 1 })
	o.work(1)
	today.Add(1)
	eventually(t, "the next day's root is signed", func() bool { return len(o.roots()) == 2 })
	today.Add(1) // on which nothing happens
	today.Add(1)
	o.work(1)
	eventually(t, "the root of the day after is signed", func() bool { return len(o.roots()) == 3 })
	sizes := o.roots()
	if sizes[0] > sizes[1] || sizes[1] >= sizes[2] || o.notary.Refused() != 0 {
		t.Errorf("the roots are of %v events, %d refused", sizes, o.notary.Refused())
	}
}

func TestALogThatHasNotGrownKeepsItsRoot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(1)
	first, err := o.sign()
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.sign()
	if err != nil || again.GetCheckpoint() != first.GetCheckpoint() || len(o.roots()) != 1 {
		t.Errorf("the roots are %v and %v (%v), stored %v", first, again, err, o.roots())
	}
}

// TestABrokerThatWasSetBackIsNotSigned: the roots went back with the log; the notary's memory did not.
func TestABrokerThatWasSetBackIsNotSigned(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(2)
	o.close()
	nats := filepath.Join(o.dir, "nats")
	if err := os.CopyFS(filepath.Join(o.dir, "backup"), os.DirFS(nats)); err != nil {
		t.Fatal(err)
	}
	reopen := func() {
		directory := o.open(o.embedded, 1)
		eventually(t, "the district is there", func() bool { return directory.Ready() == nil && len(directory.Districts()) > 0 })
	}
	reopen()
	o.work(2)
	if _, err := o.sign(); err != nil {
		t.Fatal(err)
	}
	o.close()
	if err := os.RemoveAll(nats); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(o.dir, "backup"), nats); err != nil {
		t.Fatal(err)
	}
	reopen()
	if len(o.roots()) != 0 {
		t.Fatalf("the broker still has %v", o.roots())
	}
	if a := o.audit(); !says(a.GetFindings(), "root", "root of 12 events", "it ends at "+o.at(6)) {
		t.Errorf("the audit says %v", a)
	}
	o.work(5) // other events under the same numbers
	if _, err := o.sign(); err == nil || !strings.Contains(err.Error(), o.at(1)+" to 12 was altered, put in or taken out") {
		t.Errorf("signing says %v", err)
	}
	defer o.run(func(ctx context.Context) { _ = o.notary.Run(ctx) })()
	eventually(t, "the alarm is raised", func() bool { return o.notary.Refused() == 1 })
}

func TestARootThatOnlyTheMemoryHasIsStoredAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(1)
	signed, err := o.sign()
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(o.conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "ROOTS_"+referencetest.District); err != nil {
		t.Fatal(err)
	}
	o.close()
	o.open(o.embedded, 1)
	eventually(t, "the root is signed", func() bool { _, err = o.sign(); return err == nil })
	if last, err := o.log.LastRoot(t.Context(), o.logOf()); err != nil || last == nil || last.Note != signed.GetCheckpoint() {
		t.Errorf("the broker has %v, %v", last, err)
	}
}

func TestARootOfAnotherKeyIsAnAlarm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(1)
	if _, err := o.sign(); err != nil {
		t.Fatal(err)
	}
	o.close()
	if err := os.Remove(filepath.Join(o.dir, "root.key")); err != nil {
		t.Fatal(err)
	}
	directory := o.open(o.embedded, 1)
	eventually(t, "the district is there", func() bool { return directory.Ready() == nil && len(directory.Districts()) > 0 })
	if a := o.audit(); !says(a.GetFindings(), "root", "root 1 of", "can't be trusted") {
		t.Errorf("the audit says %v", a)
	}
	if _, err := o.sign(); err == nil || !strings.Contains(err.Error(), "not of this key") {
		t.Errorf("signing says %v", err)
	}
}

func TestAProofIsMadeByTheServerAndCheckedWithoutIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(4)
	prove := func(caseID string, size uint64) ([]byte, error) {
		answer, err := o.client.Evidence.GetProof(t.Context(), &gridcasev1.GetProofRequest{District: referencetest.District, CaseId: caseID, Size: size})
		if err != nil {
			return nil, client.Fault(err)
		}
		return answer.GetFile(), nil
	}
	if _, err := prove(o.cases[0], 0); fault.Of(err).Code != "root.unknown" {
		t.Errorf("without a root a proof is answered by %v", err)
	}
	first, err := o.sign()
	if err != nil {
		t.Fatal(err)
	}
	o.work(3)
	if _, err := prove(o.cases[5], 0); fault.Of(err).Code != "root.behind" {
		t.Errorf("a case behind the root is answered by %v", err)
	}
	if _, err := prove("01980000-0000-7000-8000-000000000000", 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a case that is none is answered by %v", err)
	}
	if _, err := o.sign(); err != nil {
		t.Fatal(err)
	}
	logs, err := o.client.Evidence.ListLogs(t.Context(), &gridcasev1.ListLogsRequest{})
	if err != nil || len(logs.GetLogs()) != 1 || logs.GetLogs()[0].GetRoot().GetSize() != 21 {
		t.Fatalf("the logs are %v, %v", logs, err)
	}
	for _, size := range []uint64{0, first.GetSize()} {
		file, err := prove(o.cases[1], size)
		if err != nil {
			t.Fatal(err)
		}
		p, err := evidence.Verify(file, logs.GetKey())
		if err != nil || len(p.Events) != 3 || p.Events[2].State != gridcasev1.State_STATE_DISPATCHED || p.CaseID != o.cases[1] {
			t.Errorf("the proof shows %v, %v", p, err)
		}
	}
	o.forge(func(seq uint64, m *nats.Msg) {
		if seq == 9 {
			m.Data = append(m.Data, 0)
		}
	})
	if _, err := prove(o.cases[1], 0); fault.Of(err).Code != "log.unsound" {
		t.Errorf("a forged log proves: %v", err)
	}
}
