package history

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Stint is how a case stood from one event until the next.
type Stint struct {
	Until  uint64 // the sequence of the event that ended it
	Grid   string
	State  gridcasev1.State
	Queue  string   // in which it waited by its state
	Beside []string // in which it waited for requests
}

// Stints returns how cases of a district stood before, by id, each in the order of its events. How they stand now is not among it.
func (p Past) Stints(ctx context.Context, district string, ids []string) (map[string][]Stint, error) {
	query := `select case_id::text, until_seq, grid, state, queue, array(select w->>'queue' from jsonb_array_elements(waits) w)
		from ` + projection.OfCases(projection.Schema(View{})+"."+past.Name) + ` order by case_id, version`
	found, err := p.Pool.Query(ctx, query, district, ids)
	if err != nil {
		return nil, fmt.Errorf("read how cases stood: %w", err)
	}
	stints := make(map[string][]Stint, len(ids))
	var id string
	var until int64
	var state int16
	var s Stint
	_, err = pgx.ForEachRow(found, []any{&id, &until, &s.Grid, &state, &s.Queue, &s.Beside}, func() error {
		s.Until, s.State = uint64(until), gridcasev1.State(state)
		stints[id] = append(stints[id], s)
		s.Beside = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read how cases stood: %w", err)
	}
	return stints, nil
}
