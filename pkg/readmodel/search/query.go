package search

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Index reads the view.
type Index struct{ Pool *pgxpool.Pool }

const (
	// newest is how many rows are looked through one by one, before the index is asked: who looks for a frequent word finds a page there.
	newest = 2000
	// recent is how many months are asked of the index before all of it is: of a word that is neither frequent nor rare it has a page there.
	recent = 3
)

// Hits returns relations of the cases of a district that have all words and whose id is less than before ("": of all), from the least costly
// to read to the one that has all of them: a page that is full needs no further one. None of them says who may see a case.
func (x Index) Hits(ctx context.Context, district string, digests []string, before string) ([]readmodel.Hits, error) {
	if before == "" {
		before = "ffffffff-ffff-ffff-ffff-ffffffffffff"
	}
	from := projection.Schema(View{}) + "." + table.Name
	var first string
	err := x.Pool.QueryRow(ctx, `select case_id::text from `+from+` where district = $1 and case_id < $2::text::uuid order by case_id desc limit 1`, district, before).Scan(&first)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("search texts: %w", err)
	}
	months := make([]string, recent)
	for i := range months {
		months[i] = shelf(district, month(first).AddDate(0, -i, 0))
	}
	all := strings.Join(digests, " & ")
	return []readmodel.Hits{
		{SQL: fmt.Sprintf(`select district as hit_district, case_id as hit_case from (select * from %s where district = $1 and case_id < $2::text::uuid order by case_id desc limit %d) newest
			where (%s) @@ $3::text::tsquery order by case_id desc`, from, newest, allWords), Args: []any{district, before, all}},
		indexed(from, before, all+" & ("+strings.Join(months, " | ")+")"),
		indexed(from, before, all+" & "+shelf(district)),
	}, nil
}

// indexed are the cases that the index has for a query. It names no district but in the query, so that the planner has no other way.
func indexed(from, before, query string) readmodel.Hits {
	return readmodel.Hits{SQL: fmt.Sprintf(`select district as hit_district, case_id as hit_case from %s where (%s) @@ $1::text::tsquery and case_id < $2::text::uuid order by case_id desc`, from, allWords),
		Args: []any{query, before}}
}
