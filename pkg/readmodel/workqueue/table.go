package workqueue

import (
	"time"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// row is one case.
type row struct {
	District, CaseID, Number, CaseType, Grid string
	State, Priority                          int16
	readmodel.Desk
	Version int64
}

var table = &projection.Table[row]{
	Name: "cases", Comment: "what waits for whom by its state; one row a case", Key: []string{"district", "case_id"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "queue", Type: "text not null", Comment: "acceptor, dispatcher, department:ID or worker:ID; empty where nobody has to act", Field: func(r *row) any { return &r.Queue }},
		{Name: "number", Type: "text not null", Comment: "the number shown to people", Field: func(r *row) any { return &r.Number }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *row) any { return &r.CaseType }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid", Field: func(r *row) any { return &r.Grid }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *row) any { return &r.State }},
		{Name: "priority", Type: "smallint not null", Comment: "number of gridcase.v1.Priority", Field: func(r *row) any { return &r.Priority }},
		{Name: "reporter", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Reporter }},
		{Name: "worker", Type: "text not null", Comment: "user id of the grid worker who was sent", Field: func(r *row) any { return &r.Worker }},
		{Name: "department", Type: "text not null", Comment: "the lead department", Field: func(r *row) any { return &r.Department }},
		{Name: "handler", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Handler }},
		{Name: "requests", Type: "jsonb not null", Comment: "what waits beside the state: kind (number of gridcase.v1.Pending), since", Field: func(r *row) any { return &r.Requests }},
		{Name: "since", Type: "timestamptz not null", Comment: "when the case entered the queue", Field: func(r *row) any { return &r.Since }},
		{Name: "due", Type: "timestamptz", Comment: "the earliest due time that runs against the queue", Field: func(r *row) any { return &r.Due }},
		{Name: "clocks", Type: "jsonb not null", Comment: "by stage: due, warn_at, paused", Field: func(r *row) any { return &r.Clocks }},
		{Name: "version", Type: "bigint not null", Comment: "number of the case's events", Field: func(r *row) any { return &r.Version }},
	},
	Extra: `create index if not exists cases_queue on cases (district, queue, (-priority), coalesce(due, 'infinity'), since, case_id) where queue <> '';
`,
}

// request is one that waits beside its case's state.
type request struct {
	District, CaseID, Queue string
	Kind                    int16
	Since                   time.Time
	Due                     *time.Time
}

var requests = &projection.Table[request]{
	Name: "requests", Comment: "what waits for whom beside the state; one row a request", Key: []string{"district", "case_id", "kind"},
	Columns: []projection.Column[request]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *request) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *request) any { return &r.CaseID }},
		{Name: "kind", Type: "smallint not null", Comment: "number of gridcase.v1.Pending", Field: func(r *request) any { return &r.Kind }},
		{Name: "queue", Type: "text not null", Comment: "acceptor, dispatcher or department:ID", Field: func(r *request) any { return &r.Queue }},
		{Name: "since", Type: "timestamptz not null", Comment: "when it was asked", Field: func(r *request) any { return &r.Since }},
		{Name: "due", Type: "timestamptz", Comment: "when the answer is due; null where no clock runs", Field: func(r *request) any { return &r.Due }},
	},
	Extra: `create index if not exists requests_queue on requests (district, queue);
`,
}
