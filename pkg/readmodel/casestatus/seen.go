package casestatus

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Seen returns, by id, those of some cases that are in scope and that the filter leaves.
func (c Cases) Seen(ctx context.Context, scope access.Scope, ids []string, f Filter) (map[string]*gridcasev1.CaseStatus, error) {
	asked, askedArgs := f.condition(3)
	visible, visibleArgs := readmodel.Visible(scope, 3+len(askedArgs))
	query := fmt.Sprintf(`select %s from %s where %s and %s`, table.Select(), projection.OfCases(from), asked, visible)
	found, err := c.Pool.Query(ctx, query, slices.Concat([]any{scope.District, ids}, askedArgs, visibleArgs)...)
	if err != nil {
		return nil, fmt.Errorf("read the cases that are seen: %w", err)
	}
	rows, err := pgx.CollectRows(found, table.Scan)
	if err != nil {
		return nil, fmt.Errorf("read the cases that are seen: %w", err)
	}
	seen := make(map[string]*gridcasev1.CaseStatus, len(rows))
	for i := range rows {
		seen[rows[i].CaseID] = rows[i].proto()
	}
	return seen, nil
}
