package gridstatus

import "github.com/gridcase/gridcase/pkg/projection"

// standing is where one case stands.
type standing struct {
	District, CaseID, Grid, Community, Street, CaseType string
	State                                               int16
}

var cases = &projection.Table[standing]{
	Name: "cases", Comment: "where each case stands, so that its next event can be counted", Key: []string{"district", "case_id"}, Spare: 20,
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

// counted is how many cases of a type stand in a state in an area.
type counted struct {
	Area, CaseType string
	State          int16
	Cases          int64
}

var counts = &projection.Table[counted]{
	Name: "counts", Comment: "how many cases of a type stand in a state in each district, street, community and unit grid", Key: []string{"area", "case_type", "state"}, Add: []string{"cases"},
	Columns: []projection.Column[counted]{
		{Name: "area", Type: "text not null", Comment: "the area's code", Field: func(r *counted) any { return &r.Area }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *counted) any { return &r.CaseType }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *counted) any { return &r.State }},
		{Name: "cases", Type: "bigint not null", Comment: "never 0: such a row is removed", Field: func(r *counted) any { return &r.Cases }},
	},
	Extra: `create index if not exists counts_area on counts (area text_pattern_ops);`,
}

// Total is how many cases of all types are under way in an area, and how many are closed.
type Total struct {
	Area         string
	Open, Closed int64
}

var totals = &projection.Table[Total]{
	Name: "totals", Comment: "how many cases are under way and closed in each district, street, community and unit grid", Key: []string{"area"}, Add: []string{"open", "closed"},
	Columns: []projection.Column[Total]{
		{Name: "area", Type: "text not null", Comment: "the area's code", Field: func(r *Total) any { return &r.Area }},
		{Name: "open", Type: "bigint not null", Comment: "neither closed, declined, void nor merged; a row in which both are 0 is removed", Field: func(r *Total) any { return &r.Open }},
		{Name: "closed", Type: "bigint not null", Comment: "closed", Field: func(r *Total) any { return &r.Closed }},
	},
	Extra: `create index if not exists totals_area on totals (area text_pattern_ops);`,
}
