package readmodel_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

// desks are all the queues of these cases.
var desks = []string{"acceptor", "dispatcher", "department:traffic_police", "worker:" + wang}

func TestWhatWaitsForWhom(t *testing.T) {
	t.Parallel()
	s := show(t, workqueue.View{})
	for n, tt := range []struct {
		name       string
		steps      []step
		queue      string // the only one that holds the case; empty: none
		since, due int
	}{
		{"a report waits for the acceptor", []step{report}, "acceptor", 0, 15},
		{"to be verified, it waits for the worker", []step{report, send}, "worker:" + wang, 1, 31},
		{"verified, for the acceptor again", []step{report, send, seen}, "acceptor", 2, 16},
		{"declined, for nobody", []step{report, decline}, "", 0, 0},
		{"taken up again, for the acceptor", []step{report, decline, renew}, "acceptor", 2, 400},
		{"filed, for the dispatcher", []step{report, file}, "dispatcher", 1, 30},
		{"sent back, for the acceptor", []step{report, file, back}, "acceptor", 2, 50},
		{"dispatched, for the department's signature", []step{report, file, assign}, "department:traffic_police", 2, 60},
		{"recalled, for the dispatcher", []step{report, file, assign, recall}, "dispatcher", 3, 45},
		{"signed, it has been with the department since it was dispatched", []step{report, file, assign, signs}, "department:traffic_police", 2, 240},
		{"a wish to return waits for the dispatcher", []step{report, file, assign, signs, ask}, "dispatcher", 4, 80},
		{"refused, for the department", []step{report, file, assign, signs, ask, refuse}, "department:traffic_police", 5, 250},
		{"approved, for another dispatch", []step{report, file, assign, signs, ask, approve}, "dispatcher", 4, 90},
		{"handled, for the acceptor to send an inspection", []step{report, file, assign, signs, done}, "acceptor", 4, 100},
		{"to be inspected, for the worker", []step{report, file, assign, signs, done, look}, "worker:" + wang, 5, 120},
		{"inspected, for the acceptor to close", []step{report, file, assign, signs, done, look, passes}, "acceptor", 6, 130},
		{"to be done again, for the same department", []step{report, file, assign, signs, done, look, passes, rework}, "department:traffic_police", 7, 300},
		{"closed, for nobody", []step{report, file, assign, signs, done, look, passes, ends}, "", 0, 0},
		{"reopened, for the dispatcher", []step{report, file, assign, signs, done, ends, reopen}, "dispatcher", 6, 400},
		{"a note changes nothing", []step{report, note}, "acceptor", 0, 15},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.happens(n, tt.steps...)
			for _, queue := range desks {
				item := waiting(t, s, queue, id(n))
				if (item != nil) != (queue == tt.queue) {
					t.Errorf("in %s: %v", queue, item)
				}
				if item == nil {
					continue
				}
				same(t, item.GetSince(), timestamppb.New(minute(tt.since)))
				same(t, item.GetDue(), timestamppb.New(minute(tt.due)))
				if item.GetNumber() == "" || item.GetVersion() != uint64(len(tt.steps)) {
					t.Errorf("the item is %v", item)
				}
			}
		})
	}
}

// waiting is a case in a queue, nil where it isn't.
func waiting(t *testing.T, s *shown, queue, caseID string) *gridcasev1.QueueItem {
	t.Helper()
	items, _, err := workqueue.Queues{Pool: s.pool}.Page(t.Context(), everything, queue, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(items, func(item *gridcasev1.QueueItem) bool { return item.GetCaseId() == caseID })
	if i < 0 {
		return nil
	}
	return items[i]
}

func TestAQueueIsReadInPagesTheEarliestDueFirstAndThoseWithoutAtTheEnd(t *testing.T) {
	t.Parallel()
	s := show(t, workqueue.View{})
	for n, due := range []int{40, 0, 20, 0, 20, 30} {
		s.happens(n, step{reported, &gridcasev1.CaseReported{Number: "n", Place: place("610302001001001"), Clocks: clocks(runs(accept, due))}})
	}
	queues := workqueue.Queues{Pool: s.pool}
	var got []string
	for page, more := "", true; more; {
		items, next, err := queues.Page(t.Context(), everything, "acceptor", page, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			got = append(got, item.GetCaseId())
		}
		page, more = next, next != ""
	}
	same(t, got, []string{id(2), id(4), id(5), id(0), id(1), id(3)})
	for _, page := range []string{"x", "aW5maW5pdHl8fA", "///"} {
		if _, _, err := queues.Page(t.Context(), everything, "acceptor", page, 2); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the cursor %q: %v, want a refusal", page, err)
		}
	}
}
