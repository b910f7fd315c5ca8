package main_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestWhatRunsOutWhen: the clocks of two cases, as those see them whose work they are, over the API and on the command line.
func TestWhatRunsOutWhen(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	handled, waiting := newCaseID(t), newCaseID(t)
	number := c.play(t, append(moves(pipe(handled, 1), toHandling(handled)...), pipe(waiting, 1))...).GetNumber()
	c.listsDeadlines(t, handled, waiting)
	c.refusesDeadlines(t)
	for _, tt := range []struct {
		name   string
		args   []string
		prints string
		not    string
	}{
		{"all", nil, "accept  " + number, "\nthere are more"},
		{"of a stage", []string{"--stage", "handle"}, "handle", "accept"},
		{"of a department", []string{"--department", "water"}, "water", "accept"},
		{"of an area", []string{"--area", referencetest.Cell(2)}, "DUE", "drain.pipe"},
		{"what has run out", []string{"--overdue"}, "DUE", "drain.pipe"},
		{"up to a time", []string{"--until", time.Now().Add(-time.Hour).Format(time.RFC3339)}, "DUE", "drain.pipe"},
		{"in JSON", []string{"--json", "--stage", "handle"}, handled, waiting},
		{"less than there is", []string{"--limit", "1"}, "there are more", "water"},
		{"page after page", []string{"--limit", "0"}, "water", "there are more"},
		{"of no department of the district", []string{"--department", "harbour"}, "department.unknown", "DUE"},
		{"of no stage", []string{"--stage", "sleep"}, "must be one of", "DUE"},
	} {
		printed, _ := shell(t, append([]string{"deadlines", "--url", c.queries, "--token", referencetest.Token("supervisor")}, tt.args...)...)
		if !strings.Contains(printed, tt.prints) || strings.Contains(printed, tt.not) {
			t.Errorf("%s: %s", tt.name, printed)
		}
	}
}

// listsDeadlines checks who sees which clocks of a case that the water department handles and of one that waits for the acceptor.
func (c city) listsDeadlines(t *testing.T, handled, waiting string) {
	t.Helper()
	handle, accept := gridcasev1.Stage_STAGE_HANDLE, gridcasev1.Stage_STAGE_ACCEPT
	for _, tt := range []struct {
		user string
		q    *gridcasev1.ListDeadlinesRequest
		want map[string]gridcasev1.Stage
	}{
		{"supervisor", &gridcasev1.ListDeadlinesRequest{}, map[string]gridcasev1.Stage{handled: handle, waiting: accept}},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{Stage: handle}, map[string]gridcasev1.Stage{handled: handle}},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{Overdue: true}, nil},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{Until: timestamppb.Now()}, nil},
		{"worker-1", &gridcasev1.ListDeadlinesRequest{}, map[string]gridcasev1.Stage{handled: handle, waiting: accept}},
		{"worker-2", &gridcasev1.ListDeadlinesRequest{}, nil},
		{"water-manager", &gridcasev1.ListDeadlinesRequest{}, map[string]gridcasev1.Stage{handled: handle}},
		{"roads-manager", &gridcasev1.ListDeadlinesRequest{Department: "water"}, nil},
	} {
		got := map[string]gridcasev1.Stage{}
		for tt.q.Limit = 1; ; {
			answer, err := c.as(tt.user).Query.ListDeadlines(t.Context(), tt.q)
			if err != nil {
				t.Fatal(client.Fault(err))
			}
			for _, d := range answer.GetDeadlines() {
				got[d.GetCaseId()] = d.GetStage()
			}
			if tt.q.Page = answer.GetNextPage(); tt.q.Page == "" {
				break
			}
		}
		if len(got) != len(tt.want) || got[handled] != tt.want[handled] || got[waiting] != tt.want[waiting] {
			t.Errorf("%s asks %v and sees %v, want %v", tt.user, tt.q, got, tt.want)
		}
	}
}

// refusesDeadlines checks what nobody is told.
func (c city) refusesDeadlines(t *testing.T) {
	t.Helper()
	for _, tt := range []struct {
		user string
		q    *gridcasev1.ListDeadlinesRequest
		kind fault.Kind
		code string
	}{
		{"citizen", &gridcasev1.ListDeadlinesRequest{}, fault.Denied, "access.role"},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{District: "110105"}, fault.NotFound, "district.unknown"},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{Area: "110105001"}, fault.NotFound, "grid.unknown"},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{Department: "harbour"}, fault.NotFound, "department.unknown"},
		{"supervisor", &gridcasev1.ListDeadlinesRequest{Page: "nonsense"}, fault.Invalid, "page.malformed"},
	} {
		if _, err := c.as(tt.user).Query.ListDeadlines(t.Context(), tt.q); client.Fault(err).Kind != tt.kind || client.Fault(err).Code != tt.code {
			t.Errorf("%s asks %v: %v, want %s", tt.user, tt.q, err, tt.code)
		}
	}
}

// TestAPageOfDeadlinesNamesNoCaseThatOneDoesNotSee: where a page goes on can be read by who holds it.
func TestAPageOfDeadlinesNamesNoCaseThatOneDoesNotSee(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	first, foreign, last := newCaseID(t), newCaseID(t), newCaseID(t)
	c.play(t, moves(pipe(first, 1), toHandling(first)...)...)
	c.play(t, pipe(foreign, 2),
		move{user: "acceptor", cmd: &gridcasev1.FileCase{Target: newTarget(foreign), Condition: "B2"}, state: isFiled},
		move{user: "dispatcher", cmd: &gridcasev1.DispatchCase{Target: newTarget(foreign), Department: "roads"}, state: isWithDept},
		move{user: "roads-manager", cmd: &gridcasev1.SignTask{Target: newTarget(foreign)}, state: isHandling})
	c.play(t, moves(pipe(last, 3), toHandling(last)...)...)
	q, shown := &gridcasev1.ListDeadlinesRequest{Limit: 1}, []string{}
	for {
		answer, err := c.as("water-manager").Query.ListDeadlines(t.Context(), q)
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		for _, d := range answer.GetDeadlines() {
			shown = append(shown, d.GetCaseId())
		}
		if q.Page = answer.GetNextPage(); q.Page == "" {
			break
		}
		place, err := base64.RawURLEncoding.DecodeString(q.Page)
		if err != nil || !strings.Contains(string(place), shown[len(shown)-1]) {
			t.Errorf("behind %v the page goes on at %q, %v", shown, place, err)
		}
	}
	if !slices.Equal(shown, []string{first, last}) {
		t.Errorf("the department sees %v, want %v", shown, []string{first, last})
	}
}
