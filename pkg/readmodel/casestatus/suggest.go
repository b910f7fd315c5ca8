package casestatus

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
)

// routed are the columns by which a case is routed.
var routed = table.Only("case_id", "case_type", "condition", "fields", "grid", "community", "street", "district", "longitude", "latitude", "crs")

// Suggest says of each filed case among the items of a district's queue where the catalogue would send it, or why it knows no department.
// Other items, those that wait for a request among them, stay as they are.
func (c Cases) Suggest(ctx context.Context, district string, types *catalog.Catalogue, items []*gridcasev1.QueueItem) error {
	byID := map[string]*gridcasev1.QueueItem{}
	var ids []string
	for _, item := range items {
		if item.GetState() == gridcasev1.State_STATE_FILED && item.GetPending() == gridcasev1.Pending_PENDING_UNSPECIFIED {
			byID[item.GetCaseId()] = item
			ids = append(ids, item.GetCaseId())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := c.Pool.Query(ctx, fmt.Sprintf(`select %s from %s where district = $1 and case_id = any($2::text[]::uuid[])`, routed.Select(), from), district, ids)
	if err != nil {
		return fmt.Errorf("read what cases are routed by: %w", err)
	}
	rows, err := pgx.CollectRows(found, routed.Scan)
	if err != nil {
		return fmt.Errorf("read what cases are routed by: %w", err)
	}
	for i := range rows {
		rows[i].suggest(types, byID[rows[i].CaseID])
	}
	return nil
}

func (r *row) suggest(types *catalog.Catalogue, item *gridcasev1.QueueItem) {
	routing := types.Route(r.CaseType, r.Condition, r.fields(), r.placed())
	if routing.Department == "" {
		item.Unrouted = routing.Why
		return
	}
	item.SuggestedDepartment, item.SuggestedAssisting = routing.Department, routing.Assisting
}
