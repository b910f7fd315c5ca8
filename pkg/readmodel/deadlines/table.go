package deadlines

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// row is one clock.
type row struct {
	District, CaseID         string
	Stage                    int16
	Due                      time.Time
	WarnAt, Next             *time.Time
	Paused, Warned, Breached bool
	Escalated, Basis         int16
	Calendar                 int32
	Imported                 bool
	Version                  int64
}

// next is the next moment that is not recorded yet; nil where there is none.
func (r *row) next() *time.Time {
	switch {
	case r.Paused || r.Breached:
		return nil
	case r.WarnAt != nil && !r.Warned && r.WarnAt.Before(r.Due):
		return r.WarnAt
	}
	return &r.Due
}

// cases are the clocks of a batch's cases.
type cases struct {
	byID  map[string]*clocks
	order []*clocks // in the order of their first touch, so that a rebuild writes the same
	kept  *projection.Shelf[clocks]
}

// clocks are one case's.
type clocks struct {
	caseID  string
	touched bool
	rows    map[int16]*row
	dirty   map[int16]bool // put or dropped
}

// put takes the clocks of a case as the batch finds them.
func (c *cases) put(id string, k *clocks) {
	k.touched, c.byID[id] = false, k
	clear(k.dirty)
}

func (c *cases) byCase(id string) *clocks {
	k, ok := c.byID[id]
	if !ok {
		k = newClocks(id)
		c.byID[id] = k
	}
	return k
}

func newClocks(id string) *clocks {
	return &clocks{caseID: id, rows: map[int16]*row{}, dirty: map[int16]bool{}}
}

func (c *cases) of(e *projection.Event) *clocks {
	k := c.byCase(e.CaseID)
	if !k.touched {
		k.touched = true
		c.order = append(c.order, k)
		c.kept.Put(e.CaseID, k)
	}
	return k
}

func (k *clocks) put(r *row) { k.rows[r.Stage], k.dirty[r.Stage] = r, true }

func (k *clocks) drop(stage gridcasev1.Stage) {
	if k.rows[int16(stage)] != nil {
		delete(k.rows, int16(stage))
		k.dirty[int16(stage)] = true
	}
}

func (k *clocks) clear() {
	for stage := range k.rows {
		k.drop(gridcasev1.Stage(stage))
	}
}

func (k *clocks) change(stage gridcasev1.Stage, by func(*row)) {
	if r := k.rows[int16(stage)]; r != nil {
		by(r)
		k.dirty[r.Stage] = true
	}
}

// store asks to write what has changed.
func (c *cases) store(x *projection.Exchange, district string) {
	var put []*row
	var goneCases []string
	var goneStages []int16
	for _, k := range c.order {
		for stage := range int16(len(gridcasev1.Stage_name)) {
			r := k.rows[stage]
			switch {
			case !k.dirty[stage]:
			case r == nil:
				goneCases, goneStages = append(goneCases, k.caseID), append(goneStages, stage)
			default:
				r.Next = r.next()
				put = append(put, r)
			}
		}
	}
	if len(goneCases) > 0 {
		x.Queue(`delete from `+x.Table(table.Name)+` c using unnest($2::text[], $3::smallint[]) as g(case_id, stage)
			where c.district = $1 and c.case_id = g.case_id::uuid and c.stage = g.stage`, district, goneCases, goneStages)
	}
	table.Upsert(x, put)
}

var table = &projection.Table[row]{
	Name: "clocks", Comment: "which clocks run out when; one row a clock that runs or is paused", Key: []string{"district", "case_id", "stage"},
	Columns: []projection.Column[row]{
		{Name: "district", Type: "text not null", Comment: "the 6 digits of the district that the case belongs to", Field: func(r *row) any { return &r.District }},
		{Name: "case_id", Type: "uuid not null", Comment: "the case's id", Field: func(r *row) any { return &r.CaseID }},
		{Name: "stage", Type: "smallint not null", Comment: "number of gridcase.v1.Stage; 0: the end of a suspension", Field: func(r *row) any { return &r.Stage }},
		{Name: "due", Type: "timestamptz not null", Comment: "when the clock runs out", Field: func(r *row) any { return &r.Due }},
		{Name: "warn_at", Type: "timestamptz", Comment: "80 % of the limit", Field: func(r *row) any { return &r.WarnAt }},
		{Name: "next_at", Type: "timestamptz", Comment: "the next moment that no event records yet", Field: func(r *row) any { return &r.Next }},
		{Name: "paused", Type: "boolean not null", Comment: "the clock waits; its due time does not hold", Field: func(r *row) any { return &r.Paused }},
		{Name: "warned", Type: "boolean not null", Comment: "of this due time", Field: func(r *row) any { return &r.Warned }},
		{Name: "breached", Type: "boolean not null", Comment: "its being overdue is recorded", Field: func(r *row) any { return &r.Breached }},
		{Name: "escalated", Type: "smallint not null", Comment: "the level that its being overdue led to", Field: func(r *row) any { return &r.Escalated }},
		{Name: "basis", Type: "smallint not null", Comment: "of the limit, number of gridcase.v1.LimitBasis", Field: func(r *row) any { return &r.Basis }},
		{Name: "calendar", Type: "int not null", Comment: "the version of the calendar that the due time was counted by", Field: func(r *row) any { return &r.Calendar }},
		{Name: "imported", Type: "boolean not null", Comment: "set by an importer, who may still be telling the case's history", Field: func(r *row) any { return &r.Imported }},
		{Name: "version", Type: "bigint not null", Comment: "of the case when the clock was set", Field: func(r *row) any { return &r.Version }},
	},
	Extra: `create index if not exists clocks_next on clocks (next_at, district, case_id, stage) where next_at is not null;
create index if not exists clocks_due on clocks (district, stage, due, case_id) where not paused;
create index if not exists clocks_calendar on clocks (district, calendar) where basis = 2 and next_at is not null;`,
}
