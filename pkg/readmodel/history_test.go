package readmodel_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

// everyWay is one way of a case for each thing that may become of it.
var everyWay = [][]step{
	way(toHandling, overdue, up, more, granted, urgentNow, done, ends, appeals, unhappy, reopen),
	way(toHandling, aside, rests, resumes, ask, refuse, urges, replies, split, settles),
	{report, file, assign, merge, offered, unmerge}, {report, selfFix, audited, ends, visited}, {report, move, retype}, {report, decline},
	way(toClosed, unhappy), {report, send, seen, file, assign, signs, hand, ask, approve, back},
}

// TestAnyMomentOfThePastIsAsTheViewsWereThen folds a log event by event into the views of the present and asks the history, which has seen
// all of it, for the same moment each time: by the position, and by a time.
func TestAnyMomentOfThePastIsAsTheViewsWereThen(t *testing.T) {
	t.Parallel()
	whole, counts, queues := show(t, history.View{}), show(t, gridstatus.View{}), show(t, workqueue.View{})
	log := whole.mixed()
	for rest := log; len(rest) > 0; rest = rest[min(5, len(rest)):] {
		whole.fold(rest[:min(5, len(rest))])
	}
	waited := map[string]int{"acceptor": 0, "dispatcher": 0, "department:traffic_police": 0, "worker:" + wang: 0}
	for i := range log {
		counts.fold(log[i : i+1])
		queues.fold(log[i : i+1])
		moments := []readmodel.Moment{{Positions: []eventstore.Position{log[i].Position()}}}
		if i+1 == len(log) || log[i+1].Time.After(log[i].Time) {
			moments = append(moments, readmodel.Moment{At: log[i].Time}, readmodel.Moment{At: log[i].Time.Add(59 * time.Second)})
		}
		for _, m := range moments {
			if diff := cmp.Diff(counts.stand(), whole.stood(m), protocmp.Transform()); diff != "" {
				t.Fatalf("what stood where after %d events (-then +as of %v):\n%s", i+1, m, diff)
			}
			for queue := range waited {
				then := queues.queue(queue)
				if diff := cmp.Diff(then, whole.queueAsOf(queue, m), protocmp.Transform()); diff != "" {
					t.Fatalf("queue %s after %d events (-then +as of %v):\n%s", queue, i+1, m, diff)
				}
				waited[queue] += len(then)
			}
		}
	}
	for queue, items := range waited {
		if items == 0 {
			t.Errorf("nothing ever waited in queue %s", queue)
		}
	}
}

// mixed is every way at once, in the order of the events' times.
func (s *shown) mixed() []projection.Event {
	var log []projection.Event
	for n, steps := range everyWay {
		log = append(log, s.events(n, steps...)...)
	}
	slices.SortStableFunc(log, func(a, b projection.Event) int { return a.Time.Compare(b.Time) })
	for i := range log {
		log[i].Seq = uint64(i + 1)
	}
	return log
}

// levels are the lengths of the codes of a district, street, community and unit grid.
var levels = []int{6, 9, 12, 15}

func (s *shown) stand() map[string][]*gridcasev1.StateCount {
	s.t.Helper()
	counts, err := gridstatus.Counts{Pool: s.pool}.Under(s.t.Context(), everything.District, levels...)
	if err != nil {
		s.t.Fatal(err)
	}
	return counts
}

func (s *shown) stood(m readmodel.Moment) map[string][]*gridcasev1.StateCount {
	s.t.Helper()
	counts, err := history.Past{Pool: s.pool}.Under(s.t.Context(), everything.District, m, levels...)
	if err != nil {
		s.t.Fatal(err)
	}
	return counts
}

// queue reads a queue in pages of two.
func (s *shown) queue(queue string) (items []*gridcasev1.QueueItem) {
	s.t.Helper()
	return s.pages(func(page string) ([]*gridcasev1.QueueItem, string, error) {
		return workqueue.Queues{Pool: s.pool}.Page(s.t.Context(), everything, queue, page, 2)
	})
}

// queueAsOf does the same in the past.
func (s *shown) queueAsOf(queue string, m readmodel.Moment) (items []*gridcasev1.QueueItem) {
	s.t.Helper()
	return s.pages(func(page string) ([]*gridcasev1.QueueItem, string, error) {
		return history.Past{Pool: s.pool}.Page(s.t.Context(), everything.District, queue, m, page, 2)
	})
}

func (s *shown) pages(read func(page string) ([]*gridcasev1.QueueItem, string, error)) (items []*gridcasev1.QueueItem) {
	s.t.Helper()
	for page, more := "", true; more; more = page != "" {
		some, next, err := read(page)
		if err != nil {
			s.t.Fatal(err)
		}
		items, page = append(items, some...), next
	}
	return items
}
