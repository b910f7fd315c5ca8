package query

import (
	"context"
	"regexp"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
	"github.com/gridcase/gridcase/pkg/reference"
)

// queueName is what a queue may be called.
var queueName = regexp.MustCompile(`^(acceptor|dispatcher|department:[a-z][a-z0-9_-]{0,39}|worker:[0-9a-f-]{36})$`)

// LiveViews are the read models as the live streams ask them.
type LiveViews struct {
	Tracker   *readmodel.Tracker
	Directory *reference.Directory
	Counters  gridstatus.Counts
	Queues    workqueue.Queues
}

// Reached tells whether the views hold these positions, at the latest after two seconds.
func (v LiveViews) Reached(ctx context.Context, district string, at []eventstore.Position) bool {
	wanted := make([]string, len(at))
	for i, p := range at {
		wanted[i] = p.String()
	}
	fresh, err := v.Tracker.Wait(ctx, district, wanted)
	if err != nil {
		return false
	}
	held := map[int]uint64{}
	for _, text := range fresh.GetPositions() {
		if p, err := eventstore.ParsePosition(text); err == nil {
			held[p.Year] = p.Seq
		}
	}
	return !slices.ContainsFunc(at, func(p eventstore.Position) bool { return held[p.Year] < p.Seq })
}

// Counts returns how many cases stand in unit grids and in the areas above them.
func (v LiveViews) Counts(ctx context.Context, code string, grids []string) ([]*gridcasev1.GridCount, error) {
	district, err := v.Directory.Known(code)
	if err != nil || district.Grids == nil {
		return nil, err
	}
	var areas []string
	seen := map[string]bool{}
	for _, grid := range grids {
		for area := grid; area != "" && !seen[area]; area = district.Grids.Scheme().Parent(area) {
			seen[area] = true
			areas = append(areas, area)
		}
	}
	counts, err := v.Counters.Of(ctx, areas)
	if err != nil {
		return nil, err
	}
	all := make([]*gridcasev1.GridCount, 0, len(areas))
	for _, code := range areas {
		if area, ok := district.Grids.Area(code); ok {
			all = append(all, gridCount(area, counts[code], false))
		}
	}
	return all, nil
}

// Waiting returns in which queues cases wait; those of all cases where ids is nil.
func (v LiveViews) Waiting(ctx context.Context, district string, ids []string) (map[string][]string, error) {
	return v.Queues.Waiting(ctx, district, ids)
}
