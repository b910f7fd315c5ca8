package readmodel_test

import (
	"slices"
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
)

func TestHowManyCasesStandWhere(t *testing.T) {
	t.Parallel()
	s := show(t, gridstatus.View{})
	s.happens(1, report, file, assign, signs, done, ends)
	s.happens(2, report)
	s.happens(3, report, move)
	s.happens(4, report, retype)
	s.happens(5, report, note)
	for _, tt := range []struct {
		name   string
		prefix string
		length int
		want   map[string][]*gridcasev1.StateCount
	}{
		{"in the unit grids", "610302", 15, map[string][]*gridcasev1.StateCount{
			"610302001001001": {count("parking.motor", reported, 2), count("parking.motor", closed, 1), count("roadworks.occupation", reported, 1)},
			"610302001002003": {count("parking.motor", reported, 1)},
		}},
		{"in the communities of a street", "610302001", 12, map[string][]*gridcasev1.StateCount{
			"610302001001": {count("parking.motor", reported, 2), count("parking.motor", closed, 1), count("roadworks.occupation", reported, 1)},
			"610302001002": {count("parking.motor", reported, 1)},
		}},
		{"in the street", "610302001", 9, map[string][]*gridcasev1.StateCount{
			"610302001": {count("parking.motor", reported, 3), count("parking.motor", closed, 1), count("roadworks.occupation", reported, 1)},
		}},
		{"in the district", "610302", 6, map[string][]*gridcasev1.StateCount{
			"610302": {count("parking.motor", reported, 3), count("parking.motor", closed, 1), count("roadworks.occupation", reported, 1)},
		}},
		{"in another district", "610303", 6, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gridstatus.Counts{Pool: s.pool}.Under(t.Context(), tt.prefix, tt.length)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, tt.want)
		})
	}
}

func TestWhatEndsIsCountedWhereItEnds(t *testing.T) {
	t.Parallel()
	s := show(t, gridstatus.View{})
	s.happens(1, report, merge)
	s.happens(2, report, in(reported, &gridcasev1.VoidRequested{}), voids)
	s.happens(3, way(toHandling, aside, rests)...)
	got, err := gridstatus.Counts{Pool: s.pool}.Under(t.Context(), "610302", 6)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, map[string][]*gridcasev1.StateCount{"610302": {count("parking.motor", suspended, 1), count("parking.motor", voided, 1), count("parking.motor", merged, 1)}})
	var empty int
	if err := s.pool.QueryRow(t.Context(), "select count(*) from "+projection.Schema(gridstatus.View{})+".counts where cases = 0").Scan(&empty); err != nil || empty != 0 {
		t.Errorf("%d counts of nothing are kept (%v)", empty, err)
	}
}

func TestTheTotalsOfAnAreaAreTheSumsOfItsCounts(t *testing.T) {
	t.Parallel()
	s := show(t, gridstatus.View{})
	s.happens(1, report, file, assign, signs, done, ends)
	s.happens(2, report, move)
	s.happens(3, report, in(reported, &gridcasev1.VoidRequested{}), voids)
	s.happens(4, report, merge)
	counts := gridstatus.Counts{Pool: s.pool}
	got, err := counts.Totals(t.Context(), "610302", 6, 9, 12, 15)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b gridstatus.Total) int { return strings.Compare(a.Area, b.Area) })
	same(t, got, []gridstatus.Total{
		{Area: "610302", Open: 1, Closed: 1},
		{Area: "610302001", Open: 1, Closed: 1},
		{Area: "610302001001", Open: 0, Closed: 1},
		{Area: "610302001001001", Open: 0, Closed: 1},
		{Area: "610302001002", Open: 1, Closed: 0},
		{Area: "610302001002003", Open: 1, Closed: 0},
	})
	if other, err := counts.Totals(t.Context(), "610303", 6); err != nil || len(other) > 0 {
		t.Errorf("another district has %v (%v)", other, err)
	}
}

func count(caseType string, state gridcasev1.State, cases uint64) *gridcasev1.StateCount {
	return &gridcasev1.StateCount{CaseType: caseType, State: state, Cases: cases}
}
