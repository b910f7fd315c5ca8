package timeline

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
)

// several is how many cases are read at once.
const several = 500

// Each hands over all events of some cases of a district, each case's in their order, with what the figures of the trade are made of: the
// case, the position, the type, the time, the actor, the grid and the payload.
func (t Timelines) Each(ctx context.Context, tx pgx.Tx, district string, caseIDs []string, take func(*eventstore.Event) error) error {
	query := "select case_id::text as id, year, seq, type, at, actor, grid, payload from " + projection.OfCases(projection.Schema(View{})+"."+table.Name) + " order by case_id, version"
	for len(caseIDs) > 0 {
		n := min(several, len(caseIDs))
		rows, err := tx.Query(ctx, query, district, caseIDs[:n])
		if err != nil {
			return fmt.Errorf("read timelines: %w", err)
		}
		for rows.Next() {
			e := &eventstore.Event{District: district}
			if err := rows.Scan(&e.CaseID, &e.Year, &e.Seq, &e.Type, &e.Time, &e.Actor, &e.Grid, &e.Payload); err != nil {
				rows.Close()
				return fmt.Errorf("read timelines: %w", err)
			}
			if err := take(e); err != nil {
				rows.Close()
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("read timelines: %w", err)
		}
		caseIDs = caseIDs[n:]
	}
	return nil
}
