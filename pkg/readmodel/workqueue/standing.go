package workqueue

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/projection"
)

// Standing is in which queues a case waits now, by its state and for requests, and who has a part in it.
type Standing struct {
	Queues  []string
	Parties access.Parties
}

// Standings returns how cases of a district stand now, by id. A case that the view doesn't have is not among them.
func (q Queues) Standings(ctx context.Context, district string, ids []string) (map[string]Standing, error) {
	schema := projection.Schema(View{})
	query := `select case_id::text, array_remove(queue || array(select r.queue from ` + schema + `.requests r where r.district = $1 and r.case_id = of_case.case_id), ''),
		grid, department, reporter, worker, handler from ` + projection.OfCases(schema+"."+table.Name)
	found, err := q.Pool.Query(ctx, query, district, ids)
	if err != nil {
		return nil, fmt.Errorf("read where cases wait: %w", err)
	}
	standings := make(map[string]Standing, len(ids))
	var id string
	var s Standing
	p := &s.Parties
	_, err = pgx.ForEachRow(found, []any{&id, &s.Queues, &p.Grid, &p.Department, &p.Reporter, &p.Worker, &p.Handler}, func() error {
		standings[id] = s
		s.Queues = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read where cases wait: %w", err)
	}
	return standings, nil
}
