package deadlines

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Deadlines reads the view. Who sees which cases it doesn't know: process managers see every one, and hear ErrNotMade where it isn't there.
type Deadlines struct{ Pool *pgxpool.Pool }

// Clock is one clock that runs or, of no stage, a suspension that lasts.
type Clock struct {
	District, CaseID string
	Stage            gridcasev1.Stage // unspecified: the end of a suspension
	Due              time.Time
	WarnAt           time.Time // zero: there is no warning
	Warned           bool
	Escalation       uint32 // the level that its being overdue led to
	Imported         bool   // set by an importer, who may still be telling the case's history
}

// ErrNotMade: no projector has made the view yet.
var ErrNotMade = errors.New("the view of deadlines is not made yet")

// page is how many clocks one query reads.
const page = 500

// Passed hands over, in parts, the clocks with a moment before now that no event records, the earliest first.
func (d Deadlines) Passed(ctx context.Context, now time.Time, each func([]Clock) error) error {
	return d.walk(ctx, "next_at <= $5", []any{now}, each)
}

// Coming hands over, in parts, the clocks whose next moment comes behind from, and until then at the latest, the earliest first.
func (d Deadlines) Coming(ctx context.Context, from, until time.Time, each func([]Clock) error) error {
	return d.walk(ctx, "next_at > $5 and next_at <= $6", []any{from, until}, each)
}

// Overdue hands over, in parts, a district's clocks of a stage that were overdue before a moment and did not lead to the level.
func (d Deadlines) Overdue(ctx context.Context, district string, stage gridcasev1.Stage, level uint32, before time.Time, each func([]Clock) error) error {
	return d.walk(ctx, "district = $5 and stage = $6 and breached and not paused and escalated < $7 and due <= $8", []any{district, int16(stage), int16(level), before}, each)
}

// CountedBefore hands over, in parts, a district's clocks of working time that run and were counted by an earlier version of its calendar.
func (d Deadlines) CountedBefore(ctx context.Context, district string, calendar uint32, each func([]Clock) error) error {
	return d.walk(ctx, fmt.Sprintf("district = $5 and calendar < $6 and basis = %d and next_at is not null", gridcasev1.LimitBasis_LIMIT_BASIS_WORKING), []any{district, int32(calendar)}, each)
}

// walk reads page by page, so that neither a long answer nor a change meanwhile makes it miss a row that stays.
func (d Deadlines) walk(ctx context.Context, where string, args []any, each func([]Clock) error) error {
	query := fmt.Sprintf(`select %s from %s.%s where (coalesce(next_at, 'infinity'), district, case_id, stage) > ($1::text::timestamptz, $2, $3::text::uuid, $4) and %s
		order by coalesce(next_at, 'infinity'), district, case_id, stage limit %d`, table.Select(), projection.Schema(View{}), table.Name, where, page)
	at := cursor{next: "-infinity", caseID: "00000000-0000-0000-0000-000000000000"}
	for {
		found, _ := d.Pool.Query(ctx, query, append([]any{at.next, at.district, at.caseID, at.stage}, args...)...) // its error is that of the rows
		rows, err := pgx.CollectRows(found, table.Scan)
		if err != nil {
			return readError(err)
		}
		if len(rows) > 0 {
			if err := each(clocksOf(rows)); err != nil {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
		at = behind(&rows[page-1])
	}
}

// readError tells a view that is not there from a database that does not answer as it should. 42P01 is "undefined table".
func readError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" {
		return ErrNotMade
	}
	return fmt.Errorf("read deadlines: %w", err)
}

// cursor is the place of a row in a walk.
type cursor struct {
	next, district, caseID string
	stage                  int16
}

func behind(r *row) cursor {
	c := cursor{next: "infinity", district: r.District, caseID: r.CaseID, stage: r.Stage}
	if r.Next != nil {
		c.next = r.Next.UTC().Format(time.RFC3339Nano)
	}
	return c
}

func clocksOf(rows []row) []Clock {
	clocks := make([]Clock, len(rows))
	for i, r := range rows {
		clocks[i] = Clock{District: r.District, CaseID: r.CaseID, Stage: gridcasev1.Stage(r.Stage), Due: r.Due.UTC(), Warned: r.Warned, Escalation: uint32(r.Escalated), Imported: r.Imported}
		if r.WarnAt != nil {
			clocks[i].WarnAt = r.WarnAt.UTC()
		}
	}
	return clocks
}
