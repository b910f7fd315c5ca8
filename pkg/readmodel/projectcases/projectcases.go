// Package projectcases answers one question: how many cases name a project of the works programme, open and ended? One row a case that names
// one, by its field project_code.
package projectcases

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// fieldName is the field of a case type by which cases name a project.
const fieldName = "project_code"

// View is the view.
type View struct{}

// Name is "projectcases".
func (View) Name() string { return "projectcases" }

// Version is the shape's number.
func (View) Version() int { return 1 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold {
	return &fold{projection.FoldCases(table, batch)}
}

type fold struct{ projection.CaseFold[row] }

// Write folds. Cases that name no project leave no row.
func (f *fold) Write(x *projection.Exchange) error {
	for i := range f.Batch {
		f.Rows.Of(&f.Batch[i]).apply(&f.Batch[i])
	}
	var naming []*row
	for _, r := range f.Rows.Touched() {
		if r.Project != "" {
			naming = append(naming, r)
		}
	}
	table.Upsert(x, naming)
	return nil
}

// row is a case that names a project.
type row struct {
	District, CaseID, Project string
	State                     int16
}

func (r *row) apply(e *projection.Event) {
	r.District, r.CaseID, r.State = e.District, e.CaseID, int16(e.State)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.name(m.GetFields())
	case *gridcasev1.ReportAmended:
		r.name(m.GetFields())
	}
}

func (r *row) name(fields []*gridcasev1.Field) {
	for _, f := range fields {
		if f.GetName() == fieldName && f.GetCode() != "" {
			r.Project = f.GetCode()
		}
	}
}

var table = &projection.Table[row]{
	Name: "cases", Comment: "the cases that name a project of the works programme", Key: []string{"district", "case_id"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "project", Type: "text not null", Comment: "the project's code as the report says it", Field: func(r *row) any { return &r.Project }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *row) any { return &r.State }},
	},
	Extra: `create index if not exists cases_project on cases (district, project);
`,
}

// Count is how many cases name a project.
type Count struct{ Open, Ended uint32 }

// Counts reads the view.
type Counts struct{ Pool *pgxpool.Pool }

// ended are the states in which a case is not worked on any more.
var ended = []int16{int16(gridcasev1.State_STATE_CLOSED), int16(gridcasev1.State_STATE_NOT_FILED), int16(gridcasev1.State_STATE_VOIDED), int16(gridcasev1.State_STATE_MERGED)}

// ByProject returns the counts of a district by the project's code; those of one project alone where its code is given.
func (c Counts) ByProject(ctx context.Context, district, project string) (map[string]Count, error) {
	query := fmt.Sprintf(`select project, count(*) filter (where state <> all($3::smallint[])), count(*) filter (where state = any($3::smallint[]))
from %s.cases where district = $1 and ($2 = '' or project = $2) group by project`, projection.Schema(View{}))
	found, err := c.Pool.Query(ctx, query, district, project, ended)
	if err != nil {
		return nil, fmt.Errorf("count the cases of projects: %w", err)
	}
	counts := map[string]Count{}
	var code string
	var n Count
	_, err = pgx.ForEachRow(found, []any{&code, &n.Open, &n.Ended}, func() error {
		counts[code] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the cases of projects: %w", err)
	}
	return counts, nil
}
