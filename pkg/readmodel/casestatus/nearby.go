package casestatus

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/grid"
)

// Near is a case that may be the same problem.
type Near struct {
	*gridcasev1.Nearby
	Key string // its place in the order of what is near, as text
}

// Nearby returns the open cases in scope that may be the same problem as one case, by the duplicate rule of its type: of the same group,
// reported within the window, and within the radius or equal in the rule's field. Its parent, its children and its parent's other children
// are not among them. The nearest come first, those whose distance is not known last; of very many the nearest 1,000 are looked at. Where
// states are given, a case in another state than those has none.
func (c Cases) Nearby(ctx context.Context, scope access.Scope, ref *gridcasev1.CaseRef, types *catalog.Catalogue, states ...gridcasev1.State) ([]Near, error) {
	of, err := c.row(ctx, scope, ref)
	if err != nil || of == nil || of.ReportedAt == nil || len(states) > 0 && !slices.Contains(states, gridcasev1.State(of.State)) {
		return nil, err
	}
	rule := types.DuplicateRule(of.CaseType)
	found, err := c.candidates(ctx, scope, of, rule, group(types, of.CaseType))
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	near := make([]nearBy, 0, len(found))
	for i := range found {
		if n, ok := of.compare(&found[i], rule); ok {
			near = append(near, n)
		}
	}
	slices.SortFunc(near, func(a, b nearBy) int {
		return cmp.Or(cmp.Compare(a.metres, b.metres), cmp.Compare(a.row.CaseID, b.row.CaseID))
	})
	return shown(near), nil
}

// group are the types that may be the same problem as a case of one type.
func group(types *catalog.Catalogue, caseType string) []string {
	var group []string
	for _, t := range types.Types() {
		if types.Group(t.GetId()) == types.Group(caseType) {
			group = append(group, t.GetId())
		}
	}
	return group
}

// nearBy is a case that may be the same problem.
type nearBy struct {
	row    *row
	metres float64 // infinite where it isn't known
	why    string
}

// compare tells whether another case may be the same problem, and why.
func (r *row) compare(other *row, rule *gridcasev1.DuplicateRule) (nearBy, bool) {
	n := nearBy{row: other, metres: math.Inf(1), why: "near"}
	if r.point() != nil && other.point() != nil {
		n.metres = grid.Distance(r.point(), other.point())
	}
	if code := r.code(rule.GetSameField()); code != "" && code == other.code(rule.GetSameField()) {
		n.why = "field"
		return n, true
	}
	return n, n.metres <= float64(rule.GetRadiusM())
}

func shown(near []nearBy) []Near {
	out := make([]Near, len(near))
	for i, n := range near {
		out[i] = Near{&gridcasev1.Nearby{Case: n.row.proto(), Why: n.why}, fmt.Sprintf("%016x %s", math.Float64bits(n.metres), n.row.CaseID)} // no distance is below 0
		if !math.IsInf(n.metres, 1) {
			out[i].DistanceM = n.metres
		}
	}
	return out
}
