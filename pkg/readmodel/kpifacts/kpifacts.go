// Package kpifacts answers one question: what are the figures of a period made of? One row a case, with its events cut down to what a figure
// is made of: when, at which stage and in whose hands it was, and the due times. It holds no figure, so that each is computed from it for any
// period, definition and moment. It holds nobody's name and no text.
//
// # Decisions
//
// 2026-11: the facts of a case are one value, written anew with each of its events. So a month of 123,000 cases is read in 3 s, where a row an
// event took 8. The price is a row an event, which grows to some 400 bytes, and to more for a case with very many.
package kpifacts

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// View is the view.
type View struct{}

// Name is "kpifacts".
func (View) Name() string { return "kpifacts" }

// Version is the shape's number.
func (View) Version() int { return 1 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold {
	return &fold{projection.FoldCases(table, batch)}
}

type fold struct{ projection.CaseFold[row] }

// Write folds.
func (f *fold) Write(x *projection.Exchange) error {
	for i := range f.Batch {
		e := &f.Batch[i]
		if err := f.Rows.Of(e).apply(e); err != nil {
			return err
		}
	}
	table.Upsert(x, f.Rows.Touched())
	return nil
}

// row is one case.
type row struct {
	District, CaseID, Grid string
	Year                   int32
	Seq                    int64
	ReportedAt             time.Time
	EndedAt                *time.Time
	Facts                  []byte
}

// apply is the row after an event.
func (r *row) apply(e *projection.Event) error {
	cut := kpi.Cut(kpi.Event{Case: e.CaseID, At: e.Time, Actor: e.Actor, Grid: e.Grid, Message: e.Message})
	fact := &gridcasev1.KpiFact{Sequence: e.Seq, At: e.Time.UnixMicro(), Actor: cut.Actor, Event: gridcasev1.WrapEvent(cut.Message)}
	if e.Grid != r.Grid {
		fact.Grid = e.Grid
	}
	facts, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(r.Facts, &gridcasev1.KpiFacts{Facts: []*gridcasev1.KpiFact{fact}})
	if err != nil {
		return &projection.DataError{Code: "facts.unwritable", Text: "what the figures take of the event can't be encoded"}
	}
	if len(r.Facts) == 0 {
		r.ReportedAt = e.Time
	}
	r.District, r.CaseID, r.Grid, r.Year, r.Seq, r.Facts, r.EndedAt = e.District, e.CaseID, e.Grid, int32(e.Year), int64(e.Seq), facts, nil
	if readmodel.Ended(e.State) {
		at := e.Time // a row outlives its batch
		r.EndedAt = &at
	}
	return nil
}

var table = &projection.Table[row]{
	Name: "cases", Comment: "what the figures are made of; one row a case", Key: []string{"district", "case_id"}, Spare: 20,
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "year", Type: "int not null", Comment: "of the case's log", Field: func(r *row) any { return &r.Year }},
		{Name: "seq", Type: "bigint not null", Comment: "of the last event in that log", Field: func(r *row) any { return &r.Seq }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid after the last event", Field: func(r *row) any { return &r.Grid }},
		{Name: "reported_at", Type: "timestamptz not null", Comment: "effective time of the first event", Field: func(r *row) any { return &r.ReportedAt }},
		{Name: "ended_at", Type: "timestamptz", Comment: "effective time of the last event of an ended case; null of one that is not", Field: func(r *row) any { return &r.EndedAt }},
		{Name: "facts", Type: "bytea not null", Comment: "gridcase.v1.KpiFacts: each event, cut", Field: func(r *row) any { return &r.Facts }},
	},
	Extra: `create index if not exists cases_ended on cases (district, ended_at);
`,
}
