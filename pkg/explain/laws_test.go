package explain_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/explain"
)

// TestTheCountedTimeIsTheLimitWithItsExtensions dispatches a case at any time, pauses, goes on and extends in any order, as long as it is not
// overdue (an extension is asked for before that, and a pause moves nothing after it): what counts from the start to the due time is the limit
// and the extensions, to the nanosecond, and the stretches leave no gap.
func TestTheCountedTimeIsTheLimitWithItsExtensions(t *testing.T) {
	d := newDistrict(t)
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom([]*gridcasev1.Limit{oneDay, fourDesk, urgent2h, minutes(15), {Value: 40, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_DAY, Basis: working},
			{Value: 3, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_DAY, Basis: wall}}).Draw(t, "limit")
		later := func(most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, "later"))
		}
		now := at("02-01 00:00").Add(later(60 * 24 * time.Hour))
		due := d.calendar.Due(now, l)
		want := d.calendar.Length(l)
		var events []explain.Event
		record := func(m proto.Message) {
			events = append(events, explain.Event{Version: uint64(len(events) + 1), At: now, Message: m, Catalogue: 7, Calendar: 3})
		}
		reading := func(paused bool) []*gridcasev1.Clocks {
			return clocks(&gridcasev1.Clocks{Stage: handle, Due: timestamppb.New(due), Limit: l, Paused: paused})
		}
		record(&gridcasev1.CaseDispatched{Clocks: reading(false)})
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			if now.After(due) { // a pause from the due time on, in closed time, left it where it was
				break
			}
			now = now.Add(later(due.Sub(now)))
			if rapid.Bool().Draw(t, "extend") {
				due, want = d.calendar.Extend(due, l), want+d.calendar.Length(l)
				record(&gridcasev1.ExtensionGranted{Clocks: reading(false)})
				continue
			}
			record(&gridcasev1.CaseSuspended{Clocks: reading(true)})
			from := now
			now = now.Add(later(100 * time.Hour))
			due = d.calendar.Pause(due, from, now, l.GetBasis())
			record(&gridcasev1.CaseResumed{Clocks: reading(false)})
		}
		stories, err := explain.Deadlines(events, d)
		if err != nil || len(stories) != 1 {
			t.Fatalf("%d stories, %v", len(stories), err)
		}
		last, counted := stories[0].GetStarted().AsTime(), time.Duration(0)
		for _, i := range stories[0].GetIntervals() {
			if !i.GetFrom().AsTime().Equal(last) || !i.GetTo().AsTime().After(last) {
				t.Fatalf("after %s comes %v", last, i)
			}
			if last = i.GetTo().AsTime(); i.GetCounted() {
				counted += last.Sub(i.GetFrom().AsTime())
			}
		}
		if !last.Equal(due) || counted != want || stories[0].GetCountedMinutes() != want.Minutes() {
			t.Fatalf("until %s count %s (%g minutes), want %s until %s", last, counted, stories[0].GetCountedMinutes(), want, due)
		}
	})
}
