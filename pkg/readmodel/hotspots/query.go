package hotspots

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/projection"
)

// Spots reads the view.
type Spots struct{ Pool *pgxpool.Pool }

// Question is what hot spots are looked for.
type Question struct {
	District string
	Area     string    // the code of an area; a unit grid lies in it by prefix; empty: the whole district
	CaseType string    // empty: each type by itself
	From, To time.Time // when the cases were filed; To is not in the period
	ByGrid   bool      // places are unit grids, not tiles
	Least    uint32    // how many cases make a hot spot
}

// pageQuery counts the filed cases of a period by place and type. %[1]s is the schema, %[2]s what a tile's place in the order is: null where
// places are unit grids.
const pageQuery = `
select * from (
  select grid, case_type, crs_of as crs, tile_column_of as tile_column, tile_row_of as tile_row, count(*) as cases, min(filed_at) as first, max(filed_at) as last
  from %[1]s.cases, lateral (select %[2]s) tile (crs_of, tile_column_of, tile_row_of)
  where district = $1 and filed_at >= $2 and filed_at < $3 and starts_with(grid, $4) and ($5 = '' or case_type = $5)
  group by 1, 2, 3, 4, 5 having count(*) >= $6
) spots
where (-cases, grid, case_type, crs, tile_column, tile_row) > ($7, $8, $9, $10, $11, $12)
order by -cases, grid, case_type, crs, tile_column, tile_row limit $13`

const (
	tiles = "crs, coalesce(tile_column, -2147483648), coalesce(tile_row, -2147483648)" // which no tile has
	grids = "0::smallint, -2147483648, -2147483648"
)

// spot is one place with a type, in the order of the query's columns.
type spot struct {
	Grid, CaseType string
	Crs            int16
	Column, Row    int32
	Cases          int64
	First, Last    time.Time
}

// Page returns up to limit hot spots behind a cursor ("": from the beginning) and the cursor of the next page, empty at the end. Those with
// the most cases come first.
func (s Spots) Page(ctx context.Context, q Question, page string, limit int) ([]*gridcasev1.HotSpot, string, error) {
	at, err := parseCursor(page)
	if err != nil {
		return nil, "", err
	}
	place := tiles
	if q.ByGrid {
		place = grids
	}
	found, err := s.Pool.Query(ctx, fmt.Sprintf(pageQuery, projection.Schema(View{}), place), q.District, q.From, q.To, q.Area, q.CaseType, int64(q.Least),
		-at.Cases, at.Grid, at.CaseType, at.Crs, at.Column, at.Row, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read hot spots: %w", err)
	}
	spots, err := pgx.CollectRows(found, pgx.RowToStructByPos[spot])
	if err != nil {
		return nil, "", fmt.Errorf("read hot spots: %w", err)
	}
	next := ""
	if len(spots) > limit {
		spots = spots[:limit]
		next = spots[limit-1].cursor()
	}
	answer := make([]*gridcasev1.HotSpot, len(spots))
	for i := range spots {
		answer[i] = spots[i].proto()
	}
	return answer, next, nil
}

func (s *spot) proto() *gridcasev1.HotSpot {
	out := &gridcasev1.HotSpot{Grid: s.Grid, CaseType: s.CaseType, Cases: uint64(s.Cases), FirstFiledAt: timestamppb.New(s.First), LastFiledAt: timestamppb.New(s.Last)}
	if s.Row != math.MinInt32 {
		out.Centre = grid.Tile{Column: s.Column, Row: s.Row}.Centre(side)
		out.Centre.Crs = gridcasev1.Crs(s.Crs)
	}
	return out
}

func (s *spot) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s %s %d %d %d", s.Cases, s.Grid, s.CaseType, s.Crs, s.Column, s.Row))
}

// parseCursor reads what spot.cursor wrote; the beginning where page is empty.
func parseCursor(page string) (spot, error) {
	at := spot{Cases: math.MaxInt64}
	if page == "" {
		return at, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(page)
	if err == nil {
		_, err = fmt.Fscanf(strings.NewReader(string(b)), "%d %s %s %d %d %d", &at.Cases, &at.Grid, &at.CaseType, &at.Crs, &at.Column, &at.Row)
	}
	if err != nil || at.Cases < 0 || strings.ContainsRune(at.Grid+at.CaseType, 0) {
		return at, fault.BadPage()
	}
	return at, nil
}
