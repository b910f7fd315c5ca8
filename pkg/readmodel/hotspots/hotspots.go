// Package hotspots answers one question: where was the same kind of problem filed again and again? One row a case, with the place and the
// type by which it is counted and when it was filed; a case that isn't filed, or no more, counts nowhere. It holds nobody's name and no text.
//
// A place is a unit grid or, where reports have a point, a piece of ground 50 m wide: a problem on the seam of two is counted in both halves.
package hotspots

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/projection"
)

// side is how wide and high a piece of ground is, in metres.
const side = 50

// View is the view.
type View struct{}

// Name is "hotspots".
func (View) Name() string { return "hotspots" }

// Version is the shape's number.
func (View) Version() int { return 1 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold those events of a batch that change where and whether a case counts.
func (View) Fold(batch []projection.Event) projection.Fold {
	var telling []projection.Event
	for i := range batch {
		if tells(&batch[i]) {
			telling = append(telling, batch[i])
		}
	}
	return &fold{projection.FoldCases(table, telling)}
}

type fold struct{ projection.CaseFold[row] }

// Write folds.
func (f *fold) Write(x *projection.Exchange) error {
	for i := range f.Batch {
		f.Rows.Of(&f.Batch[i]).apply(&f.Batch[i])
	}
	table.Upsert(x, f.Rows.Touched())
	return nil
}

// tells says whether an event changes a row.
func tells(e *projection.Event) bool {
	switch e.Message.(type) {
	case *gridcasev1.CaseReported, *gridcasev1.CaseRelocated, *gridcasev1.CaseReclassified, *gridcasev1.CaseFiled,
		*gridcasev1.CaseSentBack, *gridcasev1.CaseVoided, *gridcasev1.CaseMerged:
		return true
	}
	return false
}

// row is one case.
type row struct {
	District, CaseID, Grid, CaseType string
	Crs                              int16
	Column, Row                      *int32
	FiledAt                          *time.Time
}

// apply is the row after an event. A case that was reopened is the same occurrence: it counts when it was filed.
func (r *row) apply(e *projection.Event) {
	r.District, r.CaseID = e.District, e.CaseID
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.CaseType = m.GetCaseType()
		r.place(m.GetPlace())
	case *gridcasev1.CaseRelocated:
		r.place(m.GetPlace())
	case *gridcasev1.CaseReclassified:
		r.CaseType = m.GetCaseType()
	case *gridcasev1.CaseFiled:
		at := e.Time // a row outlives its batch
		r.FiledAt = &at
	case *gridcasev1.CaseSentBack, *gridcasev1.CaseVoided, *gridcasev1.CaseMerged:
		r.FiledAt = nil
	}
}

func (r *row) place(p *gridcasev1.Place) {
	r.Grid, r.Crs, r.Column, r.Row = p.GetGrid(), 0, nil, nil
	if p.GetPoint() != nil {
		tile := grid.TileOf(p.GetPoint(), side)
		r.Crs, r.Column, r.Row = int16(p.GetPoint().GetCrs()), &tile.Column, &tile.Row
	}
}

var table = &projection.Table[row]{
	Name: "cases", Comment: "where and when each case was filed; one row a case", Key: []string{"district", "case_id"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid", Field: func(r *row) any { return &r.Grid }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *row) any { return &r.CaseType }},
		{Name: "crs", Type: "smallint not null", Comment: "of the point that tile_column and tile_row were made of, number of gridcase.v1.Crs", Field: func(r *row) any { return &r.Crs }},
		{Name: "tile_column", Type: "int", Comment: "column of the 50 m tile, east of the prime meridian; null where the report had no point", Field: func(r *row) any { return &r.Column }},
		{Name: "tile_row", Type: "int", Comment: "row of the 50 m tile, north of the equator; null where the report had no point", Field: func(r *row) any { return &r.Row }},
		{Name: "filed_at", Type: "timestamptz", Comment: "effective time of the filing; null where the case doesn't count: not filed, sent back, voided or merged", Field: func(r *row) any { return &r.FiledAt }},
	},
	Extra: `create index if not exists cases_filed on cases (district, filed_at) where filed_at is not null;
`,
}
