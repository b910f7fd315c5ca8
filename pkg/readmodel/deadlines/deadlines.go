// Package deadlines answers one question: which clocks run out when? One row a clock that runs or is paused, and one for the end of a
// suspension; what has stopped has none.
package deadlines

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// View is the view.
type View struct{}

// Name is "deadlines".
func (View) Name() string { return "deadlines" }

// Version is the shape's number.
func (View) Version() int { return 2 }

// Tables makes the one table.
func (View) Tables() string { return table.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold { return &fold{batch: batch} }

type fold struct {
	batch []projection.Event
	cases *cases
}

// Read asks for the clocks of the cases.
func (f *fold) Read(x *projection.Exchange) { f.cases = load(x, f.batch) }

// ReadEarly asks for them while an earlier batch is written.
func (f *fold) ReadEarly(x *projection.Exchange, before map[string]bool) {
	shelf(x).LoadEarly(f.batch, before, reading(x, f.batch[0].District))
}

// Write folds.
func (f *fold) Write(x *projection.Exchange) error {
	for i := range f.batch {
		f.cases.of(&f.batch[i]).apply(&f.batch[i])
	}
	f.cases.store(x, f.batch[0].District)
	return nil
}

// suspension is the stage of the row that tells when a suspension ends: it is no stage's clock.
const suspension = gridcasev1.Stage_STAGE_UNSPECIFIED

// apply is a case's rows after an event.
func (k *clocks) apply(e *projection.Event) {
	if readmodel.Ended(e.State) {
		k.clear()
		return
	}
	if e.State != gridcasev1.State_STATE_SUSPENDED {
		k.drop(suspension)
	}
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReopened:
		k.clear()
	case *gridcasev1.CaseSuspended:
		k.put(&row{District: e.District, CaseID: e.CaseID, Stage: int16(suspension), Due: m.GetUntil().AsTime(), Calendar: int32(e.Calendar), Version: int64(e.Version)})
	case *gridcasev1.StageWarned:
		k.change(m.GetStage(), func(r *row) { r.Warned = r.Warned || r.Due.Equal(m.GetDue().AsTime()) })
	case *gridcasev1.StageBreached:
		k.change(m.GetStage(), func(r *row) { r.Breached = true })
	case *gridcasev1.CaseEscalated:
		k.change(m.GetStage(), func(r *row) { r.Escalated = max(r.Escalated, int16(m.GetLevel())) })
	}
	if m, ok := e.Message.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
		for _, reading := range m.GetClocks() {
			k.read(e, reading)
		}
	}
}

// read takes over the reading of a stage's clock. A warning was of a due time; a breach stays with the clock.
func (k *clocks) read(e *projection.Event, reading *gridcasev1.Clocks) {
	if reading.GetDue() == nil {
		k.drop(reading.GetStage())
		return
	}
	next := &row{District: e.District, CaseID: e.CaseID, Stage: int16(reading.GetStage()), Due: reading.GetDue().AsTime(), Paused: reading.GetPaused(),
		Basis: int16(reading.GetLimit().GetBasis()), Calendar: int32(e.Calendar), Imported: e.Role == gridcasev1.Role_ROLE_IMPORTER, Version: int64(e.Version)}
	if reading.GetWarnAt() != nil {
		at := reading.GetWarnAt().AsTime()
		next.WarnAt = &at
	}
	if last := k.rows[next.Stage]; last != nil {
		next.Warned, next.Breached, next.Escalated = last.Warned && last.Due.Equal(next.Due), last.Breached, last.Escalated
	}
	k.put(next)
}

// load asks for the rows of a batch's cases, all of one stream.
func load(x *projection.Exchange, batch []projection.Event) *cases {
	c := &cases{byID: map[string]*clocks{}, kept: shelf(x)}
	c.kept.Load(batch, reading(x, batch[0].District), c.put)
	return c
}

func shelf(x *projection.Exchange) *projection.Shelf[clocks] {
	return projection.ShelfOf[clocks](x, table.Name)
}

// reading reads the clocks of a district's cases.
func reading(x *projection.Exchange, district string) projection.Reading[clocks] {
	return func(ids []string, put func(string, *clocks)) {
		x.Queue("select "+table.Select()+" from "+projection.OfCases(x.Table(table.Name)), district, ids).Query(func(found pgx.Rows) error {
			rows, err := pgx.CollectRows(found, table.Scan)
			if err != nil {
				return fmt.Errorf("read %s: %w", table.Name, err)
			}
			byCase := map[string]*clocks{}
			for i := range rows {
				id := rows[i].CaseID
				if byCase[id] == nil {
					byCase[id] = newClocks(id)
				}
				byCase[id].rows[rows[i].Stage] = &rows[i]
			}
			for id, k := range byCase {
				put(id, k)
			}
			return nil
		})
	}
}
