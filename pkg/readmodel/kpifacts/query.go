package kpifacts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// Period is which cases are asked for: those that were there in it. They were reported before its end, and not over before its beginning,
// which is to say not ended yet or with an event since.
type Period struct {
	District      string
	Since, Before time.Time
	// Then is the moment as of which they are told; nil: now.
	Then *readmodel.Moment
}

const lived = `select case_id::text, year, facts from %s where district = $1 and reported_at < $3 and (ended_at is null or ended_at >= $2 or %s)`

// Each gives the events of a period's cases to take, as far as they had happened by the moment, those of one case in their order, cut down to
// what figures are made of. The transaction's statements may take as long as all of that takes from here on.
func Each(ctx context.Context, tx pgx.Tx, p Period, take func(kpi.Event)) error {
	if p.Then != nil && len(p.Then.Positions) == 0 && p.Then.At.Before(p.Before) {
		p.Before = p.Then.At.Add(time.Microsecond) // what happens at the moment is seen
	}
	if _, err := tx.Exec(ctx, "set local statement_timeout = 0"); err != nil {
		return fmt.Errorf("read the facts of a period: %w", err)
	}
	changed, args := p.changed(4)
	found, err := tx.Query(ctx, fmt.Sprintf(lived, projection.Schema(View{})+"."+table.Name, changed), append([]any{p.District, p.Since, p.Before}, args...)...)
	if err != nil {
		return fmt.Errorf("read the facts of a period: %w", err)
	}
	var r row
	_, err = pgx.ForEachRow(found, []any{&r.CaseID, &r.Year, (*pgtype.DriverBytes)(&r.Facts)}, func() error { return r.each(p, take) })
	if err != nil {
		return fmt.Errorf("read the facts of a period: %w", err)
	}
	return nil
}

// changed is the condition that an ended case has an event behind the moment, so that it may have lived in the period then, and its arguments,
// numbered from first on. As of a time that adds none: an event later than it is not before Since either, or else nothing of the period had
// come by then.
func (p Period) changed(first int) (condition string, args []any) {
	if p.Then == nil || len(p.Then.Positions) == 0 {
		return "false", nil
	}
	years, sequences := p.Then.Cuts(p.District)
	return fmt.Sprintf("not exists (select from unnest($%d::int[], $%d::bigint[]) cut (y, s) where year = y and seq <= s)", first, first+1), []any{years, sequences}
}

// each gives a case's events to take.
func (r *row) each(p Period, take func(kpi.Event)) error {
	var facts gridcasev1.KpiFacts
	if err := proto.Unmarshal(r.Facts, &facts); err != nil {
		return fmt.Errorf("case %s: %w", r.CaseID, err)
	}
	e := kpi.Event{Case: r.CaseID}
	for _, f := range facts.GetFacts() {
		if f.GetGrid() != "" {
			e.Grid = f.GetGrid()
		}
		e.At, e.Actor, e.Message = time.UnixMicro(f.GetAt()).UTC(), f.GetActor(), gridcasev1.UnwrapEvent(f.GetEvent())
		if e.Message == nil {
			return fmt.Errorf("case %s: event %d is of a later contract", r.CaseID, f.GetSequence())
		}
		if p.sees(r, f, e.At) {
			take(e)
		}
	}
	return nil
}

// sees tells whether an event of a case had happened by the moment.
func (p Period) sees(r *row, f *gridcasev1.KpiFact, at time.Time) bool {
	if p.Then == nil {
		return true
	}
	e := &eventstore.Event{District: p.District, Year: int(r.Year), Seq: f.GetSequence()}
	e.Time = at
	return p.Then.Sees(e)
}
