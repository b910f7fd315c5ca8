package main_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// says runs a command of gridcase as a user and returns what it prints, each stretch of blanks as one.
func (c city) says(t *testing.T, user string, args ...string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := exec.CommandContext(t.Context(), path, append(args, "--url", c.queries, "--token", referencetest.Token(user))...).CombinedOutput() // some are refused
	return regexp.MustCompile(` +`).ReplaceAllString(string(out), " ")
}

// TestTheCommandLineLooksBack: on the way of one case, at the position and at the time of a step, and now that it is closed.
func TestTheCommandLineLooksBack(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	id := wholeWay(t, c)
	answer, err := c.as("supervisor").Query.GetTimeline(t.Context(), &gridcasev1.GetTimelineRequest{Case: &gridcasev1.CaseRef{CaseId: id}})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	filed, atRoads := answer.GetEntries()[3], answer.GetEntries()[7]
	day := func(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	kpi := []string{"kpi", "--from", day(-2), "--to", day(2)}
	for _, tt := range []struct {
		user       string
		args       []string
		as         *gridcasev1.TimelineEntry
		then, gone string // what it says then and not now, and the other way round
	}{
		{"supervisor", []string{"case", "show", id}, filed, "state FILED", "state CLOSED"},
		{"supervisor", []string{"queue", "dispatcher"}, filed, "parking.motor FILED", ""},
		{"supervisor", []string{"queue", "acceptor", "--json"}, answer.GetEntries()[2], id, ""},
		{"roads-manager", []string{"queue", "department:roads"}, atRoads, "parking.motor DISPATCHED", ""},
		{"worker-1", []string{"queue", "worker:" + referencetest.UserID("worker-1")}, answer.GetEntries()[1], "parking.motor VERIFYING", ""},
		{"supervisor", []string{"grid", "status", referencetest.District}, filed, "parking.motor FILED 1", "parking.motor CLOSED 1"},
		{"supervisor", []string{"grid", "map"}, filed, " 1 0\n", " 0 1\n"},
		{"supervisor", kpi, filed, "file_on_time 100.0 % 1 of 1", "handle_on_time 100.0 % 1 of 1"},
		{"supervisor", append(kpi, "--by", "department"), atRoads, "department water", "department roads: mark"},
	} {
		now := c.says(t, tt.user, tt.args...)
		for _, moment := range []string{tt.as.GetPosition(), tt.as.GetAt().AsTime().Format(time.RFC3339Nano)} {
			then := c.says(t, tt.user, append(tt.args, "--as-of", moment)...)
			if !strings.Contains(then, tt.then) || tt.gone != "" && strings.Contains(then, tt.gone) {
				t.Errorf("%v as of %s:\n%s", tt.args, moment, then)
			}
		}
		if !strings.Contains(now, tt.gone) || tt.args[0] != "kpi" && strings.Contains(now, tt.then) {
			t.Errorf("%v now:\n%s", tt.args, now)
		}
	}
	c.refusesToLookBack(t, id, answer.GetEntries()[0].GetAt().AsTime().Add(-time.Second))
}

// refusesToLookBack checks what is no moment, what was not there yet, and whose past is not shown.
func (c city) refusesToLookBack(t *testing.T, id string, before time.Time) {
	t.Helper()
	then := before.Format(time.RFC3339Nano)
	for _, tt := range []struct {
		user string
		args []string
		want string
	}{
		{"supervisor", []string{"case", "show", id, "--as-of", then}, "the case was not reported yet"},
		{"supervisor", []string{"case", "show", id, "--as-of", "yesterday"}, "--as-of yesterday: give a time"},
		{"supervisor", []string{"queue", "dispatcher", "--as-of", "610302-2026:1"}, "is not of district"},
		{"roads-manager", []string{"queue", "department:water", "--as-of", then}, "is not the actor's"},
		{"worker-1", []string{"grid", "status", referencetest.District, "--as-of", then}, "only who sees the whole district looks back at its areas"},
	} {
		if got := c.says(t, tt.user, tt.args...); !strings.Contains(got, tt.want) {
			t.Errorf("%v as %s: it doesn't say %q:\n%s", tt.args, tt.user, tt.want, got)
		}
	}
}
