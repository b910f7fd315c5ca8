// Package timeline answers one question: what happened to this case, when, and by whom? One row an event, with its payload as the log has it.
// What became of a command is read from the same rows.
package timeline

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
)

// View is the view.
type View struct{}

// Name is "timeline".
func (View) Name() string { return "timeline" }

// Version is the shape's number.
func (View) Version() int { return 2 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold { return fold(batch) }

type fold []projection.Event

// Read asks for nothing: an event's row is of that event alone.
func (fold) Read(*projection.Exchange) {}

// Write adds the batch's events.
func (f fold) Write(x *projection.Exchange) error {
	rows := make([]*row, len(f))
	for i := range f {
		e := &f[i]
		rows[i] = &row{District: e.District, CaseID: e.CaseID, Version: int64(e.Version), Year: int32(e.Year), Seq: int64(e.Seq), EventID: e.ID, Type: e.Type, At: e.Time,
			Actor: e.Actor, Role: int16(e.Role), State: int16(e.State), Grid: e.Grid, CommandID: e.CommandID, Payload: e.Payload}
		if !e.DeviceTime.IsZero() {
			rows[i].DeviceTime = &e.DeviceTime
		}
	}
	table.Upsert(x, rows)
	return nil
}

// row is one event.
type row struct {
	District, CaseID, EventID, Type, Actor, Grid, CommandID string
	Version, Seq                                            int64
	Year                                                    int32
	Role, State                                             int16
	At                                                      time.Time
	DeviceTime                                              *time.Time
	Payload                                                 []byte
}

var table = &projection.Table[row]{
	Name: "events", Comment: "what happened to each case; one row an event", Key: []string{"district", "case_id", "version"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "version", Type: "bigint not null", Comment: "the event's number in its case", Field: func(r *row) any { return &r.Version }},
		{Name: "year", Type: "int not null", Comment: "of the log", Field: func(r *row) any { return &r.Year }},
		{Name: "seq", Type: "bigint not null", Comment: "place in that log", Field: func(r *row) any { return &r.Seq }},
		{Name: "event_id", Type: "uuid not null", Comment: "the event's id", Field: func(r *row) any { return &r.EventID }},
		{Name: "type", Type: "text not null", Comment: "the payload's message", Field: func(r *row) any { return &r.Type }},
		{Name: "at", Type: "timestamptz not null", Comment: "effective time", Field: func(r *row) any { return &r.At }},
		{Name: "device_time", Type: "timestamptz", Comment: "the device's clock", Field: func(r *row) any { return &r.DeviceTime }},
		{Name: "actor", Type: "text not null", Comment: "user id", Field: func(r *row) any { return &r.Actor }},
		{Name: "role", Type: "smallint not null", Comment: "number of gridcase.v1.Role", Field: func(r *row) any { return &r.Role }},
		{Name: "state", Type: "smallint not null", Comment: "the case's state after the event, number of gridcase.v1.State", Field: func(r *row) any { return &r.State }},
		{Name: "grid", Type: "text not null", Comment: "the case's unit grid after the event", Field: func(r *row) any { return &r.Grid }},
		{Name: "command_id", Type: "text not null", Comment: "the command that led to it", Field: func(r *row) any { return &r.CommandID }},
		{Name: "payload", Type: "bytea not null", Comment: "as the log has it", Field: func(r *row) any { return &r.Payload }},
	},
	Extra: `create index if not exists events_command on events using hash (command_id);
`,
}

// Timelines reads the view.
type Timelines struct{ Pool *pgxpool.Pool }

// Of returns a case's events behind a version, in order. A file that was hidden later is not named where it was added. Whether the case may
// be seen is asked before.
func (t Timelines) Of(ctx context.Context, district, caseID string, after uint64, limit int) ([]*gridcasev1.TimelineEntry, error) {
	rows, err := t.read(ctx, `district = $1 and case_id = $2::text::uuid and version > $3 order by version limit $4`, district, caseID, int64(after), limit)
	if err != nil {
		return nil, err
	}
	entries := make([]*gridcasev1.TimelineEntry, len(rows))
	for i := range rows {
		if entries[i], err = rows[i].entry(); err != nil {
			return nil, err
		}
	}
	return entries, t.redact(ctx, district, caseID, entries)
}

func (t Timelines) read(ctx context.Context, where string, args ...any) ([]row, error) {
	found, err := t.Pool.Query(ctx, fmt.Sprintf(`select %s from %s.%s where %s`, table.Select(), projection.Schema(View{}), table.Name, where), args...)
	if err != nil {
		return nil, fmt.Errorf("read a timeline: %w", err)
	}
	rows, err := pgx.CollectRows(found, table.Scan)
	if err != nil {
		return nil, fmt.Errorf("read a timeline: %w", err)
	}
	return rows, nil
}

func (r *row) entry() (*gridcasev1.TimelineEntry, error) {
	e := &eventstore.Event{Envelope: gridcasev1.Envelope{ID: r.EventID, Type: r.Type, Time: r.At, Version: uint64(r.Version), CommandID: r.CommandID, Actor: r.Actor,
		Role: gridcasev1.Role(r.Role), State: gridcasev1.State(r.State), Grid: r.Grid}, District: r.District, Year: int(r.Year), CaseID: r.CaseID, Seq: uint64(r.Seq), Payload: r.Payload}
	if r.DeviceTime != nil {
		e.DeviceTime = *r.DeviceTime
	}
	return Entry(e)
}

// Entry is an event as the API shows it.
func Entry(e *eventstore.Event) (*gridcasev1.TimelineEntry, error) {
	m, err := e.Decode()
	if err != nil {
		return nil, err
	}
	entry := &gridcasev1.TimelineEntry{Version: e.Version, EventId: e.ID, At: timestamppb.New(e.Time), Actor: e.Actor, Role: e.Role, State: e.State, Grid: e.Grid,
		CommandId: e.CommandID, Position: e.Position().String(), Event: gridcasev1.WrapEvent(m)}
	if !e.DeviceTime.IsZero() {
		entry.DeviceTime = timestamppb.New(e.DeviceTime)
	}
	return entry, nil
}
