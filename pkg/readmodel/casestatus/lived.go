package casestatus

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// ended are the states of cases of which nothing runs or is pending.
var ended = []int16{int16(gridcasev1.State_STATE_CLOSED), int16(gridcasev1.State_STATE_NOT_FILED), int16(gridcasev1.State_STATE_VOIDED), int16(gridcasev1.State_STATE_MERGED)}

// Lived returns the ids of a district's cases that were there in a period: reported before its end, and not over before its beginning, which
// is to say not ended yet or with an event since. It reads every row of the district.
func (c Cases) Lived(ctx context.Context, tx pgx.Tx, district string, since, before time.Time) ([]string, error) {
	found, err := tx.Query(ctx, fmt.Sprintf(`select case_id::text from %s where district = $1 and reported_at < $3 and (changed_at >= $2 or state <> all($4::smallint[]))`, from),
		district, since, before, ended)
	if err != nil {
		return nil, fmt.Errorf("read the cases of a period: %w", err)
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the cases of a period: %w", err)
	}
	return ids, nil
}
