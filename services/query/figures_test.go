package query_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
	"github.com/gridcase/gridcase/services/query"
)

// folded is the view that figures are made of, in a database of its own.
type folded struct{ pool *postgres.Pool }

func fold(t *testing.T) folded {
	t.Helper()
	pool, err := postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	view := kpifacts.View{}
	if _, err := pool.Exec(t.Context(), "create schema "+projection.Schema(view)+"; set search_path to "+projection.Schema(view)+"; "+view.Tables()+"; reset search_path"); err != nil {
		t.Fatal(err)
	}
	return folded{pool}
}

// errUndo takes back what was written.
var errUndo = errors.New("undo")

// after lets ask be answered by a view that has seen a log, and sees nothing of it any more.
func (f folded) after(ctx context.Context, log []projection.Event, ask func(tx postgres.Tx) error) error {
	view := kpifacts.View{}
	err := pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		if err := projection.Apply(ctx, tx, view, projection.Schema(view), log); err != nil {
			return err
		}
		if err := ask(tx); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// TestAlwaysFiguresAsOfAMomentAreThoseOfTheLogCutThere: what the view makes of them, which has seen the whole log.
func TestAlwaysFiguresAsOfAMomentAreThoseOfTheLogCutThere(t *testing.T) {
	t.Parallel()
	f, filed, due := fold(t), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		log := drawLog(t)
		err := f.after(t.Context(), log, func(tx postgres.Tx) error {
			for range 6 {
				then, o := drawMoment(t, log), drawOptions(t)
				o.Now = clock(then, log)
				want := cut(log, then, o)
				got, err := query.Fold(t.Context(), tx, district, &then, o)
				if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
					return fmt.Errorf("from %s to %s as of %v: %w (-of the cut log +of the view):\n%s", o.From, o.To, then, err, diff)
				}
				filed, due = filed+counted(want, "file_on_time"), due+counted(want, "overdue_open_rate")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if filed == 0 || due == 0 {
		t.Errorf("%d figures of filings and %d of handlings had anything to tell: nothing was compared", filed, due)
	}
}

// TestACaseWhoseEndIsNotSeenYetWasOpen: of an import, whose events come as they come, a case may have ended long before the period, and its end
// stand behind the position.
func TestACaseWhoseEndIsNotSeenYetWasOpen(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return first.AddDate(0, 0, n) }
	log := []projection.Event{
		eventOf(1, 2026, 0, day(0), reported, report.event(day(1))), eventOf(1, 2026, 1, day(1), filed, file.event(day(45))),
		eventOf(2, 2026, 0, day(50), reported, report.event(day(60))), eventOf(1, 2026, 2, day(2), voided, void.event(day(0))),
	}
	for i := range log {
		log[i].Seq = uint64(i + 1)
	}
	o := kpi.Options{From: day(40), To: day(70), Version: kpi.Newest, Calendar: weekdays, Duties: onDuty{}}
	f := fold(t)
	for seq, due := range map[uint64]int{2: 0, 3: 1, 4: 0} {
		then := readmodel.Moment{Positions: []eventstore.Position{{District: district, Year: 2026, Seq: seq}}}
		o.Now = clock(then, log)
		err := f.after(t.Context(), log, func(tx postgres.Tx) error {
			got, err := query.Fold(t.Context(), tx, district, &then, o)
			if n := counted(got, "dispatch_on_time"); n != due {
				t.Errorf("as of position %d a dispatch was due in %d groups, want %d", seq, n, due)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestAStatementsTimeIsNoLimitOnFigures: facts are computed with while they are read, and of a large district that takes long.
func TestAStatementsTimeIsNoLimitOnFigures(t *testing.T) {
	t.Parallel()
	f, o := fold(t), kpi.Options{From: first, To: first.AddDate(0, 1, 0), Version: kpi.Newest, Calendar: weekdays, Duties: onDuty{}}
	err := f.after(t.Context(), []projection.Event{eventOf(1, 2026, 0, first, reported, report.event(first))}, func(tx postgres.Tx) error {
		const copies = "insert into %[1]s.cases select district, gen_random_uuid(), year, seq, grid, reported_at, ended_at, facts from %[1]s.cases, generate_series(2, 20000)"
		if _, err := tx.Exec(t.Context(), fmt.Sprintf(copies, projection.Schema(kpifacts.View{}))+"; set local statement_timeout = '20ms'"); err != nil {
			return err
		}
		groups, err := query.Fold(t.Context(), tx, district, nil, o)
		if err == nil && denominator(groups, "self_fix_rate") != 20000 {
			t.Errorf("the figures are %v", groups)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// denominator is what a figure of the district is a share of.
func denominator(groups []*gridcasev1.KpiGroup, name string) float64 {
	for _, k := range groups[0].GetKpis() {
		if k.GetName() == name {
			return k.GetDenominator()
		}
	}
	return 0
}

// drawMoment is a time, or a place in one log or in both.
func drawMoment(t *rapid.T, log []projection.Event) (m readmodel.Moment) {
	if rapid.Bool().Draw(t, "by time") {
		at := log[rapid.IntRange(0, len(log)-1).Draw(t, "event")].Time.Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, "minutes")) * time.Minute)
		return readmodel.Moment{At: at}
	}
	for range rapid.IntRange(1, 2).Draw(t, "positions") {
		e := &log[rapid.IntRange(0, len(log)-1).Draw(t, "position")]
		if m.Last(e.Year) == 0 {
			m.Positions = append(m.Positions, e.Position())
		}
	}
	return m
}

// clock is what time it was at a moment.
func clock(m readmodel.Moment, log []projection.Event) time.Time {
	if len(m.Positions) == 0 {
		return m.At
	}
	latest := time.Unix(0, 0)
	for i := range log {
		if slices.Contains(m.Positions, log[i].Position()) && log[i].Time.After(latest) {
			latest = log[i].Time
		}
	}
	return latest
}

func drawOptions(t *rapid.T) kpi.Options {
	o := kpi.Options{By: rapid.SampledFrom([]kpi.By{kpi.Whole, kpi.Department, kpi.Grid, kpi.Worker, kpi.Position}).Draw(t, "by"), Version: kpi.Newest, Calendar: weekdays, Duties: onDuty{}}
	o.From = first.Add(time.Duration(rapid.IntRange(-24, 120*24).Draw(t, "from")) * time.Hour)
	o.To = o.From.Add(time.Duration(rapid.IntRange(1, 60*24).Draw(t, "length")) * time.Hour)
	return o
}

var weekdays = func() *calendar.Calendar {
	v, _ := calendar.BuiltIn("weekdays")
	v.Zone = "Asia/Shanghai"
	c, err := calendar.New(v)
	if err != nil {
		panic(err)
	}
	return c
}()

// onDuty has wang on duty in the one unit grid.
type onDuty struct{}

func (onDuty) OnDuty(string) []string { return []string{wang} }
func (onDuty) DutyGrids() []string    { return []string{"610302001001001"} }
func (onDuty) Patrolled(string) bool  { return true }

// cut folds the events of a log that had happened by a moment.
func cut(log []projection.Event, then readmodel.Moment, o kpi.Options) []*gridcasev1.KpiGroup {
	c := kpi.New(o)
	for i := range log {
		if e := &log[i]; then.Sees(&e.Event) {
			c.Add(kpi.Event{Case: e.CaseID, At: e.Time, Actor: e.Actor, Grid: e.Grid, Message: e.Message})
		}
	}
	return c.Groups()
}

// counted is in how many groups there was anything of a figure.
func counted(groups []*gridcasev1.KpiGroup, name string) (n int) {
	for _, g := range groups {
		for _, k := range g.GetKpis() {
			if k.GetName() == name && k.GetDenominator() > 0 {
				n++
			}
		}
	}
	return n
}
