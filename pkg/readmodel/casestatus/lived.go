package casestatus

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/readmodel"
)

// ended are the states of cases of which nothing runs or is pending.
var ended = []int16{int16(gridcasev1.State_STATE_CLOSED), int16(gridcasev1.State_STATE_NOT_FILED), int16(gridcasev1.State_STATE_VOIDED), int16(gridcasev1.State_STATE_MERGED)}

// Lived returns the ids of a district's cases that were there in a period: reported before its end, and not over before its beginning, which
// is to say not ended yet or with an event since. As of a moment of the past, those that have changed since the moment are among them, too: they
// may have lived in the period then. It reads every row of the district.
func (c Cases) Lived(ctx context.Context, tx pgx.Tx, district string, since, before time.Time, then *readmodel.Moment) ([]string, error) {
	if then != nil && len(then.Positions) == 0 && then.At.Before(before) {
		before = then.At.Add(time.Microsecond) // what happens at the moment is seen
	}
	changed, args := changedSince(then, district, 5)
	found, err := tx.Query(ctx, fmt.Sprintf(`select case_id::text from %s where district = $1 and reported_at < $3 and (changed_at >= $2 or state <> all($4::smallint[]) or %s)`, from, changed),
		append([]any{district, since, before, ended}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read the cases of a period: %w", err)
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the cases of a period: %w", err)
	}
	return ids, nil
}

// changedSince is the condition that a case has changed since a moment, and its arguments, numbered from first on.
func changedSince(then *readmodel.Moment, district string, first int) (condition string, args []any) {
	switch {
	case then == nil:
		return "false", nil
	case len(then.Positions) == 0:
		return fmt.Sprintf("changed_at > $%d", first), []any{then.At}
	}
	years, sequences := then.Cuts(district)
	return fmt.Sprintf("not exists (select from unnest($%d::int[], $%d::bigint[]) cut (y, s) where year = y and seq <= s)", first, first+1), []any{years, sequences}
}
