package notary

import (
	"context"
	"fmt"
	"math/rand/v2"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/refold"
)

// draw returns cases of a log by chance: those of drawn events, each once.
func (n *Notary) draw(ctx context.Context, s eventstore.Stream, count int) ([]eventstore.Case, error) {
	var cases []eventstore.Case
	drawn := map[string]bool{}
	for range count {
		if s.Last == 0 {
			break
		}
		e, err := n.o.Log.At(ctx, s, 1+rand.Uint64N(s.Last))
		if fault.KindOf(err) == fault.Unavailable {
			return nil, err
		}
		if err != nil || drawn[e.CaseID] {
			continue // what can't be read is the walk's to name
		}
		drawn[e.CaseID] = true
		cases = append(cases, eventstore.Case{District: e.District, Year: e.Year, ID: e.CaseID})
	}
	return cases, nil
}

// auditFold folds cases by the rules and compares them with what their events tell. It returns how many.
func (n *Notary) auditFold(ctx context.Context, a *audit, count int) (uint32, error) {
	cases, err := n.draw(ctx, a.stream, count)
	if err != nil {
		return 0, err
	}
	for _, k := range cases {
		events, err := n.o.Log.Load(ctx, k, 0, 0, "")
		if fault.KindOf(err) == fault.Unavailable {
			return 0, err
		}
		if err == nil { // a broken chain is the walk's to name
			a.fold(events)
		}
	}
	return uint32(len(cases)), nil
}

func (a *audit) fold(events []eventstore.Event) {
	var c casework.Case
	for i := range events {
		e := &events[i]
		m, err := e.Decode()
		if err != nil {
			return // the walk names it
		}
		c = casework.Evolve(c, casework.Recorded{Envelope: &e.Envelope, Message: m, Seq: e.Seq, Hash: e.Hash})
		if c.State != e.State || c.Version != e.Version || c.Place.GetGrid() != e.Grid {
			name := e.District + "/" + e.CaseID
			a.add(evidence.Finding{Code: evidence.Fold, Position: e.Position().String(), Case: name,
				Text: fmt.Sprintf("case %s version %d: the event tells %s in %s, the rules fold %s in %s (%s)", name, e.Version, e.State, e.Grid, c.State, c.Place.GetGrid(), e.Position())})
			return
		}
	}
}

// AuditViews folds the logs afresh and says where the views differ.
func (n *Notary) AuditViews(ctx context.Context, q *gridcasev1.AuditViewsRequest) (*gridcasev1.AuditViewsResponse, error) {
	end, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	report, err := n.refold(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.AuditViewsResponse{Events: report.Events, Cases: report.Cases, Rows: report.Rows}
	for _, v := range n.o.Views {
		answer.Views = append(answer.Views, v.Name())
	}
	var found findings
	for _, d := range report.Differences {
		f := evidence.Finding{Code: evidence.View, Position: d.Position, Text: d.Text}
		if d.Position != "" {
			f.Code = evidence.Checkpoint
		}
		if d.CaseID != "" {
			f.Case = d.District + "/" + d.CaseID
		}
		found.add(f)
	}
	answer.Findings, answer.Found = found.list, found.found
	return answer, nil
}

func (n *Notary) refold(ctx context.Context, q *gridcasev1.AuditViewsRequest) (*refold.Report, error) {
	if q.GetWhole() {
		return n.fresh.Whole(ctx)
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
	return n.fresh.Drawn(ctx, cases)
}
