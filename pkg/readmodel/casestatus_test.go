package readmodel_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/gridstatus"
)

// TestPagesLeaveRoomForUpdates: the tables whose rows change often, in columns of no index.
func TestPagesLeaveRoomForUpdates(t *testing.T) {
	t.Parallel()
	for _, view := range []projection.View{casestatus.View{}, gridstatus.View{}} {
		var room bool
		err := show(t, view).pool.QueryRow(t.Context(), `select reloptions @> '{fillfactor=80}' from pg_class where relname = 'cases' and relnamespace = $1::text::regnamespace`, projection.Schema(view)).Scan(&room)
		if err != nil || !room {
			t.Errorf("%s: the pages are filled (%v)", view.Name(), err)
		}
	}
}

func TestHowACaseStands(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	at := func(n int) *timestamppb.Timestamp { return timestamppb.New(minute(n)) }
	for n, tt := range []struct {
		name  string
		steps []step
		want  func(c *gridcasev1.CaseStatus)
	}{
		{"a report waits for the acceptor", []step{report}, func(c *gridcasev1.CaseStatus) {
			c.Clocks = clocks(runs(accept, 15))
		}},
		{"a worker is on the spot, the acceptor's clock is paused", []step{report, send}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Worker, c.Clocks = verifying, wang, clocks(paused(accept, 15), runs(verify, 31))
		}},
		{"verified, the worker is free and the acceptor's clock goes on", []step{report, send, seen}, func(c *gridcasev1.CaseStatus) {
			c.Clocks = clocks(runs(accept, 16))
		}},
		{"declined, nothing runs any more", []step{report, decline}, func(c *gridcasev1.CaseStatus) {
			c.State = notFiled
		}},
		{"filed under its condition", []step{report, file}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.Clocks = filed, "blocks_exit", at(1), clocks(runs(dispatch, 30))
		}},
		{"sent back, the condition is gone", []step{report, file, back}, func(c *gridcasev1.CaseStatus) {
			c.Clocks = clocks(runs(accept, 50))
		}},
		{"dispatched, two clocks run", []step{report, file, assign}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.DispatchedAt, c.Department, c.Clocks = dispatched, "blocks_exit", at(1), at(2), "traffic_police", clocks(runs(sign, 60), runs(handle, 240))
		}},
		{"recalled, no department has it", []step{report, file, assign, recall}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.Clocks = filed, "blocks_exit", at(1), clocks(runs(dispatch, 45))
		}},
		{"a return is asked for", []step{report, file, assign, signs, ask}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.DispatchedAt, c.Department, c.Pending = handling, "blocks_exit", at(1), at(2), "traffic_police", gridcasev1.Pending_PENDING_RETURN
			c.Requests, c.Clocks = []gridcasev1.Pending{gridcasev1.Pending_PENDING_RETURN}, clocks(paused(handle, 240), runs(decide, 80))
		}},
		{"refused, the department goes on", []step{report, file, assign, signs, ask, refuse}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.DispatchedAt, c.Department, c.Clocks = handling, "blocks_exit", at(1), at(2), "traffic_police", clocks(runs(handle, 250))
		}},
		{"approved, it bounced", []step{report, file, assign, signs, ask, approve}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.Bounces, c.Clocks = filed, "blocks_exit", at(1), 1, clocks(runs(dispatch, 90))
		}},
		{"a handler has it, and no more", []step{report, file, assign, signs, hand, revoke, hand}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.DispatchedAt, c.Department, c.Handler, c.Clocks = handling, "blocks_exit", at(1), at(2), "traffic_police", li, clocks(runs(handle, 240))
		}},
		{"closed, the department stays named", []step{report, file, assign, signs, hand, done, look, passes, ends}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.Department, c.Handler = closed, "blocks_exit", "traffic_police", li
			c.FiledAt, c.DispatchedAt, c.HandledAt, c.ClosedAt = at(1), at(2), at(5), at(8)
		}},
		{"the same department does it again", []step{report, file, assign, signs, done, look, passes, rework}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.Department, c.FiledAt, c.DispatchedAt, c.Reworks, c.Clocks = handling, "blocks_exit", "traffic_police", at(1), at(2), 1, clocks(runs(handle, 300))
		}},
		{"reopened, it is filed and with nobody", []step{report, file, assign, signs, hand, done, ends, reopen}, func(c *gridcasev1.CaseStatus) {
			c.State, c.Condition, c.FiledAt, c.Reopenings, c.Clocks = filed, "blocks_exit", at(1), 1, clocks(runs(dispatch, 400))
		}},
		{"moved and of another type", []step{report, move, retype, note}, func(c *gridcasev1.CaseStatus) {
			c.Place, c.CaseType, c.Clocks = place("610302001002003"), "roadworks.occupation", clocks(runs(accept, 15))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.stands(n, tt.steps, tt.want)
		})
	}
}

// stands folds the way of the n-th case and compares how it stands with the report, changed by want.
func (s *shown) stands(n int, steps []step, change func(*gridcasev1.CaseStatus)) {
	s.t.Helper()
	s.happens(n, steps...)
	want := &gridcasev1.CaseStatus{District: "610302", CaseId: id(n), Number: "6103022026030200001", CaseType: "parking.motor", State: reported, Source: gridcasev1.Source_SOURCE_HOTLINE,
		Priority: gridcasev1.Priority_PRIORITY_NORMAL, Place: place("610302001001001"), Reporter: desk, ReportedAt: timestamppb.New(minute(0)), ExternalRef: "hotline/7",
		Version: uint64(len(steps)), ChangedAt: timestamppb.New(minute(len(steps) - 1))}
	change(want)
	got, err := casestatus.Cases{Pool: s.pool}.Get(s.t.Context(), everything, &gridcasev1.CaseRef{CaseId: id(n)})
	if err != nil {
		s.t.Fatal(err)
	}
	want.Position = got.GetPosition()
	same(s.t, got, want)
}

func TestACaseWithoutAPointHasNone(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	there := &gridcasev1.Place{Grid: "025025000000001", District: "025025"}
	s.happens(1, step{reported, &gridcasev1.CaseReported{Number: "1", Place: there}})
	got, err := casestatus.Cases{Pool: s.pool}.Get(t.Context(), everything, &gridcasev1.CaseRef{CaseId: id(1)})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetPlace().GetPoint() != nil {
		t.Errorf("the case lies at %v", got.GetPlace().GetPoint())
	}
}

func TestCasesAreFoundByTheirNumbersBeginning(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	for n, number := range []string{"6103022026030200010", "6103022026030200002", "6103022026030300001", "61030220260302100000"} {
		s.happens(n, step{reported, &gridcasev1.CaseReported{Number: number, Place: place("610302001001001")}})
	}
	var got []string
	for after := ""; ; {
		page, err := casestatus.Cases{Pool: s.pool}.Search(t.Context(), everything, "61030220260302", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			got = append(got, c.GetNumber())
		}
		after = got[len(got)-1]
	}
	same(t, got, []string{"6103022026030200002", "6103022026030200010", "61030220260302100000"})
}
