package readmodel_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
)

// due is what runs out, in pages: case, stage and minutes of each.
func (s *shown) due(q deadlines.Question, now time.Time, limit int) (lines []string) {
	s.t.Helper()
	for page := ""; ; {
		clocks, err := deadlines.Deadlines{Pool: s.pool}.Due(s.t.Context(), q, now, page, limit)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, k := range clocks {
			lines = append(lines, k.CaseID[35:]+" "+reading(k))
		}
		if len(clocks) < limit {
			return lines
		}
		page = clocks[limit-1].Cursor()
	}
}

func TestWhatRunsOutWhenPageByPage(t *testing.T) {
	t.Parallel()
	s := show(t, deadlines.View{})
	breached := step{reported, &gridcasev1.StageBreached{Stage: accept, Due: timestamppb.New(minute(15))}}
	suspend := step{gridcasev1.State_STATE_SUSPENDED, &gridcasev1.CaseSuspended{Until: timestamppb.New(minute(5000)), Clocks: clocks(paused(handle, 240))}}
	both := step{dispatched, &gridcasev1.CaseDispatched{Department: "traffic_police", Clocks: clocks(runs(dispatch, 0), runs(sign, 60), runs(handle, 60))}}
	s.happens(1, report)
	s.happens(2, report, breached)
	s.happens(3, report, send)
	s.happens(4, report, file, both)
	s.happens(5, report, file, assign, signs, hand, suspend)
	s.happens(6, report, decline)
	all := []string{"1 ACCEPT 15", "2 ACCEPT 15", "3 VERIFY 31", "4 SIGN 60", "4 HANDLE 60", "5 UNSPECIFIED 5000"}
	for _, tt := range []struct {
		name string
		q    deadlines.Question
		want []string
	}{
		{"every clock that runs, not one that waits", deadlines.Question{District: "610302"}, all},
		{"of a district alone", deadlines.Question{District: "610303"}, nil},
		{"of one stage", deadlines.Question{District: "610302", Stage: handle}, all[4:5]},
		{"before a time, which is not included", deadlines.Question{District: "610302", Until: minute(60)}, all[:3]},
		{"what has run out, on record or not", deadlines.Question{District: "610302", Overdue: true}, all[:2]},
		{"what ran out before a time", deadlines.Question{District: "610302", Overdue: true, Until: minute(15)}, nil},
		{"what has run out by now, whatever runs out later", deadlines.Question{District: "610302", Overdue: true, Until: minute(100)}, all[:2]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for limit := 1; limit <= len(all)+1; limit++ {
				if d := cmp.Diff(tt.want, s.due(tt.q, minute(20), limit)); d != "" {
					t.Errorf("%d a page (-want +got):\n%s", limit, d)
				}
			}
		})
	}
	for _, page := range []string{"nonsense", "MjAyNg", "fHx8", "MDAwMC0wMS0wMVQwMDowMDowMFp8MDE5Y2FkNWItODAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxfDE"} {
		if _, err := (deadlines.Deadlines{Pool: s.pool}).Due(t.Context(), deadlines.Question{District: "610302"}, minute(20), page, 1); fault.Of(err).Code != "page.malformed" {
			t.Errorf("page %q: %v", page, err)
		}
	}
}

func TestWhichOfSomeCasesAreSeen(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	s.happens(1, report)
	s.happens(2, step{reported, &gridcasev1.CaseReported{Number: "6103022026030200002", CaseType: "parking.motor", Place: place("610302001002003")}})
	s.happens(3, report, file, assign)
	for _, tt := range []struct {
		name   string
		scope  access.Scope
		filter casestatus.Filter
		want   []string
	}{
		{name: "those that are there", scope: everything, want: []string{id(1), id(2), id(3)}},
		{name: "of the district alone", scope: access.Scope{District: "610303", All: true}},
		{name: "that are with a department", scope: everything, filter: casestatus.Filter{Department: "traffic_police"}, want: []string{id(3)}},
		{name: "of an area", scope: everything, filter: casestatus.Filter{Area: "610302001002"}, want: []string{id(2)}},
		{name: "by a worker of other grids", scope: access.Scope{District: "610302", Areas: []string{"610302001002003"}, User: "other"}, want: []string{id(2)}},
		{name: "by a department", scope: access.Scope{District: "610302", Department: "traffic_police", User: "other"}, want: []string{id(3)}},
		{name: "by nobody", scope: access.Scope{District: "610302"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, err := casestatus.Cases{Pool: s.pool}.Seen(t.Context(), tt.scope, []string{id(3), id(2), id(1), id(7)}, tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, slices.Sorted(maps.Keys(seen))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
