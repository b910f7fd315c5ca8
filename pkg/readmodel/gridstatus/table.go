package gridstatus

import "github.com/gridcase/gridcase/pkg/projection"

// standing is where one case stands.
type standing struct {
	District, CaseID, Grid, Community, Street, CaseType string
	State                                               int16
}

var cases = &projection.Table[standing]{
	Name: "cases", Comment: "where each case stands, so that its next event can be counted", Key: []string{"district", "case_id"},
	Columns: []projection.Column[standing]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *standing) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *standing) any { return &r.CaseID }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid", Field: func(r *standing) any { return &r.Grid }},
		{Name: "community", Type: "text not null", Comment: "the community of the unit grid", Field: func(r *standing) any { return &r.Community }},
		{Name: "street", Type: "text not null", Comment: "the street of the unit grid; empty in a scheme without streets", Field: func(r *standing) any { return &r.Street }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *standing) any { return &r.CaseType }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *standing) any { return &r.State }},
	},
}

// count is how many cases of a type stand in a state in an area.
type count struct {
	Area, CaseType string
	State          int16
	Cases          int64
}

var counts = &projection.Table[count]{
	Name: "counts", Comment: "how many cases of a type stand in a state in each district, street, community and unit grid", Key: []string{"area", "case_type", "state"}, Add: []string{"cases"},
	Columns: []projection.Column[count]{
		{Name: "area", Type: "text not null", Comment: "the area's code", Field: func(r *count) any { return &r.Area }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *count) any { return &r.CaseType }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *count) any { return &r.State }},
		{Name: "cases", Type: "bigint not null", Comment: "never 0: such a row is removed", Field: func(r *count) any { return &r.Cases }},
	},
	Extra: `create index if not exists counts_area on counts (area text_pattern_ops);`,
}
