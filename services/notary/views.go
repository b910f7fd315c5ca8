package notary

import (
	"context"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/refold"
)

// AuditViews folds the logs afresh and says where the views differ.
func (n *Notary) AuditViews(ctx context.Context, q *gridcasev1.AuditViewsRequest) (*gridcasev1.AuditViewsResponse, error) {
	end, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	return n.auditViews(ctx, q, func(uint64, uint64) error { return nil })
}

// auditViews audits the views and tells how many events are folded, of how many.
func (n *Notary) auditViews(ctx context.Context, q *gridcasev1.AuditViewsRequest, tell func(done, total uint64) error) (*gridcasev1.AuditViewsResponse, error) {
	report, err := n.refold(ctx, q, tell)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.AuditViewsResponse{Events: report.Events, Cases: report.Cases, Rows: report.Rows}
	for _, v := range n.o.Views {
		answer.Views = append(answer.Views, v.Name())
	}
	var found, parked findings
	for _, d := range report.Differences {
		found.add(different(d))
	}
	for _, d := range report.Quarantined {
		f := different(d)
		f.Code = evidence.Quarantine
		parked.add(f)
	}
	answer.Findings, answer.Found, answer.Quarantined, answer.Parked = found.list, found.found, parked.list, parked.found
	return answer, nil
}

// different is what a comparison found, as a finding.
func different(d refold.Difference) evidence.Finding {
	f := evidence.Finding{Code: evidence.View, Position: d.Position, Text: d.Text}
	if d.Position != "" {
		f.Code = evidence.Checkpoint
	}
	if d.CaseID != "" {
		f.Case = d.District + "/" + d.CaseID
	}
	return f
}

func (n *Notary) refold(ctx context.Context, q *gridcasev1.AuditViewsRequest, tell func(done, total uint64) error) (*refold.Report, error) {
	fresh := n.fresh
	fresh.Told = tell
	if q.GetWhole() {
		return fresh.Whole(ctx)
	}
	streams, err := n.o.Log.Streams(ctx)
	if err != nil {
		return nil, err
	}
	cases := []eventstore.Case{} // none is not all
	for _, s := range streams {
		if q.GetDistrict() != "" && s.District != q.GetDistrict() {
			continue
		}
		drawn, err := n.draw(ctx, s, int(q.GetSample()))
		if err != nil {
			return nil, err
		}
		cases = append(cases, drawn...)
	}
	return fresh.Drawn(ctx, cases)
}
