package workqueue

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Queues reads the view.
type Queues struct{ Pool *pgxpool.Pool }

// beginning is the cursor before the first row.
var beginning = cursor{due: "-infinity", since: "-infinity", caseID: "00000000-0000-0000-0000-000000000000"}

// cursor is the place of a row in its queue.
type cursor struct{ due, since, caseID string }

// Page returns up to limit cases of a queue behind a cursor ("": from the beginning), earliest due first, and the cursor of the next page,
// empty at the end.
func (q Queues) Page(ctx context.Context, scope access.Scope, queue, page string, limit int) ([]*gridcasev1.QueueItem, string, error) {
	at, err := parseCursor(page)
	if err != nil {
		return nil, "", err
	}
	visible, args := readmodel.Visible(scope, 7)
	query := fmt.Sprintf(`select %s from %s.cases where district = $1 and queue = $2 and queue <> ''
		and (coalesce(due, 'infinity'), since, case_id) > ($3::text::timestamptz, $4::text::timestamptz, $5::text::uuid) and %s
		order by coalesce(due, 'infinity'), since, case_id limit $6`, table.Select(), projection.Schema(View{}), visible)
	found, err := q.Pool.Query(ctx, query, append([]any{scope.District, queue, at.due, at.since, at.caseID, limit + 1}, args...)...)
	if err != nil {
		return nil, "", fmt.Errorf("read a queue: %w", err)
	}
	rows, err := pgx.CollectRows(found, table.Scan)
	if err != nil {
		return nil, "", fmt.Errorf("read a queue: %w", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].cursor()
	}
	items := make([]*gridcasev1.QueueItem, len(rows))
	for i := range rows {
		items[i] = rows[i].item()
	}
	return items, next, nil
}

func (r *row) item() *gridcasev1.QueueItem {
	item := &gridcasev1.QueueItem{CaseId: r.CaseID, Number: r.Number, CaseType: r.CaseType, Grid: r.Grid, State: gridcasev1.State(r.State),
		Pending: gridcasev1.Pending(r.Pending), Since: timestamppb.New(r.Since), Version: uint64(r.Version)}
	if r.Due != nil {
		item.Due = timestamppb.New(*r.Due)
	}
	return item
}

func (r *row) cursor() string {
	due := "infinity"
	if r.Due != nil {
		due = r.Due.UTC().Format(time.RFC3339Nano)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(due + "|" + r.Since.UTC().Format(time.RFC3339Nano) + "|" + r.CaseID))
}

func parseCursor(page string) (cursor, error) {
	if page == "" {
		return beginning, nil
	}
	bad := fault.BadField("page", "page.malformed", "a page is the next_page of the answer before")
	b, err := base64.RawURLEncoding.DecodeString(page)
	parts := strings.Split(string(b), "|")
	if err != nil || len(parts) != 3 || len(parts[2]) != 36 || strings.Trim(parts[2], "0123456789abcdef-") != "" {
		return cursor{}, bad
	}
	for i, text := range parts[:2] {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil && (i > 0 || text != "infinity") {
			return cursor{}, bad
		}
	}
	return cursor{parts[0], parts[1], parts[2]}, nil
}
