package casestatus

import (
	"time"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// row is one case.
type row struct {
	District, CaseID, Number, CaseType, Condition, ExternalRef string
	State, Source                                              int16
	Grid, Community, Street                                    string
	Longitude, Latitude                                        *float64
	Crs                                                        int16
	readmodel.Parties
	Bounces, Reworks, Reopenings                           int32
	ReportedAt, FiledAt, DispatchedAt, HandledAt, ClosedAt *time.Time
	Clocks                                                 readmodel.Clocks
	Version                                                int64
	Year                                                   int32
	Seq                                                    int64
	ChangedAt                                              time.Time
}

// table is how cases stand.
var table = &projection.Table[row]{
	Name: "cases", Comment: "how each case stands; one row a case", Key: []string{"district", "case_id"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Field: func(r *row) any { return &r.CaseID }},
		{Name: "number", Type: "text not null", Comment: "the number shown to people", Field: func(r *row) any { return &r.Number }},
		{Name: "case_type", Type: "text not null", Field: func(r *row) any { return &r.CaseType }},
		{Name: "condition", Type: "text not null", Comment: "the filing condition; empty until filed", Field: func(r *row) any { return &r.Condition }},
		{Name: "external_ref", Type: "text not null", Field: func(r *row) any { return &r.ExternalRef }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *row) any { return &r.State }},
		{Name: "source", Type: "smallint not null", Comment: "number of gridcase.v1.Source", Field: func(r *row) any { return &r.Source }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid", Field: func(r *row) any { return &r.Grid }},
		{Name: "community", Type: "text not null", Field: func(r *row) any { return &r.Community }},
		{Name: "street", Type: "text not null", Field: func(r *row) any { return &r.Street }},
		{Name: "longitude", Type: "float8", Comment: "degrees; null where the report had no point", Field: func(r *row) any { return &r.Longitude }},
		{Name: "latitude", Type: "float8", Comment: "degrees", Field: func(r *row) any { return &r.Latitude }},
		{Name: "crs", Type: "smallint not null", Comment: "of longitude and latitude, number of gridcase.v1.Crs", Field: func(r *row) any { return &r.Crs }},
		{Name: "reporter", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Reporter }},
		{Name: "worker", Type: "text not null", Comment: "user id of the grid worker who was sent", Field: func(r *row) any { return &r.Worker }},
		{Name: "department", Type: "text not null", Comment: "the lead department", Field: func(r *row) any { return &r.Department }},
		{Name: "handler", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Handler }},
		{Name: "pending", Type: "smallint not null", Comment: "number of gridcase.v1.Pending", Field: func(r *row) any { return &r.Pending }},
		{Name: "bounces", Type: "int not null", Comment: "approved returns", Field: func(r *row) any { return &r.Bounces }},
		{Name: "reworks", Type: "int not null", Field: func(r *row) any { return &r.Reworks }},
		{Name: "reopenings", Type: "int not null", Field: func(r *row) any { return &r.Reopenings }},
		{Name: "reported_at", Type: "timestamptz", Field: func(r *row) any { return &r.ReportedAt }},
		{Name: "filed_at", Type: "timestamptz", Field: func(r *row) any { return &r.FiledAt }},
		{Name: "dispatched_at", Type: "timestamptz", Field: func(r *row) any { return &r.DispatchedAt }},
		{Name: "handled_at", Type: "timestamptz", Field: func(r *row) any { return &r.HandledAt }},
		{Name: "closed_at", Type: "timestamptz", Field: func(r *row) any { return &r.ClosedAt }},
		{Name: "clocks", Type: "jsonb not null", Comment: "by stage: due, warn_at, paused", Field: func(r *row) any { return &r.Clocks }},
		{Name: "version", Type: "bigint not null", Comment: "number of the case's events", Field: func(r *row) any { return &r.Version }},
		{Name: "year", Type: "int not null", Comment: "of the case's log", Field: func(r *row) any { return &r.Year }},
		{Name: "seq", Type: "bigint not null", Comment: "of the last event in that log", Field: func(r *row) any { return &r.Seq }},
		{Name: "changed_at", Type: "timestamptz not null", Comment: "effective time of the last event", Field: func(r *row) any { return &r.ChangedAt }},
	},
	Extra: `create index if not exists cases_number on cases (number text_pattern_ops);`,
}
