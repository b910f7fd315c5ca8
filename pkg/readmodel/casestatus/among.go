package casestatus

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Filter leaves out cases; the zero value leaves none out.
type Filter struct {
	CaseType string
	Area     string // a unit grid lies in it by prefix
}

// Among returns the first cases in scope of those that another view found, the newest first by the
// times in their ids.
func (c Cases) Among(ctx context.Context, scope access.Scope, hits readmodel.Hits, f Filter, limit int) ([]*gridcasev1.CaseStatus, error) {
	n := len(hits.Args)
	visible, args := readmodel.Visible(scope, n+4)
	query := fmt.Sprintf(`select %s from %s where ($%d = '' or case_type = $%d) and starts_with(grid, $%d) and %s order by hit_case desc limit $%d`,
		table.Select(), projection.OfHits(hits.SQL, from), n+1, n+1, n+2, visible, n+3)
	found, err := c.Pool.Query(ctx, query, append(append(append([]any{}, hits.Args...), f.CaseType, f.Area, limit), args...)...)
	if err != nil {
		return nil, fmt.Errorf("read the cases that were found: %w", err)
	}
	rows, err := pgx.CollectRows(found, table.Scan)
	if err != nil {
		return nil, fmt.Errorf("read the cases that were found: %w", err)
	}
	cases := make([]*gridcasev1.CaseStatus, len(rows))
	for i := range rows {
		cases[i] = rows[i].proto()
	}
	return cases, nil
}
