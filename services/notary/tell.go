package notary

import (
	"context"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"
)

// often is how often an audit tells how far it is.
const often = 250 * time.Millisecond

// progress tells who asked for an audit how far it is.
type progress struct {
	to    gridcasev1connect.EvidenceServiceAuditServerStream
	last  time.Time
	total uint64
}

// tell sends how far the audit is, unless that was told a moment ago.
func (p *progress) tell(done, total uint64) error {
	p.total = total
	if time.Since(p.last) < often {
		return nil
	}
	p.last = time.Now()
	return p.to.Send(&gridcasev1.AuditResponse{Done: done, Total: total})
}

// Audit audits one stream of evidence or the views, and tells how far it is. It ends with the call.
func (n *Notary) Audit(ctx context.Context, q *gridcasev1.AuditRequest, to gridcasev1connect.EvidenceServiceAuditServerStream) error {
	answer, err := n.audit(ctx, q, &progress{to: to})
	if err != nil {
		return err
	}
	return to.Send(answer)
}

// audit does what the request asks for and returns the last answer.
func (n *Notary) audit(ctx context.Context, q *gridcasev1.AuditRequest, p *progress) (*gridcasev1.AuditResponse, error) {
	if views := q.GetViews(); views != nil {
		return n.tellViews(ctx, views, p)
	}
	k, err := n.kept(ctx, q.GetStream().GetStream())
	if err != nil {
		return nil, err
	}
	if err := p.tell(0, k.Last); err != nil { // it may have to wait for its turn
		return nil, err
	}
	end, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	found, err := n.auditStream(ctx, k, int(q.GetStream().GetSample()), func(done uint64) error { return p.tell(done, max(done, k.Last)) })
	if err != nil {
		return nil, err
	}
	return &gridcasev1.AuditResponse{Done: p.total, Total: p.total, Result: &gridcasev1.AuditResponse_Stream{Stream: found}}, nil
}

func (n *Notary) tellViews(ctx context.Context, q *gridcasev1.AuditViewsRequest, p *progress) (*gridcasev1.AuditResponse, error) {
	end, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	found, err := n.auditViews(ctx, q, p.tell)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.AuditResponse{Done: p.total, Total: p.total, Result: &gridcasev1.AuditResponse_Views{Views: found}}, nil
}
