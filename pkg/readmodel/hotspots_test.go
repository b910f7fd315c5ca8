package readmodel_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/readmodel/hotspots"
)

// spotsOf is every hot spot of a question, read in pages of a size.
func spotsOf(t testing.TB, s *shown, q hotspots.Question, limit int) []*gridcasev1.HotSpot {
	t.Helper()
	var all []*gridcasev1.HotSpot
	for page := ""; ; {
		spots, next, err := hotspots.Spots{Pool: s.pool}.Page(t.Context(), q, page, limit)
		if err != nil || len(spots) > limit {
			t.Fatalf("%d spots, %v", len(spots), err)
		}
		all = append(all, spots...)
		if page = next; page == "" {
			return all
		}
	}
}

func TestWhereTheSameProblemWasFiledAgain(t *testing.T) {
	t.Parallel()
	s := show(t, hotspots.View{})
	elsewhere := place("610302001001001")
	elsewhere.Point.Latitude += 0.01
	pointless := place("610302001001001")
	pointless.Point = nil
	s.happens(1, report, file, assign, signs, done, ends)
	s.happens(2, report, file)
	s.happens(3, report, file, in(filed, &gridcasev1.VoidRequested{}), voids) // no case
	s.happens(4, report, file, merge)                                         // the same case as another
	s.happens(5, report, file, back)                                          // not filed any more
	s.happens(6, report, decline)
	s.happens(7, report)
	s.happens(8, report, step{reported, &gridcasev1.CaseRelocated{Place: elsewhere}}, file)
	s.happens(9, report, step{reported, &gridcasev1.CaseRelocated{Place: pointless}}, file)
	s.happens(10, report, step{reported, &gridcasev1.CaseRelocated{Place: pointless}}, file)
	s.happens(11, report, retype, file)
	s.happens(12, report, file, merge, unmerge, file) // stands by itself again
	s.happens(13, report, file, assign, signs, done, ends, reopen)
	all := hotspots.Question{District: "610302", From: minute(0), To: minute(100), Least: 2}
	spot := func(cases uint64, first, last int, at *gridcasev1.GeoPoint) *gridcasev1.HotSpot {
		h := &gridcasev1.HotSpot{Grid: "610302001001001", CaseType: "parking.motor", Cases: cases, FirstFiledAt: timestamppb.New(minute(first)), LastFiledAt: timestamppb.New(minute(last))}
		if at != nil {
			h.Centre = grid.TileOf(at, 50).Centre(50)
			h.Centre.Crs = at.GetCrs()
		}
		return h
	}
	here := place("610302001001001").GetPoint()
	for _, tt := range []struct {
		name   string
		change func(*hotspots.Question)
		want   []*gridcasev1.HotSpot
	}{
		{"by tile", func(*hotspots.Question) {}, []*gridcasev1.HotSpot{spot(4, 1, 4, here), spot(2, 2, 2, nil)}},
		{"by unit grid", func(q *hotspots.Question) { q.ByGrid = true }, []*gridcasev1.HotSpot{spot(7, 1, 4, nil)}},
		{"with so many cases", func(q *hotspots.Question) { q.Least = 3 }, []*gridcasev1.HotSpot{spot(4, 1, 4, here)}},
		{"filed before a moment", func(q *hotspots.Question) { q.To = minute(2) }, []*gridcasev1.HotSpot{spot(3, 1, 1, here)}},
		{"filed from a moment on", func(q *hotspots.Question) { q.From = minute(2) }, []*gridcasev1.HotSpot{spot(2, 2, 2, nil)}},
		{"of a type", func(q *hotspots.Question) { q.CaseType = "roadworks.occupation" }, nil},
		{"of an area", func(q *hotspots.Question) { q.Area = "610302001001" }, []*gridcasev1.HotSpot{spot(4, 1, 4, here), spot(2, 2, 2, nil)}},
		{"of another area", func(q *hotspots.Question) { q.Area = "610302001002" }, nil},
		{"of another district", func(q *hotspots.Question) { q.District = "610303" }, nil},
	} {
		q := all
		tt.change(&q)
		same(t, spotsOf(t, s, q, 1), tt.want)
	}
	if _, _, err := (hotspots.Spots{Pool: s.pool}).Page(t.Context(), all, "nonsense", 1); fault.Of(err).Code != "page.malformed" {
		t.Errorf("a page that is none: %v", err)
	}
}

// TestAlwaysHotSpotsAreWhatACountFinds draws cases of two types in three unit grids, some with a point, each filed or not, voided or not,
// folds them in batches of any size, and counts them by hand.
func TestAlwaysHotSpotsAreWhatACountFinds(t *testing.T) {
	t.Parallel()
	s := show(t, hotspots.View{})
	district, cases := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		district++
		code := fmt.Sprintf("61%04d", district)
		counted := map[string]uint64{}
		q := hotspots.Question{District: code, From: minute(1), To: minute(rapid.IntRange(2, 9).Draw(rt, "to")), Least: rapid.Uint32Range(1, 4).Draw(rt, "least"), ByGrid: rapid.Bool().Draw(rt, "by grid")}
		for range rapid.IntRange(1, 25).Draw(rt, "cases") {
			cases++
			p := &gridcasev1.Place{Grid: code + fmt.Sprintf("00100100%d", rapid.IntRange(1, 3).Draw(rt, "grid")), District: code}
			if rapid.Bool().Draw(rt, "has a point") {
				p.Point = &gridcasev1.GeoPoint{Longitude: 107 + float64(rapid.IntRange(0, 2).Draw(rt, "east"))/1000, Latitude: 34, Crs: gridcasev1.Crs_CRS_WGS84}
			}
			caseType := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "type")
			steps := []step{{reported, &gridcasev1.CaseReported{CaseType: caseType, Place: p}}}
			filedAt := rapid.IntRange(1, 8).Draw(rt, "filed at")
			for len(steps) < filedAt {
				steps = append(steps, note)
			}
			end := rapid.SampledFrom([]step{file, note}).Draw(rt, "end")
			steps = append(steps, end)
			undo := rapid.SampledFrom([]step{note, back, voids, merge}).Draw(rt, "undo")
			if steps = append(steps, undo); end == file && undo == note && minute(filedAt).Before(q.To) {
				key := p.Grid + caseType
				if tile := grid.TileOf(p.GetPoint(), 50); !q.ByGrid && p.Point != nil {
					key += fmt.Sprint(tile)
				}
				counted[key]++
			}
			log := s.events(cases, steps...)
			for i := range log {
				log[i].District = code
			}
			for batch := range slices.Chunk(log, rapid.IntRange(1, len(log)).Draw(rt, "batch")) {
				s.fold(batch)
			}
		}
		got := spotsOf(t, s, q, rapid.IntRange(1, 5).Draw(rt, "limit"))
		if !slices.IsSortedFunc(got, func(a, b *gridcasev1.HotSpot) int { return cmp.Compare(b.GetCases(), a.GetCases()) }) {
			rt.Fatalf("not the most first: %v", got)
		}
		var total uint64
		want := uint64(0)
		spots := 0
		for _, n := range counted {
			if n >= uint64(q.Least) {
				want += n
				spots++
			}
		}
		for _, h := range got {
			key := h.GetGrid() + h.GetCaseType()
			if h.GetCentre() != nil {
				key += fmt.Sprint(grid.TileOf(h.GetCentre(), 50))
			}
			if counted[key] != h.GetCases() {
				rt.Fatalf("%s has %d cases, counted %d", key, h.GetCases(), counted[key])
			}
			total += h.GetCases()
		}
		if total != want || len(got) != spots {
			rt.Fatalf("%d spots with %d cases, counted %d with %d", len(got), total, spots, want)
		}
	})
}
