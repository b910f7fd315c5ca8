package projector_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/text"
)

// rare are words and the share of texts that have them.
var rare = []struct {
	word  string
	share float64
}{{"占道停车", 0.3}, {"垃圾", 0.05}, {"井盖", 0.02}, {"路灯", 0.01}, {"塌陷", 0.002}, {"消防通道", 0.0001}}

// BenchmarkSearch looks for words of every frequency among the texts of so many cases as GRIDCASE_BENCH_CASES says, 200,000 where it says
// nothing, one every two minutes, and tells the median and the 99th percentile of a page in milliseconds.
func BenchmarkSearch(b *testing.B) {
	n := 200_000
	if said, err := strconv.Atoi(os.Getenv("GRIDCASE_BENCH_CASES")); err == nil {
		n = said
	}
	f := newFolded(b)
	f.seed(n)
	desk, unit := all("610302"), access.Scope{District: "610302", Department: "d7", User: "manager"}
	worker := access.Scope{District: "610302", Areas: []string{"610302001001007", "610302001001008"}, User: "worker"}
	for _, r := range rare {
		for name, scope := range map[string]access.Scope{"desk": desk, "department of 5 %": unit, "worker of 2 of 2000 grids": worker} {
			b.Run(fmt.Sprintf("in %g %% of texts, %s", 100*r.share, name), func(b *testing.B) {
				var took []float64
				for b.Loop() {
					begun := time.Now()
					f.firstPage(scope, r.word)
					took = append(took, float64(time.Since(begun).Microseconds())/1000)
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2], "p50-ms")
				b.ReportMetric(took[len(took)*99/100], "p99-ms")
			})
		}
	}
}

// firstPage reads as the service does.
func (f *folded) firstPage(scope access.Scope, word string) {
	f.t.Helper()
	relations, err := f.index().Hits(f.t.Context(), scope.District, f.vault.Digests(text.Asked(word)), "")
	if err != nil {
		f.t.Fatal(err)
	}
	for _, hits := range relations {
		page, err := casestatus.Cases{Pool: f.pool}.Among(f.t.Context(), scope, hits, casestatus.Filter{}, 51)
		if err != nil {
			f.t.Fatal(err)
		}
		if len(page) == 51 {
			return
		}
	}
}

// seed makes cases with texts: their rows alone, without a log.
func (f *folded) seed(n int) {
	f.t.Helper()
	f.fold(f.reported("610302", caseID(0), "", ""))
	dice := rand.New(rand.NewPCG(1, 1))
	ctx := context.Background()
	f.in(func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local statement_timeout = 0; create temp table seeds (district text, case_id uuid, shelf text, report text, department text, grid text) on commit drop`); err != nil {
			return err
		}
		i := 0
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"seeds"}, []string{"district", "case_id", "shelf", "report", "department", "grid"}, pgx.CopyFromFunc(func() ([]any, error) {
			if i++; i > n {
				return nil, nil
			}
			at := time.Date(2026, 1, 1, 0, 2*i, 0, 0, time.UTC)
			id := fmt.Sprintf("%08x-%04x-7000-8000-%012x", at.UnixMilli()>>16, at.UnixMilli()&0xffff, i)
			return []any{"610302", id, "d610302 d610302" + at.Format("m200601"), strings.Join(f.vault.Digests(text.Words(story(dice))), " "),
				fmt.Sprintf("d%d", dice.IntN(20)), fmt.Sprintf("610302001001%03d", dice.IntN(2000))}, nil
		}))
		if err != nil {
			return err
		}
		var columns, values string
		if err := tx.QueryRow(ctx, `select string_agg(attname, ', ' order by attnum), string_agg(case when attname in ('case_id', 'department', 'grid') then 's.' else 'c.' end || attname, ', ' order by attnum)
			from pg_attribute where attrelid = $1::text::regclass and attnum > 0`, cases).Scan(&columns, &values); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into `+front+`.texts (district, case_id, shelf, report, notes) select district, case_id, shelf::tsvector, report::tsvector, '' from seeds;
			insert into `+cases+` (`+columns+`) select `+values+` from seeds s, `+cases+` c`)
		return err
	})
	if _, err := f.pool.Exec(ctx, `vacuum analyze `+front+`.texts`); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.pool.Exec(ctx, `vacuum analyze `+cases); err != nil {
		f.t.Fatal(err)
	}
}

// story is some 30 characters, with each of the rare words as often as its share says.
func story(dice *rand.Rand) string {
	var b strings.Builder
	for range 25 {
		b.WriteRune(rune(0x4e00 + min(dice.IntN(3000), dice.IntN(3000), dice.IntN(3000))))
	}
	for _, r := range rare {
		if dice.Float64() < r.share {
			b.WriteString("，" + r.word)
		}
	}
	fmt.Fprintf(&b, "，%d号", dice.IntN(500))
	return b.String()
}
