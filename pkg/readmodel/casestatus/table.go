package casestatus

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// row is one case.
type row struct {
	District, CaseID, Number, CaseType, Condition, ExternalRef string
	State, Source, Priority                                    int16
	Grid, Community, Street                                    string
	Longitude, Latitude                                        *float64
	Crs                                                        int16
	Fields                                                     readmodel.List[field]
	Permits                                                    readmodel.List[permit]
	readmodel.Parties
	Primary, Parent                                                        string
	Duplicates, Children, Settled                                          readmodel.List[string]
	Bounces, Reworks, Reopenings, Extensions                               int32
	Escalation, Satisfaction                                               int16
	Overdue                                                                readmodel.List[gridcasev1.Stage]
	TimeoutExempt, SelfFixed                                               bool
	ReportedAt, FiledAt, DispatchedAt, HandledAt, ClosedAt, SuspendedUntil *time.Time
	Clocks                                                                 readmodel.Clocks
	Version                                                                int64
	Year                                                                   int32
	Seq                                                                    int64
	ChangedAt                                                              time.Time
}

// permit is an approved permit whose area and time held the report.
type permit struct {
	Project string    `json:"project"`
	Number  string    `json:"number"`
	ValidTo time.Time `json:"valid_to,omitzero"`
}

// table is how cases stand.
var table = &projection.Table[row]{
	Name: "cases", Comment: "how each case stands; one row a case", Key: []string{"district", "case_id"}, Spare: 20,
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "number", Type: "text not null", Comment: "the number shown to people", Field: func(r *row) any { return &r.Number }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *row) any { return &r.CaseType }},
		{Name: "condition", Type: "text not null", Comment: "the filing condition; empty until filed", Field: func(r *row) any { return &r.Condition }},
		{Name: "external_ref", Type: "text not null", Comment: "the record's name in the system that it came from", Field: func(r *row) any { return &r.ExternalRef }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *row) any { return &r.State }},
		{Name: "source", Type: "smallint not null", Comment: "number of gridcase.v1.Source", Field: func(r *row) any { return &r.Source }},
		{Name: "priority", Type: "smallint not null", Comment: "number of gridcase.v1.Priority", Field: func(r *row) any { return &r.Priority }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid", Field: func(r *row) any { return &r.Grid }},
		{Name: "community", Type: "text not null", Comment: "the community of the unit grid", Field: func(r *row) any { return &r.Community }},
		{Name: "street", Type: "text not null", Comment: "the street of the unit grid; empty in a scheme without streets", Field: func(r *row) any { return &r.Street }},
		{Name: "longitude", Type: "float8", Comment: "degrees; null where the report had no point", Field: func(r *row) any { return &r.Longitude }},
		{Name: "latitude", Type: "float8", Comment: "degrees", Field: func(r *row) any { return &r.Latitude }},
		{Name: "crs", Type: "smallint not null", Comment: "of longitude and latitude, number of gridcase.v1.Crs", Field: func(r *row) any { return &r.Crs }},
		{Name: "fields", Type: "jsonb not null", Comment: "the choices and codes of the report: name, choice or code", Field: func(r *row) any { return &r.Fields }},
		{Name: "permits", Type: "jsonb not null", Comment: "approved permits that hold the report: project, number, valid_to", Field: func(r *row) any { return &r.Permits }},
		{Name: "reporter", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Reporter }},
		{Name: "worker", Type: "text not null", Comment: "user id of the grid worker who was sent", Field: func(r *row) any { return &r.Worker }},
		{Name: "department", Type: "text not null", Comment: "the lead department", Field: func(r *row) any { return &r.Department }},
		{Name: "handler", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Handler }},
		{Name: "requests", Type: "jsonb not null", Comment: "what waits: kind (number of gridcase.v1.Pending), since", Field: func(r *row) any { return &r.Requests }},
		{Name: "primary_id", Type: "text not null", Comment: "the case that this one is merged into", Field: func(r *row) any { return &r.Primary }},
		{Name: "parent_id", Type: "text not null", Comment: "the case that this one was split from", Field: func(r *row) any { return &r.Parent }},
		{Name: "duplicates", Type: "jsonb not null", Comment: "ids of the cases that are merged into this one", Field: func(r *row) any { return &r.Duplicates }},
		{Name: "children", Type: "jsonb not null", Comment: "ids of the cases that this one was split into", Field: func(r *row) any { return &r.Children }},
		{Name: "settled", Type: "jsonb not null", Comment: "ids of the children that have ended", Field: func(r *row) any { return &r.Settled }},
		{Name: "bounces", Type: "int not null", Comment: "approved returns", Field: func(r *row) any { return &r.Bounces }},
		{Name: "reworks", Type: "int not null", Comment: "how often the handling was sent back", Field: func(r *row) any { return &r.Reworks }},
		{Name: "reopenings", Type: "int not null", Comment: "how often an ended case was taken up again", Field: func(r *row) any { return &r.Reopenings }},
		{Name: "extensions", Type: "int not null", Comment: "granted ones", Field: func(r *row) any { return &r.Extensions }},
		{Name: "escalation", Type: "smallint not null", Comment: "0 to 3", Field: func(r *row) any { return &r.Escalation }},
		{Name: "satisfaction", Type: "smallint not null", Comment: "number of gridcase.v1.Satisfaction", Field: func(r *row) any { return &r.Satisfaction }},
		{Name: "overdue", Type: "jsonb not null", Comment: "numbers of gridcase.v1.Stage: the stages that were overdue since the case was last opened", Field: func(r *row) any { return &r.Overdue }},
		{Name: "timeout_exempt", Type: "boolean not null", Comment: "the figures of overdue cases leave it out", Field: func(r *row) any { return &r.TimeoutExempt }},
		{Name: "self_fixed", Type: "boolean not null", Comment: "who reported fixed it on the spot", Field: func(r *row) any { return &r.SelfFixed }},
		{Name: "suspended_until", Type: "timestamptz", Comment: "the day to which a suspended case is laid aside; null where it is not", Field: func(r *row) any { return &r.SuspendedUntil }},
		{Name: "reported_at", Type: "timestamptz", Comment: "effective time of the report", Field: func(r *row) any { return &r.ReportedAt }},
		{Name: "filed_at", Type: "timestamptz", Comment: "of the last filing; null until filed", Field: func(r *row) any { return &r.FiledAt }},
		{Name: "dispatched_at", Type: "timestamptz", Comment: "of the dispatch that holds; null while there is none", Field: func(r *row) any { return &r.DispatchedAt }},
		{Name: "handled_at", Type: "timestamptz", Comment: "of the last handling that was reported; null after rework was ordered", Field: func(r *row) any { return &r.HandledAt }},
		{Name: "closed_at", Type: "timestamptz", Comment: "of the last closing; null while it is open", Field: func(r *row) any { return &r.ClosedAt }},
		{Name: "clocks", Type: "jsonb not null", Comment: "by stage: due, warn_at, paused", Field: func(r *row) any { return &r.Clocks }},
		{Name: "version", Type: "bigint not null", Comment: "number of the case's events", Field: func(r *row) any { return &r.Version }},
		{Name: "year", Type: "int not null", Comment: "of the case's log", Field: func(r *row) any { return &r.Year }},
		{Name: "seq", Type: "bigint not null", Comment: "of the last event in that log", Field: func(r *row) any { return &r.Seq }},
		{Name: "changed_at", Type: "timestamptz not null", Comment: "effective time of the last event", Field: func(r *row) any { return &r.ChangedAt }},
	},
	Extra: `create index if not exists cases_number on cases (number text_pattern_ops);
create index if not exists cases_place on cases (longitude, latitude);
create index if not exists cases_report on cases (district, case_type, reported_at);
`,
}
