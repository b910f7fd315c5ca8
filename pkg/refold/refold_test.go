package refold_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/refold"
)

// projected is a log with cases, and the views of it.
type projected struct {
	log   *eventstore.Log
	pool  *pgxpool.Pool
	cases []eventstore.Case
	last  uint64
	*refold.Refold
}

func project(t *testing.T, cases int) *projected {
	t.Helper()
	p := &projected{}
	var err error
	if p.log, err = eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	for range cases {
		p.report(t)
	}
	if p.pool, err = postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{Conns: 6}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	views := []projection.View{casestatus.View{}, timeline.View{}, gridstatus.View{}, workqueue.View{}}
	p.Refold = &refold.Refold{Pool: p.pool, Log: p.log, Views: views}
	p.follow(t)
	return p
}

// report appends a case that is reported and filed.
func (p *projected) report(t *testing.T) {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	c, err := eventstore.CaseOf("610302", id.String())
	if err != nil {
		t.Fatal(err)
	}
	place := &gridcasev1.Place{Grid: "610302001001001", Community: "610302001001", Street: "610302001", District: "610302"}
	prev, seq := "", uint64(0)
	for i, m := range []proto.Message{&gridcasev1.CaseReported{Number: fmt.Sprintf("61030220261101%05d", len(p.cases)+1), CaseType: "drain.pipe", Place: place}, &gridcasev1.CaseFiled{Condition: "C2"}} {
		state := []gridcasev1.State{gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_FILED}[i]
		env := gridcasev1.Envelope{ID: uuid.NewString(), Type: gridcasev1.EventType(m), Source: "/test", Time: time.Now().UTC(), Subject: c.Subject(), Version: uint64(i + 1),
			CommandID: uuid.NewString(), CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_ACCEPTOR, Catalogue: 1, Calendar: 1, Grid: place.Grid, State: state, Prev: prev}
		e, err := eventstore.Draft{Envelope: env, Message: m}.Seal(c)
		if err != nil {
			t.Fatal(err)
		}
		if seq, err = p.log.Append(t.Context(), c, seq, []eventstore.Event{e}); err != nil {
			t.Fatal(err)
		}
		prev = e.Hash
	}
	p.cases, p.last = append(p.cases, c), seq
}

// follow runs a projector until the views hold the log.
func (p *projected) follow(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- projection.New(projection.Options{Pool: p.pool, Log: p.log, Views: p.Views}).Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		var seq uint64
		if err := p.pool.QueryRow(t.Context(), `select coalesce(min(seq), 0) from projection.checkpoints`).Scan(&seq); err == nil && seq == p.last {
			return
		}
	}
	t.Fatal("the views did not reach the log's end")
}

func (p *projected) exec(t *testing.T, statement string) {
	t.Helper()
	if tag, err := p.pool.Exec(t.Context(), statement); err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %v, %v", statement, tag, err)
	}
}

func TestViewsThatHoldTheLogDifferNowhere(t *testing.T) {
	t.Parallel()
	p := project(t, 20)
	p.report(t) // the views have not come so far
	whole, err := p.Whole(t.Context())
	if err != nil || len(whole.Differences) > 0 || whole.Events != 40 || whole.Cases != 20 || whole.Rows < 100 {
		t.Errorf("the whole: %+v, %v", whole, err)
	}
	drawn, err := p.Drawn(t.Context(), p.cases[15:])
	if err != nil || len(drawn.Differences) > 0 || drawn.Rows < 15 {
		t.Errorf("six cases: %+v, %v", drawn, err)
	}
	schemas, err := p.pool.Query(t.Context(), `select nspname from pg_namespace where nspname like 'refold%'`)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := pgx.CollectRows(schemas, pgx.RowTo[string]); err != nil || len(left) > 0 {
		t.Errorf("schemas are left behind: %v, %v", left, err)
	}
}

func TestAViewThatIsNotWhatTheLogSaysIsNamedByRowAndColumn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, spoil string
		says        []string
		wholeOnly   bool
	}{
		{"a row was altered", `update casestatus_v%d.cases set department = 'SECRET', bounces = 7 where case_id = '%s'`, []string{"cases", "case_id CASE", "not what a fresh fold says: bounces, department"}, false},
		{"a row is missing", `delete from casestatus_v%d.cases where case_id = '%s'`, []string{"cases", "case_id CASE", "the row is missing"}, false},
		{"a row was put in", `insert into casestatus_v%[1]d.cases select (jsonb_populate_record(c, '{"version": 3, "case_id": "01980000-0000-7000-8000-000000000000"}')).* from casestatus_v%[1]d.cases c where case_id = '%[2]s'`,
			[]string{"case_id 01980000-0000-7000-8000-000000000000", "a fresh fold has no such row"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := project(t, 3)
			spoilt := p.cases[1]
			p.exec(t, fmt.Sprintf(tt.spoil, casestatus.View{}.Version(), spoilt.ID))
			check := func(which string, r *refold.Report, err error) {
				t.Helper()
				if err != nil || len(r.Differences) != 1 {
					t.Fatalf("%s: %+v, %v", which, r, err)
				}
				for _, part := range tt.says {
					if text := r.Differences[0].Text; !strings.Contains(text, strings.ReplaceAll(part, "CASE", spoilt.ID)) || strings.Contains(text, "SECRET") {
						t.Errorf("%s says %q, which lacks %q or tells a value", which, text, part)
					}
				}
			}
			whole, err := p.Whole(t.Context())
			check("the whole", whole, err)
			if tt.wholeOnly {
				return
			}
			drawn, err := p.Drawn(t.Context(), []eventstore.Case{spoilt})
			check("the drawn case", drawn, err)
			if others, err := p.Drawn(t.Context(), []eventstore.Case{p.cases[0]}); err != nil || len(others.Differences) > 0 {
				t.Errorf("another case: %+v, %v", others, err)
			}
		})
	}
}

func TestACountThatIsWrongIsFoundByTheWholeComparison(t *testing.T) {
	t.Parallel()
	p := project(t, 3)
	p.exec(t, fmt.Sprintf(`update gridstatus_v%d.counts set cases = cases + 1 where area = '610302'`, gridstatus.View{}.Version()))
	r, err := p.Whole(t.Context())
	if err != nil || len(r.Differences) == 0 || !strings.Contains(r.Differences[0].Text, "counts, area 610302") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAViewThatHoldsWhatTheLogDoesNotIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, spoil, says string }{
		{"another event", `update projection.checkpoints set hash = 'another' where view = 'timeline'`, "holds another event at 610302-"},
		{"a place behind the end", `update projection.checkpoints set seq = 99 where view = 'timeline'`, ":99, but the log ends at 6"},
		{"a halt", `update projection.checkpoints set halted = 'a gap' where view = 'timeline'`, ": halted in CASES_610302_"},
		{"a stream that is gone", `insert into projection.checkpoints select view, version, 'CASES_610399_2001', stream_created, seq, hash, halted, generation from projection.checkpoints where view = 'timeline'`, "holds 6 events of CASES_610399_2001, which the log does not have"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := project(t, 3)
			p.exec(t, tt.spoil)
			r, err := p.Drawn(t.Context(), p.cases[:1])
			if err != nil || len(r.Differences) != 1 || !strings.Contains(r.Differences[0].Text, tt.says) {
				t.Errorf("%+v, %v; want %q", r, err, tt.says)
			}
		})
	}
}

func TestAViewThatIsBeingFilledIsNotCompared(t *testing.T) {
	t.Parallel()
	p := project(t, 3)
	p.exec(t, `update projection.checkpoints set fill_end = seq, seq = 0 where view = 'timeline'`)
	r, err := p.Whole(t.Context())
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Code != "views.filling" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAParkedCaseIsNamedApartFromDifferences(t *testing.T) {
	t.Parallel()
	p := project(t, 3)
	p.exec(t, `insert into projection.quarantine select number, '610302', 2026, '019cad5b-8000-7000-8000-000000000001', 5, '', '', 'row.unreadable', '', now(), 1, 5, null, null, 0 from projection.generations where view = 'timeline'`)
	r, err := p.Drawn(t.Context(), p.cases[:1])
	if err != nil || len(r.Differences) != 0 || len(r.Quarantined) != 1 || !strings.Contains(r.Quarantined[0].Text, "case 610302/019cad5b-8000-7000-8000-000000000001 is parked from 610302-2026:5 on (row.unreadable)") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAComparisonTellsHowFarItIsAndEndsWhereItIsTold(t *testing.T) {
	t.Parallel()
	p := project(t, 3)
	var done, total uint64
	p.Told = func(d, of uint64) error {
		done, total = d, of
		return nil
	}
	if r, err := p.Whole(t.Context()); err != nil || done != r.Events || total != 6 || done != 6 {
		t.Errorf("%d of %d events were told, %+v, %v", done, total, r, err)
	}
	if r, err := p.Drawn(t.Context(), p.cases[:1]); err != nil || done != r.Events || total != done {
		t.Errorf("%d of %d events were told, %+v, %v", done, total, r, err)
	}
	gone := errors.New("nobody listens")
	p.Told = func(uint64, uint64) error { return gone }
	if _, err := p.Whole(t.Context()); !errors.Is(err, gone) {
		t.Errorf("it goes on: %v", err)
	}
}
