package readmodel_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

// TestAlwaysThePastIsAFoldOfTheLogCutThere draws logs of two years, some of them imported, so that their order is not that of time, and moments:
// the history, which has seen the whole log, says what the views of the present say that have seen no more than had happened.
func TestAlwaysThePastIsAFoldOfTheLogCutThere(t *testing.T) {
	t.Parallel()
	whole, counts, queues := show(t, history.View{}), show(t, gridstatus.View{}), show(t, workqueue.View{})
	names := []string{"acceptor", "dispatcher", "department:traffic_police", "worker:" + wang}
	compared := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		log := whole.drawLog(rt)
		whole.empty("present", "past")
		whole.fold(log)
		for range 3 {
			m := drawMoment(rt, log)
			cut := slices.DeleteFunc(slices.Clone(log), func(e projection.Event) bool { return !m.Sees(&e.Event) })
			counts.empty("cases", "counts", "totals")
			queues.empty("cases", "requests")
			if len(cut) > 0 {
				counts.fold(cut)
				queues.fold(cut)
			}
			if diff := cmp.Diff(counts.stand(), whole.stood(m), protocmp.Transform()); diff != "" {
				rt.Fatalf("what stood where as of %v (-of the cut log +of the history):\n%s", m, diff)
			}
			for _, queue := range names {
				then := queues.queue(queue)
				if diff := cmp.Diff(then, whole.queueAsOf(queue, m), protocmp.Transform()); diff != "" {
					rt.Fatalf("queue %s as of %v (-of the cut log +of the history):\n%s", queue, m, diff)
				}
				compared[queue] += len(then)
			}
		}
	})
	for _, queue := range names {
		if compared[queue] == 0 {
			t.Errorf("nothing ever waited in queue %s", queue)
		}
	}
}

// drawLog draws cases that go some of one way or another, each step by no time, some seconds or many months later.
func (s *shown) drawLog(t *rapid.T) []projection.Event {
	var log []projection.Event
	for n := range rapid.IntRange(1, 6).Draw(t, "cases") {
		way := rapid.SampledFrom(everyWay).Draw(t, "way")
		events := s.events(n, way[:rapid.IntRange(1, len(way)).Draw(t, "steps")]...)
		year, at := rapid.IntRange(2025, 2026).Draw(t, "year"), minute(rapid.IntRange(0, 600).Draw(t, "reported"))
		for i := range events {
			events[i].Year, events[i].Time = year, at
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 2, 3, 14, 60, 4000, 100_000, 20_000_000, 1_200_000_000}).Draw(t, "seconds")) * time.Second)
		}
		log = append(log, events...)
	}
	if rapid.Bool().Draw(t, "imported") {
		shuffle(log, rapid.Uint64().Draw(t, "seed"))
	} else {
		slices.SortStableFunc(log, func(a, b projection.Event) int { return a.Time.Compare(b.Time) })
	}
	last := map[int]uint64{}
	for i := range log {
		last[log[i].Year] += uint64(rapid.SampledFrom([]int{1, 1, 3, 700}).Draw(t, "place")) // other cases' events stand between
		log[i].Seq = last[log[i].Year]
	}
	return log
}

// shuffle puts events in any order in which each case's are in theirs.
func shuffle(log []projection.Event, seed uint64) {
	slots, byCase := make([]string, len(log)), map[string][]projection.Event{}
	for i, e := range log {
		slots[i], byCase[e.CaseID] = e.CaseID, append(byCase[e.CaseID], e)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(slots), func(i, k int) { slots[i], slots[k] = slots[k], slots[i] })
	for i, id := range slots {
		log[i], byCase[id] = byCase[id][0], byCase[id][1:]
	}
}

// drawMoment is a time at an event or near one, or a place in one log, in both, or twice in one.
func drawMoment(t *rapid.T, log []projection.Event) (m readmodel.Moment) {
	any := func() *projection.Event { return &log[rapid.IntRange(0, len(log)-1).Draw(t, "event")] }
	if rapid.Bool().Draw(t, "by time") {
		return readmodel.Moment{At: any().Time.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "seconds")) * time.Second)}
	}
	for range rapid.IntRange(1, 3).Draw(t, "positions") {
		p := any().Position()
		p.Seq += uint64(rapid.IntRange(0, 2).Draw(t, "places"))
		m.Positions = append(m.Positions, p)
	}
	return m
}

// empty forgets what the view has seen.
func (s *shown) empty(tables ...string) {
	s.t.Helper()
	for _, table := range tables {
		if _, err := s.pool.Exec(s.t.Context(), "delete from "+projection.Schema(s.view)+"."+table); err != nil {
			s.t.Fatal(err)
		}
	}
}
