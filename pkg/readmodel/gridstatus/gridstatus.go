// Package gridstatus answers one question: how many cases stand where, by type and state, in every unit grid and in the community, street
// and district above it? One row a count that is not 0, kept by differences.
package gridstatus

import (
	"cmp"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
)

// View is the view.
type View struct{}

// Name is "gridstatus".
func (View) Name() string { return "gridstatus" }

// Version is the shape's number.
func (View) Version() int { return 3 }

// Tables makes the counts, their sums, and the rows by which they are kept.
func (View) Tables() string { return cases.Create() + counts.Create() + totals.Create() }

// Fold begins to fold a batch.
func (View) Fold(batch []projection.Event) projection.Fold {
	return &fold{projection.FoldCases(cases, batch)}
}

type fold struct{ projection.CaseFold[standing] }

// Write folds: where each case stands now, and what that changes in the counts.
func (f *fold) Write(x *projection.Exchange) error {
	changes := changes{}
	for i := range f.Batch {
		row := f.Rows.Of(&f.Batch[i])
		changes.count(row, -1)
		row.apply(&f.Batch[i])
		changes.count(row, +1)
	}
	cases.Upsert(x, f.Rows.Touched())
	rows := changes.rows()
	count(x, rows)
	sum(x, rows)
	return nil
}

// count adds the differences to the counts. A count that falls to 0 is no row, so that the view is the same however it came about.
func count(x *projection.Exchange, rows []*counted) {
	counts.Upsert(x, rows)
	var fallen []string
	for _, r := range rows {
		if r.Cases < 0 {
			fallen = append(fallen, r.Area)
		}
	}
	if len(fallen) > 0 {
		x.Queue("delete from "+x.Table(counts.Name)+" where cases = 0 and area = any($1)", fallen)
	}
}

// sum adds the differences to the totals, which lose their rows as the counts do.
func sum(x *projection.Exchange, rows []*counted) {
	var changed []*Total
	var fallen []string
	for _, area := range byArea(rows) {
		if area.Open != 0 || area.Closed != 0 {
			changed = append(changed, area)
		}
		if area.Open < 0 || area.Closed < 0 {
			fallen = append(fallen, area.Area)
		}
	}
	totals.Upsert(x, changed)
	if len(fallen) > 0 {
		x.Queue("delete from "+x.Table(totals.Name)+" where open = 0 and closed = 0 and area = any($1)", fallen)
	}
}

// byArea adds up differences, which are in the order of their areas.
func byArea(rows []*counted) (sums []*Total) {
	for _, r := range rows {
		if len(sums) == 0 || sums[len(sums)-1].Area != r.Area {
			sums = append(sums, &Total{Area: r.Area})
		}
		sums[len(sums)-1].add(gridcasev1.State(r.State), r.Cases)
	}
	return sums
}

func (t *Total) add(state gridcasev1.State, cases int64) {
	switch {
	case state == gridcasev1.State_STATE_CLOSED:
		t.Closed += cases
	case !readmodel.Ended(state):
		t.Open += cases
	}
}

// apply is where the case stands after an event.
func (r *standing) apply(e *projection.Event) {
	r.District, r.CaseID, r.State = e.District, e.CaseID, int16(e.State)
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		r.CaseType = m.GetCaseType()
		r.place(m.GetPlace())
	case *gridcasev1.CaseRelocated:
		r.place(m.GetPlace())
	case *gridcasev1.CaseReclassified:
		r.CaseType = m.GetCaseType()
	}
}

func (r *standing) place(p *gridcasev1.Place) {
	r.Grid, r.Community, r.Street = p.GetGrid(), p.GetCommunity(), p.GetStreet()
}

// key is what is counted.
type key struct {
	area, caseType string
	state          int16
}

// changes are the differences that a batch makes.
type changes map[key]int64

// count adds a case to the counts of all areas that it lies in, or takes it out.
func (c changes) count(r *standing, n int64) {
	if r.State == 0 {
		return // not reported yet
	}
	for _, area := range []string{r.Grid, r.Community, r.Street, r.District} {
		if area != "" {
			c[key{area, r.CaseType, r.State}] += n
		}
	}
}

// rows are the differences that are not nothing, in a fixed order.
func (c changes) rows() []*counted {
	var rows []*counted
	for k, n := range c {
		if n != 0 {
			rows = append(rows, &counted{Area: k.area, CaseType: k.caseType, State: k.state, Cases: n})
		}
	}
	slices.SortFunc(rows, func(a, b *counted) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.CaseType, b.CaseType), cmp.Compare(a.State, b.State))
	})
	return rows
}
