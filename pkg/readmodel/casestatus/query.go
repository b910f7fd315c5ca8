package casestatus

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Cases reads the view.
type Cases struct{ Pool *pgxpool.Pool }

var from = projection.Schema(View{}) + "." + table.Name

// Get returns a case in scope by its id, or by its number where the id is empty; nil where there is none.
func (c Cases) Get(ctx context.Context, scope access.Scope, ref *gridcasev1.CaseRef) (*gridcasev1.CaseStatus, error) {
	r, err := c.row(ctx, scope, ref)
	if r == nil || err != nil {
		return nil, err
	}
	return r.proto(), nil
}

func (c Cases) row(ctx context.Context, scope access.Scope, ref *gridcasev1.CaseRef) (*row, error) {
	visible, args := readmodel.Visible(scope, 2)
	by, value := "case_id = $1::text::uuid", ref.GetCaseId()
	if value == "" {
		by, value = "number = $1", ref.GetNumber()
	}
	found, err := c.Pool.Query(ctx, fmt.Sprintf(`select %s from %s where %s and %s`, table.Select(), from, by, visible), append([]any{value}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read a case: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(found, table.Scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a case: %w", err)
	}
	return &r, nil
}

// Search returns the cases in scope whose number begins with prefix and comes after a number, in the order of the numbers.
func (c Cases) Search(ctx context.Context, scope access.Scope, prefix, after string, limit int) ([]*gridcasev1.CaseStatus, error) {
	visible, args := readmodel.Visible(scope, 4)
	query := fmt.Sprintf(`select %s from %s where number like $1 || '%%' and number ~>~ $2 and %s order by number using ~<~ limit $3`, table.Select(), from, visible)
	found, err := c.Pool.Query(ctx, query, append([]any{prefix, after, limit}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("search cases: %w", err)
	}
	rows, err := pgx.CollectRows(found, table.Scan)
	if err != nil {
		return nil, fmt.Errorf("search cases: %w", err)
	}
	cases := make([]*gridcasev1.CaseStatus, len(rows))
	for i := range rows {
		cases[i] = rows[i].proto()
	}
	return cases, nil
}
