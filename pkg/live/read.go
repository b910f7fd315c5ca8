package live

import (
	"context"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// news are changes with the counters that they moved.
type news struct {
	changes []*change
	areas   []*gridcasev1.LiveGrid // every level, the smaller code first
	told    [][]byte               // the areas as JSON; made when first needed
}

// join joins heads of a district's log with what the views hold of their cases; what the cases were before counts from the sequence since on.
func (h *Hub) join(ctx context.Context, district string, heads []eventstore.Head, since uint64) (*news, error) {
	ids := make([]string, len(heads))
	for i := range heads {
		ids[i] = heads[i].CaseID
	}
	now, err := h.queues.Standings(ctx, district, ids)
	if err != nil {
		return nil, err
	}
	before, err := h.past.Stints(ctx, district, ids)
	if err != nil {
		return nil, err
	}
	n := &news{changes: make([]*change, len(heads))}
	moved := map[string]bool{}
	for i, head := range heads {
		standing, known := now[head.CaseID]
		n.changes[i] = newChange(head, standing, known, before[head.CaseID])
		for _, grid := range n.changes[i].grids(since) {
			moved[grid] = true
		}
	}
	n.areas, err = h.counts.Live(ctx, h.above(district, moved))
	n.told = make([][]byte, len(n.areas))
	return n, err
}

// above are unit grids and the areas that they lie in, by length and code.
func (h *Hub) above(district string, grids map[string]bool) []string {
	known, err := h.o.Directory.Known(district)
	if err != nil || known.Grids == nil {
		return nil
	}
	scheme, areas := known.Grids.Scheme(), map[string]bool{}
	for code := range grids {
		for ; code != ""; code = scheme.Parent(code) {
			areas[code] = true
		}
	}
	codes := make([]string, 0, len(areas))
	for code := range areas {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// area is the i-th area as JSON.
func (n *news) area(i int) []byte {
	if n.told[i] == nil {
		n.told[i] = encode(n.areas[i])
	}
	return n.told[i]
}
