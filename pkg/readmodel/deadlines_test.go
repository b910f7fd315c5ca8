package readmodel_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
)

func TestWhichClocksRunOutWhen(t *testing.T) {
	t.Parallel()
	s := show(t, deadlines.View{})
	warned := func(stage gridcasev1.Stage, due int) step {
		return step{reported, &gridcasev1.StageWarned{Stage: stage, Due: timestamppb.New(minute(due))}}
	}
	breached := func(stage gridcasev1.Stage, due int) step {
		return step{handling, &gridcasev1.StageBreached{Stage: stage, Due: timestamppb.New(minute(due))}}
	}
	suspend := step{gridcasev1.State_STATE_SUSPENDED, &gridcasev1.CaseSuspended{Until: timestamppb.New(minute(5000)), Clocks: clocks(paused(handle, 240))}}
	resume := step{handling, &gridcasev1.CaseResumed{Clocks: clocks(runs(handle, 900))}}
	taken := []step{report, file, assign, signs}
	for n, tt := range []struct {
		name  string
		steps []step
		want  []string // of the case: stage, due and what is recorded
	}{
		{"a report runs the acceptor's clock", []step{report}, []string{"ACCEPT 15"}},
		{"a warning is of a due time", []step{report, warned(accept, 15)}, []string{"ACCEPT 15 warned"}},
		{"a warning of another due time is none", []step{report, warned(accept, 14)}, []string{"ACCEPT 15"}},
		{"what is paused does not run out", []step{report, send}, []string{"VERIFY 31"}},
		{"resumed, it is due later and not warned of", []step{report, warned(accept, 15), send, seen}, []string{"ACCEPT 16"}},
		{"a department has two clocks", []step{report, file, assign}, []string{"SIGN 60", "HANDLE 240"}},
		{"what is overdue on record has run out", append(slices.Clip(taken), breached(handle, 240)), nil},
		{"a breach stays with the clock that moves", append(slices.Clip(taken), breached(handle, 240), ask, refuse), nil},
		{"stopped and started again, it is another", append(slices.Clip(taken), breached(handle, 240), done, look, passes, rework), []string{"HANDLE 300"}},
		{"a suspension has an end", append(slices.Clip(taken), suspend), []string{"UNSPECIFIED 5000"}},
		{"resumed, it has none", append(slices.Clip(taken), suspend, resume), []string{"HANDLE 900"}},
		{"an ended case has no clock", append(slices.Clip(taken), done, ends), nil},
		{"reopened, it has the clock that starts", append(slices.Clip(taken), done, ends, reopen), []string{"DISPATCH 400"}},
		{"a note changes nothing", []step{report, note}, []string{"ACCEPT 15"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.happens(n, tt.steps...)
			var got []string
			s.clocks(t, func(view deadlines.Deadlines, each func([]deadlines.Clock) error) error {
				return view.Coming(t.Context(), time.Time{}, minute(100_000), each)
			}, func(k deadlines.Clock) {
				if k.CaseID == id(n) {
					got = append(got, reading(k))
				}
			})
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func reading(k deadlines.Clock) string {
	text := fmt.Sprintf("%s %d", k.Stage.String()[len("STAGE_"):], int(k.Due.Sub(morning)/time.Minute))
	if k.Warned {
		text += " warned"
	}
	return text
}

// clocks calls seen for what a query hands over.
func (s *shown) clocks(t *testing.T, query func(deadlines.Deadlines, func([]deadlines.Clock) error) error, seen func(deadlines.Clock)) {
	t.Helper()
	err := query(deadlines.Deadlines{Pool: s.pool}, func(page []deadlines.Clock) error {
		for _, k := range page {
			seen(k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatHasPassedAndIsNotOnRecord(t *testing.T) {
	t.Parallel()
	s := show(t, deadlines.View{})
	warned := step{reported, &gridcasev1.StageWarned{Stage: accept, Due: timestamppb.New(minute(15))}}
	breached := step{reported, &gridcasev1.StageBreached{Stage: accept, Due: timestamppb.New(minute(15))}}
	s.happens(1, report)
	s.happens(2, report, warned)
	s.happens(3, report, breached)
	s.happens(4, report, send)
	for _, tt := range []struct {
		name string
		at   int
		want []string
	}{
		{"before the warning, nothing", 13, nil},
		{"after the warning, the one that has none", 14, []string{id(1)}},
		{"after the due time, the two that are not on record", 16, []string{id(1), id(2)}},
		{"much later, what was paused instead too", 40, []string{id(1), id(2), id(4)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			s.clocks(t, func(view deadlines.Deadlines, each func([]deadlines.Clock) error) error {
				return view.Passed(t.Context(), minute(tt.at), each)
			},
				func(k deadlines.Clock) { got = append(got, k.CaseID) })
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestWhatComesSoon(t *testing.T) {
	t.Parallel()
	s := show(t, deadlines.View{})
	s.happens(1, report)
	s.happens(2, report, step{reported, &gridcasev1.StageWarned{Stage: accept, Due: timestamppb.New(minute(15))}})
	s.happens(3, report, step{reported, &gridcasev1.StageBreached{Stage: accept, Due: timestamppb.New(minute(15))}})
	s.happens(4, report, send)
	for _, tt := range []struct {
		name        string
		from, until int
		want        []string
	}{
		{"until before the warning", 2, 13, nil},
		{"until behind the warning", 2, 14, []string{id(1)}},
		{"behind the warning, until the due time", 14, 15, []string{id(2)}},
		{"behind the due time", 15, 20, nil},
		{"a later one too", 12, 40, []string{id(1), id(2), id(4)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			s.clocks(t, func(view deadlines.Deadlines, each func([]deadlines.Clock) error) error {
				return view.Coming(t.Context(), minute(tt.from), minute(tt.until), each)
			}, func(k deadlines.Clock) { got = append(got, k.CaseID) })
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestWhatIsToGoUpALevel(t *testing.T) {
	t.Parallel()
	s := show(t, deadlines.View{})
	breached := step{reported, &gridcasev1.StageBreached{Stage: accept, Due: timestamppb.New(minute(15))}}
	up := step{reported, &gridcasev1.CaseEscalated{Level: 1, Stage: accept}}
	s.happens(1, report)
	s.happens(2, report, breached)
	s.happens(3, report, breached, up)
	for level, want := range map[uint32][]string{1: {id(2)}, 2: {id(2), id(3)}} {
		var got []string
		s.clocks(t, func(view deadlines.Deadlines, each func([]deadlines.Clock) error) error {
			return view.Overdue(t.Context(), "610302", accept, level, minute(20), each)
		}, func(k deadlines.Clock) { got = append(got, k.CaseID) })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("to level %d (-want +got):\n%s", level, d)
		}
	}
}

func TestManyClocksAreReadInPartsAndEachOnce(t *testing.T) {
	t.Parallel()
	s := show(t, deadlines.View{})
	for n := range 40 {
		s.happens(n, report, file, assign)
	}
	insert := `insert into deadlines_v2.clocks (district, case_id, stage, due, next_at, paused, warned, breached, escalated, basis, calendar, imported, version)
		select '610302', gen_random_uuid(), 5, $1, $1, false, false, false, 0, 2, 1, false, 1 from generate_series(1, 1200)`
	if _, err := s.pool.Exec(t.Context(), insert, minute(240)); err != nil {
		t.Fatal(err)
	}
	for name, query := range map[string]func(deadlines.Deadlines, func([]deadlines.Clock) error) error{
		"coming": func(v deadlines.Deadlines, each func([]deadlines.Clock) error) error {
			return v.Coming(t.Context(), minute(0), minute(500), each)
		},
		"passed": func(v deadlines.Deadlines, each func([]deadlines.Clock) error) error {
			return v.Passed(t.Context(), minute(500), each)
		},
		"counted before": func(v deadlines.Deadlines, each func([]deadlines.Clock) error) error {
			return v.CountedBefore(t.Context(), "610302", 2, each)
		},
	} {
		seen := map[string]int{}
		s.clocks(t, query, func(k deadlines.Clock) { seen[k.CaseID+k.Stage.String()]++ })
		want := 1280
		if name == "counted before" {
			want = 1200 // of working time
		}
		if len(seen) != want {
			t.Errorf("%s: %d clocks, want %d", name, len(seen), want)
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("%s: %s came %d times", name, k, n)
			}
		}
	}
}
