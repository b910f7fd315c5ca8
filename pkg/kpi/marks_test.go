package kpi_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
)

// marked checks a group's mark and grade.
func marked(t *testing.T, g *gridcasev1.KpiGroup, mark float64, grade string) {
	t.Helper()
	if g.Mark == nil || math.Abs(g.GetMark()-mark) > 1e-9 || g.GetGrade() != grade {
		t.Errorf("%q has the mark %v, grade %q; want %g, %q", g.GetId(), g.Mark, g.GetGrade(), mark, grade)
	}
}

func TestADepartmentWithoutAFaultHasTheHighestMark(t *testing.T) {
	t.Parallel()
	marked(t, compute(month(kpi.Department), usual("a", "roads")...)["roads"], 100, "A")
}

func TestADepartmentsMarkIsTenForItsVolumeAndThirtyEachForClosingTimeAndRework(t *testing.T) {
	t.Parallel()
	var events []kpi.Event
	for i := range 60 { // above 50: 9 of 10
		events = append(events, usual(fmt.Sprint(i), "roads")...)
	}
	for i := range 20 { // handled late, reworked, not closed
		id := fmt.Sprint("late-", i)
		events = append(events, dispatched(id, "02 09:00", "roads", "", "02 12:00"), handled(id, "02 13:00", ""), reworked(id, "02 13:10", "29 23:00"), handled(id, "02 14:00", ""))
	}
	// 80 cases: closed 60 of 80, on time 80 of 100 handlings, sent back 20 of 80.
	marked(t, compute(month(kpi.Department), events...)["roads"], 9+30*0.75+30*0.8+30*0.75, "B")
}

// TestMissedReportsCostAWorkerMarks: adding them, as a system in use does, gives the most to who misses the most.
func TestMissedReportsCostAWorkerMarks(t *testing.T) {
	t.Parallel()
	own := usual("a", "roads")
	public := func(id string) []kpi.Event {
		return []kpi.Event{reported(id, "03 09:00", "03 09:15", byCitizen, "citizen", "grid-1", "parking"), filed(id, "03 09:10", "03 09:25")}
	}
	without := compute(month(kpi.Worker), own...)["wang"]
	with := compute(month(kpi.Worker), slices.Concat(own, public("b"), public("c"))...)["wang"]
	is(t, with, "missed_report_rate", 2, 3)
	marked(t, without, 100, "A")
	if with.GetMark() >= without.GetMark() {
		t.Errorf("two missed reports take the mark from %g to %g", without.GetMark(), with.GetMark())
	}
	marked(t, with, 100*(40+20*(1-2.0/3))/60, "B") // nothing was verified or inspected by this worker
	hidden := []kpi.Event{reported("d", "03 09:00", "03 09:15", byCitizen, "citizen", "grid-1", "hidden"), filed("d", "03 09:10", "03 09:25")}
	is(t, compute(month(kpi.Worker), slices.Concat(own, hidden)...)["wang"], "missed_report_rate", 0, 2)
}

// TestAnAcceptorsMarkHasTwoTermsNotOneTwice, and a shift leader's three.
func TestAnAcceptorsMarkHasTwoTermsNotOneTwice(t *testing.T) {
	t.Parallel()
	late := usual("a", "roads")
	late[5] = sent("a", "02 15:31", "li", "02 16:00") // the inspection is sent late
	g := compute(month(kpi.Position), append(late, event("v", "03 09:10", &gridcasev1.VerificationRequested{}), reported("v", "03 09:00", "03 09:15", byCitizen, "citizen", "grid-1", "parking"))...)["acceptor"]
	is(t, g, "send_inspection_on_time", 0, 1)
	marked(t, g, 100*(25*0.25)/60, "E")

	wrong := usual("b", "roads")
	wrong = append(wrong, event("b", "05 09:00", &gridcasev1.CaseVoided{})) // filed in time, closed in time, and no case
	leader := compute(month(kpi.Position), wrong...)["shift_leader"]
	marked(t, leader, 60, "C")
	slow := usual("c", "roads")
	slow[7] = closed("c", "02 16:11")
	marked(t, compute(month(kpi.Position), slow...)["shift_leader"], 65, "C")
}

// TestADispatchersVolumeCountsInBands: adding a fifth of the raw count gives who dispatches 500 cases a hundred marks for nothing.
func TestADispatchersVolumeCountsInBands(t *testing.T) {
	t.Parallel()
	marks := map[int]float64{}
	for _, cases := range []int{1, 100, 101, 501} {
		var events []kpi.Event
		for i := range cases {
			id := fmt.Sprint(i)
			events = append(events, filed(id, "02 09:10", "02 09:25"), dispatched(id, "02 09:26", "roads", "", "20 12:00")) // each of them late
		}
		marks[cases] = compute(month(kpi.Position), events...)["dispatcher"].GetMark()
	}
	for cases, want := range map[int]float64{1: 20*0.25 + 40, 100: 20*0.25 + 40, 101: 20*0.4 + 40, 501: 20*0.7 + 40} {
		if math.Abs(marks[cases]-want) > 1e-9 {
			t.Errorf("%d cases, all late and none returned: mark %g, want %g", cases, marks[cases], want)
		}
	}
}

// TestTwoPeopleOfOneNameAreTwo: events know no names, so a group can't be one of them.
func TestTwoPeopleOfOneNameAreTwo(t *testing.T) {
	t.Parallel()
	a, b := usual("a", "roads"), usual("b", "roads")
	b[0] = reported("b", "02 09:00", "02 09:15", byWorker, "another-wang", "grid-1", "parking")
	groups := compute(month(kpi.Worker), append(a, b...)...)
	is(t, groups["wang"], "report_valid_rate", 1, 1)
	is(t, groups["another-wang"], "report_valid_rate", 1, 1)
}

func TestGradesBeginWhereTheySay(t *testing.T) {
	t.Parallel()
	// A grid's mark is 30 each for closing, time and rework: with n of 30 cases late and open it moves by 1/30 of two thirds.
	for _, tt := range []struct {
		late  int
		grade string
	}{{0, "A"}, {4, "A"}, {5, "B"}, {11, "B"}, {12, "C"}, {18, "C"}, {19, "D"}, {27, "D"}, {28, "E"}, {30, "E"}} {
		var events []kpi.Event
		for i := range 30 {
			id := fmt.Sprint(i)
			if i < tt.late {
				events = append(events, dispatched(id, "02 09:00", "roads", "", "02 12:00"))
				continue
			}
			events = append(events, usual(id, "roads")...)
		}
		if g := compute(month(kpi.Grid), events...)["grid-1"]; g.GetGrade() != tt.grade {
			t.Errorf("%d of 30 late and open: mark %g is %q, want %q", tt.late, g.GetMark(), g.GetGrade(), tt.grade)
		}
	}
}

func TestTheReadmeHasTheDefinitions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "|---|---|---|---|\n")
	rows, _, _ = strings.Cut(rows, "\n\n")
	var want []string
	for _, d := range kpi.Definitions {
		var by []string
		for _, group := range d.By {
			by = append(by, string(group))
		}
		want = append(want, fmt.Sprintf("| %s | %s | %s | %s |", d.Name, d.Numerator, d.Denominator, strings.Join(by, ", ")))
	}
	if diff := cmp.Diff(want, strings.Split(rows, "\n")); diff != "" {
		t.Errorf("the table of the README (-want +got):\n%s", diff)
	}
}
