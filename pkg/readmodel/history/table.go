package history

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// standing is how a case stands from one event on.
type standing struct {
	District, CaseID, Number, CaseType, Grid string
	State, Priority                          int16
	Beside                                   readmodel.List[wait]
	Version                                  int64
	Year                                     int32
	Seq                                      int64
	At                                       time.Time
}

// wait is one request that waits beside the state.
type wait struct {
	Kind  gridcasev1.Pending `json:"kind"`
	Queue string             `json:"queue"`
	Since time.Time          `json:"since"`
	Due   *time.Time         `json:"due"`
}

// row is one case as it stands now, with what its next event is folded into.
type row struct {
	standing
	readmodel.Desk
}

// interval is one way in which a case stood, from an event to the next.
type interval struct {
	standing
	Queue    string
	Since    time.Time
	Due      *time.Time
	UntilSeq int64
	UntilAt  time.Time
	Lasted   int16 // see length
	Spanned  int16
}

var present = &projection.Table[row]{
	Name: "present", Comment: "how each case stands since its last event; one row a case", Key: []string{"district", "case_id"},
	Columns: append(columns(func(r *row) *standing { return &r.standing }),
		projection.Column[row]{Name: "queue", Type: "text not null", Comment: "acceptor, dispatcher, department:ID or worker:ID; empty where nobody has to act", Field: func(r *row) any { return &r.Queue }},
		projection.Column[row]{Name: "since", Type: "timestamptz not null", Comment: "when the case entered the queue", Field: func(r *row) any { return &r.Since }},
		projection.Column[row]{Name: "due", Type: "timestamptz", Comment: "the earliest due time that runs against the queue", Field: func(r *row) any { return &r.Due }},
		projection.Column[row]{Name: "reporter", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Reporter }},
		projection.Column[row]{Name: "worker", Type: "text not null", Comment: "user id of the grid worker who was sent", Field: func(r *row) any { return &r.Worker }},
		projection.Column[row]{Name: "department", Type: "text not null", Comment: "the lead department", Field: func(r *row) any { return &r.Department }},
		projection.Column[row]{Name: "handler", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Handler }},
		projection.Column[row]{Name: "requests", Type: "jsonb not null", Comment: "what waits beside the state: kind (number of gridcase.v1.Pending), since", Field: func(r *row) any { return &r.Requests }},
		projection.Column[row]{Name: "clocks", Type: "jsonb not null", Comment: "by stage: due, warn_at, paused", Field: func(r *row) any { return &r.Clocks }},
	),
	Extra: `create index if not exists present_waiting on present (district) where ` + waiting + `;
`,
}

var past = &projection.Table[interval]{
	Name: "past", Comment: "how each case stood before, from an event until the next; one row for each event that has a later one", Key: []string{"district", "case_id", "version"},
	Columns: append(columns(func(r *interval) *standing { return &r.standing }),
		projection.Column[interval]{Name: "queue", Type: "text not null", Comment: "acceptor, dispatcher, department:ID or worker:ID; empty where nobody had to act", Field: func(r *interval) any { return &r.Queue }},
		projection.Column[interval]{Name: "since", Type: "timestamptz not null", Comment: "when the case entered the queue", Field: func(r *interval) any { return &r.Since }},
		projection.Column[interval]{Name: "due", Type: "timestamptz", Comment: "the earliest due time that ran against the queue", Field: func(r *interval) any { return &r.Due }},
		projection.Column[interval]{Name: "until_seq", Type: "bigint not null", Comment: "the sequence of the event that ended it", Field: func(r *interval) any { return &r.UntilSeq }},
		projection.Column[interval]{Name: "until_at", Type: "timestamptz not null", Comment: "the effective time of that event", Field: func(r *interval) any { return &r.UntilAt }},
		projection.Column[interval]{Name: "lasted", Type: "smallint not null", Comment: "how long that was: less than 4 to the power of it, in seconds", Field: func(r *interval) any { return &r.Lasted }},
		projection.Column[interval]{Name: "spanned", Type: "smallint not null", Comment: "how many places of the log that was: less than 4 to the power of it", Field: func(r *interval) any { return &r.Spanned }},
	),
	Extra: `create index if not exists past_lasted on past (district, lasted, at);
create index if not exists past_spanned on past (district, year, spanned, seq);
`,
}

// columns are those that the present and the past share.
func columns[R any](of func(*R) *standing) []projection.Column[R] {
	return []projection.Column[R]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *R) any { return &of(r).District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *R) any { return &of(r).CaseID }},
		{Name: "number", Type: "text not null", Comment: "the number shown to people", Field: func(r *R) any { return &of(r).Number }},
		{Name: "case_type", Type: "text not null", Comment: "the catalogue's type", Field: func(r *R) any { return &of(r).CaseType }},
		{Name: "grid", Type: "text not null", Comment: "the unit grid", Field: func(r *R) any { return &of(r).Grid }},
		{Name: "state", Type: "smallint not null", Comment: "number of gridcase.v1.State", Field: func(r *R) any { return &of(r).State }},
		{Name: "priority", Type: "smallint not null", Comment: "number of gridcase.v1.Priority", Field: func(r *R) any { return &of(r).Priority }},
		{Name: "waits", Type: "jsonb not null", Comment: "what waited beside the state: kind (number of gridcase.v1.Pending), queue, since, due", Field: func(r *R) any { return &of(r).Beside }},
		{Name: "version", Type: "bigint not null", Comment: "the version of the event from which on it stood so", Field: func(r *R) any { return &of(r).Version }},
		{Name: "year", Type: "int not null", Comment: "of the log that holds the case", Field: func(r *R) any { return &of(r).Year }},
		{Name: "seq", Type: "bigint not null", Comment: "that event's sequence in the log", Field: func(r *R) any { return &of(r).Seq }},
		{Name: "at", Type: "timestamptz not null", Comment: "that event's effective time", Field: func(r *R) any { return &of(r).At }},
	}
}
