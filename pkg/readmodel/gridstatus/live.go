package gridstatus

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Live returns how many cases stand in each of these areas, of all types together, in the order of the areas. One that has none is among them.
func (c Counts) Live(ctx context.Context, areas []string) ([]*gridcasev1.LiveGrid, error) {
	query := "select area, state, sum(cases)::bigint from " + projection.Schema(View{}) + "." + counts.Name + " where area = any($1::text[]) group by area, state order by area, state"
	found, err := c.Pool.Query(ctx, query, areas)
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	totals, byArea := make([]*gridcasev1.LiveGrid, len(areas)), make(map[string]*gridcasev1.LiveGrid, len(areas))
	for i, code := range areas {
		totals[i] = &gridcasev1.LiveGrid{Code: code}
		byArea[code] = totals[i]
	}
	var area string
	var state int16
	var cases int64
	_, err = pgx.ForEachRow(found, []any{&area, &state, &cases}, func() error {
		addTo(byArea[area], gridcasev1.State(state), uint64(cases))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return totals, nil
}

func addTo(total *gridcasev1.LiveGrid, state gridcasev1.State, cases uint64) {
	if cases == 0 {
		return // a count that is about to be removed
	}
	total.States = append(total.States, &gridcasev1.StateTotal{State: state, Cases: cases})
	switch {
	case state == gridcasev1.State_STATE_CLOSED:
		total.Closed += cases
	case !readmodel.Ended(state):
		total.Open += cases
	}
}
