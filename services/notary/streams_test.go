package notary_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/worklog"
	"github.com/gridcase/gridcase/pkg/works"
)

// The streams beside the cases', and the subjects of each.
const (
	worksStream     = "WORKS_" + referencetest.District
	referenceStream = "REFERENCE_" + referencetest.District
	rootsStream     = "ROOTS_" + referencetest.District
	worksSubjects   = "works." + referencetest.District + ".*"
	calendarSubject = "reference." + referencetest.District + ".calendar"
)

// fill stores a few messages in every stream: 4 events of 2 projects, 6 records of 4 topics, 3 signed roots.
func (o *office) fill() {
	o.t.Helper()
	o.programme()
	for _, zone := range []string{"Asia/Urumqi", "Asia/Shanghai"} {
		c := referencetest.Calendar()
		c.Calendar.Zone = zone
		if _, err := o.directory.PublishCalendar(o.t.Context(), c); err != nil {
			o.t.Fatal(err)
		}
	}
	for range 3 {
		o.work(1)
		if _, err := o.sign(); err != nil {
			o.t.Fatal(err)
		}
	}
}

// programme plans P-1, grants it two permits, and plans P-2.
func (o *office) programme() {
	o.t.Helper()
	actor, err := o.access.Authenticate(referencetest.Token("dispatcher"))
	if err != nil {
		o.t.Fatal(err)
	}
	service := worklog.New(worklog.Options{Log: o.log, Directory: o.directory, Access: o.access})
	for _, cmd := range []works.Command{plan("P-1"), grant("P-1", "Z-1"), grant("P-1", "Z-2"), plan("P-2")} {
		if _, err := service.Do(o.t.Context(), actor, cmd); err != nil {
			o.t.Fatal(err)
		}
	}
}

func plan(code string) *gridcasev1.PlanProject {
	from := time.Now()
	return &gridcasev1.PlanProject{Target: project(code), Road: "Sample Road", Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION, Segments: []*gridcasev1.Segment{{Id: "S1", LengthM: 120}},
		PlannedStart: timestamppb.New(from), PlannedEnd: timestamppb.New(from.AddDate(0, 2, 0))}
}

func grant(code, number string) *gridcasev1.GrantPermit {
	from := time.Now()
	return &gridcasev1.GrantPermit{Target: project(code), Number: number, ValidFrom: timestamppb.New(from), ValidTo: timestamppb.New(from.AddDate(0, 3, 0)),
		Rings: []*gridcasev1.Ring{{Coordinates: []float64{107.4, 34.4, 107.6, 34.4, 107.6, 34.6, 107.4, 34.6, 107.4, 34.4}}}}
}

func project(code string) *gridcasev1.ProjectTarget {
	return &gridcasev1.ProjectTarget{ProjectCode: code, CommandId: uuid.NewString()}
}

// follow asks for an audit and returns how often it told how far it is, and its last answer.
func (o *office) follow(q *gridcasev1.AuditRequest) (told int, last *gridcasev1.AuditResponse, err error) {
	o.t.Helper()
	stream, err := o.client.Evidence.Audit(o.t.Context(), q)
	if err != nil {
		return 0, nil, client.Fault(err)
	}
	defer func() { _ = stream.Close() }()
	for {
		answer, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return told, last, nil
		}
		if err != nil {
			return told, nil, client.Fault(err)
		}
		told, last = told+1, answer
	}
}

func streamRequest(name string) *gridcasev1.AuditRequest {
	return &gridcasev1.AuditRequest{What: &gridcasev1.AuditRequest_Stream{Stream: &gridcasev1.AuditStreamRequest{Stream: name, Sample: 5}}}
}

// auditStream returns what an audit of a stream finds.
func (o *office) auditStream(name string) *gridcasev1.AuditStreamResponse {
	o.t.Helper()
	_, last, err := o.follow(streamRequest(name))
	if err != nil || last.GetStream().GetStream() != name {
		o.t.Fatalf("the audit of %s answers %v, %v", name, last, err)
	}
	return last.GetStream()
}

// finds checks that an audit of a stream says one thing, and how much it says in all.
func (o *office) finds(stream string, found uint64, code string, parts ...string) {
	o.t.Helper()
	if a := o.auditStream(stream); a.GetFound() != found || !says(a.GetFindings(), code, parts...) {
		o.t.Errorf("the audit says %v, want %d findings with a %s that says %q", a, found, code, parts)
	}
}

func TestEveryStreamOfEvidenceIsAudited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	want := map[string][2]uint64{worksStream: {4, 2}, referenceStream: {6, 4}, rootsStream: {3, 1}, o.stream(): {9, 3}, "KV_NUMBERS": {1, 1}}
	answer, err := o.client.Evidence.ListStreams(t.Context(), &gridcasev1.ListStreamsRequest{})
	if err != nil || len(answer.GetStreams()) != len(want) {
		t.Fatalf("the streams are %v, %v", answer, err)
	}
	for _, s := range answer.GetStreams() {
		a := o.auditStream(s.GetName())
		if got := [2]uint64{a.GetEvents(), a.GetSubjects()}; got != want[s.GetName()] || a.GetFound() != 0 {
			t.Errorf("%s: the audit says %v, want %v", s.GetName(), a, want[s.GetName()])
		}
	}
	if a, old := o.auditStream(o.stream()), o.audit(); a.GetRoot() != old.GetRoot() || a.GetRoots() != 3 || a.GetEvents() != old.GetEvents() {
		t.Errorf("of the cases one audit says %v, the other %v", a, old)
	}
	for _, name := range []string{"TIMERS_1", "WORKS_610398"} {
		if _, _, err := o.follow(streamRequest(name)); fault.Of(err).Code != "stream.unknown" {
			t.Errorf("%s is answered by %v", name, err)
		}
	}
	if _, _, err := o.follow(&gridcasev1.AuditRequest{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an audit of nothing is answered by %v", err)
	}
}

// spoilAll closes the office, changes the files of the streams from the record of a subject on, and opens it again.
func (o *office) spoilAll(change func(block []byte, record int) []byte, records map[string]record) {
	o.t.Helper()
	o.close()
	for stream, r := range records {
		rewrite(o.t, o.block(filepath.Join(o.dir, "nats", "store"), stream), func(block []byte) []byte {
			found := regexp.MustCompile(`(?s)`+regexp.QuoteMeta(r.subject)+`.{4}NATS/1\.0`).FindAllIndex(block, r.n)
			if len(found) < r.n {
				o.t.Fatalf("record %d of %s is not in the block", r.n, r.subject)
			}
			return change(block, found[r.n-1][0])
		})
	}
	o.open(o.embedded, 1)
}

// record is the n-th one of a subject.
type record struct {
	subject string
	n       int
}

func (o *office) rootsSubject() string {
	return fmt.Sprintf("roots.%s.%04d", referencetest.District, o.year)
}

func TestAFlippedBitInAnyStreamIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	o.patience = 2 * time.Second // a copy is waited for that counts what it does not deliver
	o.spoilAll(func(block []byte, at int) []byte {
		block[at] ^= 0x10
		return block
	}, map[string]record{worksStream: {"works.610399.P-1", 2}, referenceStream: {calendarSubject, 2}, rootsStream: {o.rootsSubject(), 2}})
	o.finds(worksStream, 2, "gap", worksStream+":2 is missing")
	o.finds(worksStream, 2, "chain", "project 610399/P-1 version 3: it follows version 1 of "+worksStream+":1")
	o.finds(referenceStream, 2, "gap", referenceStream+":5 is missing")
	o.finds(referenceStream, 2, "version", "calendar version 3 is "+referenceStream+":6 and follows calendar version 1 of "+referenceStream+":3")
	o.finds(rootsStream, 1, "gap", rootsStream+":2 is missing")
}

func TestATruncatedFileOfAnyStreamIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	o.spoilAll(func(block []byte, at int) []byte { return block[:at] },
		map[string]record{worksStream: {"works.610399.P-2", 1}, referenceStream: {calendarSubject, 3}, rootsStream: {o.rootsSubject(), 3}})
	o.finds(worksStream, 1, "gap", worksStream+":4 is missing")
	o.finds(referenceStream, 1, "gap", referenceStream+":6 is missing")
	o.finds(rootsStream, 1, "gap", rootsStream+":3 is missing")
}

func TestADeletedMessageOfAnyStreamIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	for name, subjects := range map[string]string{worksStream: worksSubjects, referenceStream: "reference.610399.*", rootsStream: "roots.610399.*"} {
		if err := o.forgeStream(name, subjects, func(uint64, *nats.Msg) {}).DeleteMsg(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
	o.finds(worksStream, 2, "gap", worksStream+":2 is missing")
	o.finds(referenceStream, 1, "gap", referenceStream+":2 is missing")
	o.finds(rootsStream, 1, "gap", rootsStream+":2 is missing")
}

func TestAForgeryInAnyStreamIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	at := func(seq uint64, change func(*nats.Msg)) func(uint64, *nats.Msg) {
		return func(now uint64, m *nats.Msg) {
			if now == seq {
				change(m)
			}
		}
	}
	o.forgeStream(worksStream, worksSubjects, at(2, func(m *nats.Msg) { m.Header.Set("gridcase-actor", "somebody-else") }))
	o.forgeStream(referenceStream, "reference.610399.*", at(5, func(m *nats.Msg) { m.Data = m.Data[:len(m.Data)-1] }))
	o.forgeStream(rootsStream, "roots.610399.*", at(2, func(m *nats.Msg) { m.Data[30] ^= 1 }))
	o.finds(worksStream, 1, "chain", "project 610399/P-1 version 3: version 2 ("+worksStream+":2) does not match its hash")
	o.finds(referenceStream, 2, "event", referenceStream+":5 is no version of calendar")
	o.finds(rootsStream, 1, "root", "root "+rootsStream+":2 can't be trusted")
}

func TestALogWithRootsThatIsGoneIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	js, err := jetstream.New(o.conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), o.stream()); err != nil {
		t.Fatal(err)
	}
	o.finds(rootsStream, 1, "root", fmt.Sprintf("%s-%04d, whose root of 9 events was signed at ", referencetest.District, o.year), "is not there")
}

// TestACopyOfAWorksProgrammeThatDiffersIsNamedByServer flips a bit on the disk of one node of three, which doesn't lead the stream.
func TestACopyOfAWorksProgrammeThatDiffersIsNamedByServer(t *testing.T) {
	t.Parallel()
	cluster := natstest.Cluster(t)
	o := &office{t: t, dir: t.TempDir(), dsn: pgtest.New(t), year: thisYear()}
	t.Cleanup(o.close)
	directory := o.open(func() (*nats.Conn, func()) {
		conn := cluster.Connect(t)
		return conn, conn.Close
	}, 3)
	referencetest.Publish(t, directory)
	o.programme()
	if a := o.auditStream(worksStream); a.GetFound() != 0 || len(a.GetCopies()) != 3 {
		t.Fatalf("the audit of equal copies says %v", a)
	}
	spoilt := (cluster.Leader(t, worksStream) + 1) % 3
	cluster.Stop(spoilt)
	rewrite(t, o.block(cluster.StoreDir(spoilt), worksStream), func(block []byte) []byte {
		block[regexp.MustCompile(`(?s)works\.610399\.P-1.{4}NATS/1\.0`).FindAllIndex(block, 2)[1][0]] ^= 0x10
		return block
	})
	cluster.Start(t, spoilt)
	eventually(t, "the node is back", func() bool {
		copies, missing, err := o.log.Copies(t.Context(), worksStream)
		for _, c := range copies {
			c.Close(t.Context())
		}
		return err == nil && len(missing) == 0
	})
	o.finds(worksStream, 1, "copy", "server "+cluster.Name(spoilt)+" misses "+worksStream+":2")
}
