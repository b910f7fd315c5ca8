package readmodel_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/hotspots"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

// TestAViewIsTheSameHoweverTheLogIsCut folds the same log event by event, in threes, and at once, as a rebuild does.
func TestAViewIsTheSameHoweverTheLogIsCut(t *testing.T) {
	t.Parallel()
	ways := [][]step{
		way(toHandling, overdue, up, more, granted, urgentNow, done, ends, appeals, unhappy, reopen),
		way(toHandling, aside, rests, resumes, ask, refuse, urges, replies, split, settles),
		{report, file, assign, merge, unmerge}, {report, selfFix, audited, ends, visited}, {report, move, retype}, way(toClosed, unhappy), {naming("P-1"), file, back, decline}, {report, move, file, voids},
	}
	for _, view := range []projection.View{casestatus.View{}, timeline.View{}, gridstatus.View{}, workqueue.View{}, deadlines.View{}, history.View{}, projectcases.View{}, hotspots.View{}, kpifacts.View{}} {
		t.Run(view.Name(), func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, size := range []int{1, 3, 1000} {
				s := show(t, view)
				var log []projection.Event
				for n, steps := range ways {
					log = append(log, s.events(n, steps...)...)
				}
				for ; len(log) > 0; log = log[min(size, len(log)):] {
					s.fold(log[:min(size, len(log))])
				}
				got := s.dump()
				if want == nil {
					want = got
				}
				same(t, got, want)
			}
		})
	}
}

// dump is every row of the view, as text.
func (s *shown) dump() []string {
	s.t.Helper()
	var rows []string
	s.in(func(tx pgx.Tx) error {
		found, err := tx.Query(s.t.Context(), `select table_name from information_schema.tables where table_schema = $1 order by table_name`, projection.Schema(s.view))
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, table := range tables {
			found, err := tx.Query(s.t.Context(), "select '"+table+"' || to_jsonb(r)::text from "+projection.Schema(s.view)+"."+table+" r order by 1")
			if err != nil {
				return err
			}
			more, err := pgx.CollectRows(found, pgx.RowTo[string])
			if err != nil {
				return err
			}
			rows = append(rows, more...)
		}
		return nil
	})
	if len(rows) == 0 {
		s.t.Fatal("the view is empty")
	}
	return rows
}
