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
		{"approved, for another dispatch", []step{report, file, assign, signs, ask, approve}, "dispatcher", 5, 90},
		{"handled, for the acceptor to send an inspection", []step{report, file, assign, signs, done}, "acceptor", 4, 100},
		{"to be inspected, for the worker", []step{report, file, assign, signs, done, look}, "worker:" + wang, 5, 120},
		{"inspected, for the acceptor to close", []step{report, file, assign, signs, done, look, passes}, "acceptor", 6, 130},
		{"to be done again, for the same department", []step{report, file, assign, signs, done, look, passes, rework}, "department:traffic_police", 7, 300},
		{"closed, for nobody", []step{report, file, assign, signs, done, look, passes, ends}, "", 0, 0},
		{"reopened, for the dispatcher", []step{report, file, assign, signs, done, ends, reopen}, "dispatcher", 6, 400},
		{"a note changes nothing", []step{report, note}, "acceptor", 0, 15},
		{"fixed by who reported, for the acceptor's audit", []step{report, selfFix}, "acceptor", 0, 0},
		{"laid aside, for nobody", way(toHandling, aside, rests), "", 0, 0},
		{"resumed, for the department", way(toHandling, aside, rests, resumes), "department:traffic_police", 6, 9100},
		{"merged, for nobody", []step{report, merge}, "", 0, 0},
		{"unmerged, for the acceptor", []step{report, merge, unmerge}, "acceptor", 2, 500},
		{"void, for nobody", way(toHandling, in(handling, &gridcasev1.VoidRequested{}), voids), "", 0, 0},
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
				same(t, item.GetDue(), due(tt.due))
				if item.GetNumber() == "" || item.GetVersion() != uint64(len(tt.steps)) {
					t.Errorf("the item is %v", item)
				}
			}
		})
	}
}

// due is so many minutes after the report; 0: nothing is due.
func due(n int) *timestamppb.Timestamp {
	if n == 0 {
		return nil
	}
	return timestamppb.New(minute(n))
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

func TestWhatWaitsBesideTheState(t *testing.T) {
	t.Parallel()
	s := show(t, workqueue.View{})
	const police = "department:traffic_police"
	asksVoid, asksForce := in(handling, &gridcasev1.VoidRequested{}), in(handling, &gridcasev1.ForceCloseRequested{})
	for n, tt := range []struct {
		name  string
		steps []step
		want  []waits // in the order of the desks, the most urgent first
	}{
		{"an extension, while the department goes on", way(toHandling, more), []waits{{"dispatcher", extension, 4, 85}, {police, 0, 2, 240}}},
		{"granted, the department alone", way(toHandling, more, granted), []waits{{police, 0, 2, 480}}},
		{"a suspension", way(toHandling, aside), []waits{{"dispatcher", suspension, 4, 86}, {police, 0, 2, 240}}},
		{"refused", way(toHandling, aside, goesOn), []waits{{police, 0, 2, 240}}},
		{"a return, while the department waits", way(toHandling, ask), []waits{{"dispatcher", returning, 4, 80}}},
		{"a void, for the shift leaders", way(toHandling, asksVoid), []waits{{"acceptor", voiding, 4, 0}, {police, 0, 2, 240}}},
		{"a force close and a void, beside a return", way(toHandling, asksVoid, asksForce, ask),
			[]waits{{"acceptor", voiding, 4, 0}, {"acceptor", forcing, 5, 0}, {"dispatcher", returning, 6, 80}}},
		{"a void of a report, in the acceptor's queue beside the report itself", []step{report, in(reported, &gridcasev1.VoidRequested{})},
			[]waits{{"acceptor", 0, 0, 15}, {"acceptor", voiding, 1, 0}}},
		{"handled, no extension is asked for", way(toHandling, more, asksVoid, done), []waits{{"acceptor", 0, 6, 100}, {"acceptor", voiding, 5, 0}}},
		{"recalled, neither", way(toHandling, aside, recall), []waits{{"dispatcher", 0, 5, 45}}},
		{"urged, for the department's reply", way(toHandling, urges), []waits{{police, 0, 2, 240}, {police, urge, 4, 0}}},
		{"urged twice, since the first time", way(toHandling, urges, urges), []waits{{police, 0, 2, 240}, {police, urge, 4, 0}}},
		{"replied", way(toHandling, urges, replies), []waits{{police, 0, 2, 240}}},
		{"urged, no department has it", []step{report, in(reported, urges.message)}, []waits{{"acceptor", 0, 0, 15}}},
		{"an appeal, for the dispatcher", way(toClosed, appeals), []waits{{"dispatcher", appeal, 8, 0}}},
		{"forwarded, for the acceptor", way(toClosed, appeals, forwards), []waits{{"acceptor", appealAtDesk, 9, 0}}},
		{"decided, for nobody", way(toClosed, appeals, forwards, stands), nil},
		{"a reporter who is not satisfied, for the acceptor", way(toClosed, unhappy), []waits{{"acceptor", reopening, 8, 0}}},
		{"reopened, for the dispatcher alone", way(toClosed, unhappy, appeals, reopen), []waits{{"dispatcher", 0, 10, 400}}},
		{"let be by the acceptor's note, for nobody", way(toClosed, unhappy, in(closed, &gridcasev1.NoteAdded{})), nil},
		{"merged into a case that was voided, for the acceptor", []step{report, merge, offered}, []waits{{"acceptor", unmerging, 2, 0}}},
		{"unmerged then, it is a report", []step{report, merge, offered, unmerge}, []waits{{"acceptor", 0, 3, 500}}},
		{"it stays merged by the acceptor's note, for nobody", []step{report, merge, offered, in(merged, &gridcasev1.NoteAdded{})}, nil},
		{"visited and content, for nobody", way(toClosed, unhappy, visited), nil},
		{"closed by force, nothing of it is left", way(toHandling, more, asksVoid, asksForce, urges, forces), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.happens(n, tt.steps...)
			var got []waits
			for _, queue := range desks {
				items, _, err := workqueue.Queues{Pool: s.pool}.Page(t.Context(), everything, queue, "", 200)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range items {
					if item.GetCaseId() != id(n) {
						continue
					}
					w := waits{queue, item.GetPending(), int(item.GetSince().AsTime().Sub(morning).Minutes()), 0}
					if item.GetDue() != nil {
						w.due = int(item.GetDue().AsTime().Sub(morning).Minutes())
					}
					got = append(got, w)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("waits in %v, want %v", got, tt.want)
			}
		})
	}
}

// waits is where a case waits, for what, since and until when.
type waits struct {
	queue      string
	pending    gridcasev1.Pending
	since, due int
}

const (
	returning    = gridcasev1.Pending_PENDING_RETURN
	extension    = gridcasev1.Pending_PENDING_EXTENSION
	suspension   = gridcasev1.Pending_PENDING_SUSPENSION
	voiding      = gridcasev1.Pending_PENDING_VOID
	forcing      = gridcasev1.Pending_PENDING_FORCE_CLOSE
	appeal       = gridcasev1.Pending_PENDING_APPEAL
	appealAtDesk = gridcasev1.Pending_PENDING_APPEAL_DECISION
	urge         = gridcasev1.Pending_PENDING_URGE
	reopening    = gridcasev1.Pending_PENDING_REOPENING
	unmerging    = gridcasev1.Pending_PENDING_UNMERGING
)

func TestAQueueIsReadInPagesTheMostUrgentFirstAndThoseWithoutADueAtTheEnd(t *testing.T) {
	t.Parallel()
	s := show(t, workqueue.View{})
	for n, due := range []int{40, 0, 20, 0, 20, 30} {
		s.happens(n, step{reported, &gridcasev1.CaseReported{Number: "n", Place: place("610302001001001"), Clocks: clocks(runs(accept, due))}})
	}
	high := in(reported, &gridcasev1.PrioritySet{Priority: gridcasev1.Priority_PRIORITY_HIGH})
	asksVoid := in(reported, &gridcasev1.VoidRequested{})
	s.happens(6, step{reported, &gridcasev1.CaseReported{Number: "n", Place: place("610302001001001"), Clocks: clocks(runs(accept, 90))}}, high, asksVoid)
	s.happens(7, report, urgent, asksVoid)
	type entry struct {
		caseID  string
		pending gridcasev1.Pending
	}
	queues := workqueue.Queues{Pool: s.pool}
	var got []entry
	for page, more := "", true; more; {
		items, next, err := queues.Page(t.Context(), everything, "acceptor", page, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(items) > 2 {
			t.Errorf("a page of two holds %d", len(items))
		}
		for _, item := range items {
			got = append(got, entry{item.GetCaseId(), item.GetPending()})
		}
		page, more = next, next != ""
	}
	want := []entry{{id(7), 0}, {id(7), voiding}, {id(6), 0}, {id(6), voiding}, {id(2), 0}, {id(4), 0}, {id(5), 0}, {id(0), 0}, {id(1), 0}, {id(3), 0}}
	if !slices.Equal(got, want) {
		t.Errorf("the queue is %v, want %v", got, want)
	}
	for _, page := range []string{"x", "aW5maW5pdHl8fA", "///"} {
		if _, _, err := queues.Page(t.Context(), everything, "acceptor", page, 2); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the cursor %q: %v, want a refusal", page, err)
		}
	}
}
