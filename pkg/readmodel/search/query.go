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
	err := x.Pool.QueryRow(ctx, `select case_id::text as id from `+from+` where district = $1 and case_id < $2::text::uuid order by case_id desc limit 1`, district, before).Scan(&first)
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
		looked(from, district, before, digests),
		indexed(from, before, all+" & ("+strings.Join(months, " | ")+")"),
		indexed(from, before, all+" & "+shelf(district)),
	}, nil
}

// looked are those of the newest cases that have all words. Each word is looked for by itself: to join the columns of a row costs ten times that.
func looked(from, district, before string, digests []string) readmodel.Hits {
	h := readmodel.Hits{Args: []any{district, before}}
	var has []string
	for _, d := range digests {
		h.Args = append(h.Args, d)
		has = append(has, fmt.Sprintf("(report @@ $%[1]d::text::tsquery or notes @@ $%[1]d::text::tsquery)", len(h.Args)))
	}
	h.SQL = fmt.Sprintf(`select district as hit_district, case_id as hit_case from (
		select * from %s where district = $1 and case_id < $2::text::uuid order by case_id desc limit %d) newest where %s order by case_id desc`, from, newest, strings.Join(has, " and "))
	return h
}

// indexed are the cases that the index has for a query. It names no district but in the query, so that the planner has no other way.
func indexed(from, before, query string) readmodel.Hits {
	return readmodel.Hits{SQL: fmt.Sprintf(`select district as hit_district, case_id as hit_case from %s where (%s) @@ $1::text::tsquery and case_id < $2::text::uuid order by case_id desc`, from, allWords),
		Args: []any{query, before}}
}
