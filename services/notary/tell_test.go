package notary_test

import (
	"context"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

func TestAnAuditTellsHowFarItIsBeforeItSaysWhatItFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(2)
	told, last, err := o.follow(streamRequest(o.stream()))
	if err != nil || told < 2 || last.GetDone() != 6 || last.GetTotal() != 6 || last.GetStream().GetEvents() != 6 {
		t.Errorf("%d answers, the last %v, %v", told, last, err)
	}
	if err := o.project(o.dsn, 6); err != nil {
		t.Fatal(err)
	}
	views := &gridcasev1.AuditRequest{What: &gridcasev1.AuditRequest_Views{Views: &gridcasev1.AuditViewsRequest{Whole: true}}}
	told, last, err = o.follow(views)
	if err != nil || told < 2 || last.GetDone() != 6 || last.GetTotal() != 6 || last.GetViews().GetEvents() != 6 || last.GetViews().GetFound() != 0 {
		t.Errorf("%d answers, the last %v, %v", told, last, err)
	}
}

// TestWhoEndsTheCallEndsTheAudit: a copy that counts an event which it does not deliver keeps an audit busy for seconds. Once nobody listens
// the server gives it up, and does not come to its end.
func TestWhoEndsTheCallEndsTheAudit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.programme()
	o.spoilAll(func(block []byte, at int) []byte {
		block[at] ^= 0x10
		return block
	}, map[string]record{worksStream: {"works.610399.P-1", 2}})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stream, err := o.client.Evidence.Audit(ctx, streamRequest(worksStream))
	if err != nil {
		t.Fatal(err)
	}
	if first, err := stream.Receive(); err != nil || first.GetTotal() != 4 || first.GetResult() != nil {
		t.Fatalf("the audit begins with %v, %v", first, err)
	}
	stop()
	eventually(t, "the server ends the audit", func() bool { return o.ended.Load() != nil })
	if outcome := o.ended.Load(); outcome == "ok" {
		t.Errorf("the audit went on to its end: %v", outcome)
	}
}

func TestAParkedCaseIsNoDamage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.work(2)
	if err := o.project(o.dsn, 6); err != nil {
		t.Fatal(err)
	}
	if _, err := o.pool.Exec(t.Context(), `insert into projection.quarantine select number, $1, $2, $3::text::uuid, 7, '', '', 'row.unreadable', '', now(), 1, 7, null, null, 0 from projection.generations where view = 'timeline'`,
		o.logOf().District, o.year, o.cases[1]); err != nil {
		t.Fatal(err)
	}
	a, err := o.client.Evidence.AuditViews(t.Context(), &gridcasev1.AuditViewsRequest{Whole: true})
	if err != nil || a.GetFound() != 0 || a.GetParked() != 1 || !says(a.GetQuarantined(), "quarantine", "view timeline_v", o.cases[1]+" is parked from "+o.at(7)+" on (row.unreadable)") {
		t.Errorf("the audit says %v, %v", a, err)
	}
}
