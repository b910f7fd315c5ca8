package gridstatus

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Counts reads the view.
type Counts struct{ Pool *pgxpool.Pool }

// Under returns the counts of the areas whose code begins with prefix, those of these lengths alone, by area, each in the order of types and states.
func (c Counts) Under(ctx context.Context, prefix string, lengths ...int) (map[string][]*gridcasev1.StateCount, error) {
	query := fmt.Sprintf(`select area, case_type, state, cases from %s.counts where area like $1 || '%%' and length(area) = any($2::int[])`,
		projection.Schema(View{}))
	found, err := c.Pool.Query(ctx, query, prefix, lengths)
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	rows, err := pgx.CollectRows(found, counts.Scan)
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	byArea := map[string][]*gridcasev1.StateCount{}
	for _, r := range rows {
		byArea[r.Area] = append(byArea[r.Area], &gridcasev1.StateCount{CaseType: r.CaseType, State: gridcasev1.State(r.State), Cases: uint64(r.Cases)})
	}
	for _, n := range byArea {
		slices.SortFunc(n, func(a, b *gridcasev1.StateCount) int {
			return cmp.Or(cmp.Compare(a.GetCaseType(), b.GetCaseType()), cmp.Compare(a.GetState(), b.GetState()))
		})
	}
	return byArea, nil
}

// Totals returns the sums of the areas whose code begins with prefix, those of these lengths alone. One in which no case stands is not among
// them.
func (c Counts) Totals(ctx context.Context, prefix string, lengths ...int) ([]Total, error) {
	query := fmt.Sprintf(`select %s from %s.%s where area like $1 || '%%' and length(area) = any($2::int[])`, totals.Select(), projection.Schema(View{}), totals.Name)
	found, err := c.Pool.Query(ctx, query, prefix, lengths)
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	sums, err := pgx.CollectRows(found, totals.Scan)
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return sums, nil
}
