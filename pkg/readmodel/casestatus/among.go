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

// Filter leaves out cases; the zero value leaves none out.
type Filter struct {
	CaseType   string
	Area       string // a unit grid lies in it by prefix
	Department string // the lead
}

// condition is the filter's, with its arguments numbered from first on.
func (f Filter) condition(first int) (condition string, args []any) {
	condition = fmt.Sprintf("($%[1]d = '' or case_type = $%[1]d) and starts_with(grid, $%[2]d) and ($%[3]d = '' or department = $%[3]d)", first, first+1, first+2)
	return condition, []any{f.CaseType, f.Area, f.Department}
}

// Among returns the first cases in scope of those that another view found, the newest first by the
// times in their ids.
func (c Cases) Among(ctx context.Context, scope access.Scope, hits readmodel.Hits, f Filter, limit int) ([]*gridcasev1.CaseStatus, error) {
	n := len(hits.Args)
	asked, askedArgs := f.condition(n + 2)
	visible, visibleArgs := readmodel.Visible(scope, n+2+len(askedArgs))
	query := fmt.Sprintf(`select %s from %s where %s and %s order by hit_case desc limit $%d`, table.Select(), projection.OfHits(hits.SQL, from), asked, visible, n+1)
	found, err := c.Pool.Query(ctx, query, slices.Concat(hits.Args, []any{limit}, askedArgs, visibleArgs)...)
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
