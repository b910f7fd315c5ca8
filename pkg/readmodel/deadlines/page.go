package deadlines

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Question is which clocks of a district that run are asked for.
type Question struct {
	District string
	Stage    gridcasev1.Stage // unspecified: every stage, and the ends of suspensions
	Overdue  bool             // those alone that have run out, and are no ends of suspensions
	Until    time.Time        // those alone that run out before then; zero: all
}

// ofStage is a stage's clocks that run, in the order that an index has them in. %[1]s are the columns, %[2]s is the table.
const ofStage = `(select %[1]s from %[2]s where district = $1 and stage = %[3]d and not paused and due < $2::text::timestamptz
	and (due, case_id, stage) > ($3::text::timestamptz, $4::text::uuid, $5) order by due, case_id limit $6)`

// Due returns up to limit clocks behind a cursor ("": from the beginning), the earliest first, whoever may see their cases. The stages are
// merged, so that it reads what it returns and one clock a stage.
func (d Deadlines) Due(ctx context.Context, q Question, now time.Time, page string, limit int) ([]Clock, error) {
	at, err := parsePlace(page)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, stage := range q.stages() {
		parts = append(parts, fmt.Sprintf(ofStage, table.Select(), projection.Schema(View{})+"."+table.Name, stage))
	}
	query := "select * from (select * from (" + strings.Join(parts, " union all ") + ") stages order by due, case_id) merged order by due, case_id, stage limit $6"
	found, err := d.Pool.Query(ctx, query, q.District, q.before(now), at.due, at.caseID, at.stage, limit)
	if err != nil {
		return nil, fmt.Errorf("read what runs out: %w", err)
	}
	rows, err := pgx.CollectRows(found, table.Scan)
	if err != nil {
		return nil, fmt.Errorf("read what runs out: %w", err)
	}
	return clocksOf(rows), nil
}

func (q Question) stages() (stages []gridcasev1.Stage) {
	for n := range gridcasev1.Stage(len(gridcasev1.Stage_name)) {
		if (q.Stage == suspension || n == q.Stage) && (n != suspension || !q.Overdue) {
			stages = append(stages, n)
		}
	}
	return stages
}

// before is the time before which the clocks run out, as PostgreSQL reads it.
func (q Question) before(now time.Time) string {
	switch {
	case q.Overdue && (q.Until.IsZero() || now.Before(q.Until)):
		return stamp(now)
	case q.Until.IsZero():
		return "infinity"
	}
	return stamp(q.Until)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// place is that of a clock in the order of a page.
type place struct {
	due, caseID string // as PostgreSQL reads them
	stage       int16
}

// Cursor is where what Due returns goes on behind the clock.
func (k Clock) Cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s|%s|%d", stamp(k.Due), k.CaseID, k.Stage))
}

// parsePlace reads what Cursor wrote; the beginning where page is empty.
func parsePlace(page string) (place, error) {
	if page == "" {
		return place{"-infinity", "00000000-0000-0000-0000-000000000000", -1}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(page)
	parts := strings.Split(string(b), "|")
	if err != nil || len(parts) != 3 || !readmodel.IsTime(parts[0]) || !readmodel.IsCaseID(parts[1]) {
		return place{}, fault.BadPage()
	}
	stage, err := strconv.ParseUint(parts[2], 10, 8)
	if err != nil {
		return place{}, fault.BadPage()
	}
	return place{parts[0], parts[1], int16(stage)}, nil
}
