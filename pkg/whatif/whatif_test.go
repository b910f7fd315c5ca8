package whatif_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/whatif"
)

// under is the month by another catalogue.
func under(c *catalog.Catalogue) whatif.Options {
	o := november()
	o.Catalogue = c
	return o
}

func TestAHandlingThatTookMoreThanHalfOfItsLimitIsLateWhenTheLimitIsHalved(t *testing.T) {
	t.Parallel()
	late := play(t, "a", then(inHand("B1"), step{"02 14:30", handles})...) // 3 hours and 20 minutes of four
	quick := play(t, "b", then(inHand("B1"), step{"02 11:10", handles})...)
	answer := study(t, under(city(working(2), wall(24), nil)), late, quick)
	tells(t, answer, "", handle, [6]uint64{2, 2, 2, 1, 1, 0})
	tells(t, answer, "", accept, [6]uint64{2, 2, 2, 2, 0, 0})
	due(t, answer, "02 15:10", "02 11:10")
	if k := answer.GetClocks()[0]; k.GetCaseId() != "a" || k.GetWasLate() || k.GetDepartment() != "water" || k.GetStage() != handle || local(k.GetStarted()) != "02 09:10" || local(k.GetDone()) != "02 14:30" {
		t.Errorf("the clock that is listed is %v", k)
	}
	if answer.GetCases() != 2 || answer.GetEvents() != uint64(len(late.events)+len(quick.events)) || len(answer.GetLoads()) != 1 || answer.GetRerouted() != 0 || len(answer.GetAssumptions()) == 0 {
		t.Errorf("the answer is %v", answer)
	}
}

func TestAHandlingThatWasLateIsOnTimeWhenTheLimitIsDoubled(t *testing.T) {
	t.Parallel()
	s := play(t, "a", then(inHand("B1"), step{"02 17:00", handles})...)
	answer := study(t, under(city(working(8), wall(24), nil)), s)
	tells(t, answer, "", handle, [6]uint64{1, 0, 1, 1, 0, 1})
	due(t, answer, "02 15:10", "03 09:10")
}

// TestAPauseMovesADueTimeByTheOtherLimitsBasis: what is laid aside over a weekend has no hour of it back by a working limit, and all of them
// by the wall.
func TestAPauseMovesADueTimeByTheOtherLimitsBasis(t *testing.T) {
	t.Parallel()
	way := []step{{"06 09:00", reports}, {"06 09:05", files("B1")}, {"06 09:10", sends("water")}, {"06 09:20", signs}, // a Friday
		{"06 09:50", aside("20 09:00")}, {"06 10:10", suspends}, {"09 10:10", resumes}}
	late := play(t, "a", then(way, step{"09 16:00", handles})...)
	// 4 working hours from Friday 09:10 and 8 working hours aside are due on Monday 15:10; 6 hours by the wall were due on Friday 15:10, and
	// 72 hours later on Monday 15:10; 9 would be due at 18:10.
	due(t, study(t, under(city(wall(9), wall(24), nil)), late), "09 15:10", "09 18:10")
	if answer := study(t, under(city(wall(6), wall(24), nil)), late); len(answer.GetClocks()) != 0 {
		t.Errorf("late by both limits, but listed: %v", answer.GetClocks())
	}
}

func TestAnExtensionAddsTheOtherLimitOnceMore(t *testing.T) {
	t.Parallel()
	s := play(t, "a", then(inHand("B1"), step{"02 10:00", extends}, step{"02 10:05", grants}, step{"02 17:00", handles})...)
	due(t, study(t, under(city(working(2), wall(24), nil)), s), "03 09:10", "02 15:10")
	due(t, study(t, under(city(wall(3), wall(24), nil)), s), "03 09:10", "02 15:10") // 3 hours by the wall, twice
}

func TestReworkHasTheOtherPolicysLeastPartOfTheLimit(t *testing.T) {
	t.Parallel()
	way := then(inHand("B1"), step{"02 15:00", handles}, step{"02 15:05", inspects}, step{"02 15:20", fails}, step{"02 15:30", reworks}, step{"02 17:00", handles})
	s := play(t, "a", way...) // 10 minutes were left, so it had a quarter of four hours, until 16:30
	o := november()
	o.Policy = &gridcasev1.Policy{ReworkFloorPercent: proto.Uint32(50)}
	answer := study(t, o, s)
	due(t, answer, "02 16:30", "02 17:30")
	tells(t, answer, "", handle, [6]uint64{2, 1, 2, 2, 0, 1})
	o.Catalogue = city(working(2), wall(24), nil)
	due(t, study(t, o, s), "02 15:10", "02 11:10") // half of two hours is what it had: only the first handling changes
}

func TestAPolicyChangesTheDesksClocks(t *testing.T) {
	t.Parallel()
	o := november()
	o.Policy = &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: sign, Limit: limit(9, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)}}}
	answer := study(t, o, play(t, "a", inHand("B1")...))
	due(t, answer, "02 09:40", "02 09:19")
	tells(t, answer, "", sign, [6]uint64{1, 1, 1, 0, 1, 0})
}

func TestAHolidayMoreMovesWorkingLimitsAndNoOthers(t *testing.T) {
	t.Parallel()
	working := play(t, "a", then(inHand("B1"), step{"02 17:00", handles})...)
	byTheWall := play(t, "b", then(inHand("B2"), step{"03 10:00", handles})...)
	o := november()
	o.Calendar = weekdays("2026-11-02")
	answer := study(t, o, working, byTheWall)
	due(t, answer, "02 15:10", "03 12:00")
	tells(t, answer, "", handle, [6]uint64{2, 0, 2, 1, 0, 1})
}

// TestWorkThatNobodyDidIsLateOnceItRanOut, in the period in which it ran out, and not before.
func TestWorkThatNobodyDidIsLateOnceItRanOut(t *testing.T) {
	t.Parallel()
	s := play(t, "a", inHand("B1")...)
	for _, tt := range []struct {
		from, to string
		want     [6]uint64
	}{
		{"02 00:00", "02 15:00", [6]uint64{0, 0, 1, 0, 1, 0}}, // due 15:10, would be due 11:10
		{"02 00:00", "02 16:00", [6]uint64{1, 0, 1, 0, 0, 0}},
		{"02 12:00", "02 16:00", [6]uint64{1, 0, 0, 0, 0, 0}},
		{"03 00:00", "04 00:00", [6]uint64{}},
	} {
		o := under(city(working(2), wall(24), nil))
		o.From, o.To = on(tt.from), on(tt.to)
		tells(t, study(t, o, s), "", handle, tt.want)
	}
}

func TestALimitWhereThereWasNoneAndNoneWhereThereWas(t *testing.T) {
	t.Parallel()
	s := play(t, "a", then(inHand("B1"), step{"02 17:00", handles})...)
	answer := study(t, under(city(nil, wall(24), nil)), s)
	due(t, answer, "02 15:10", "")
	tells(t, answer, "", handle, [6]uint64{1, 0, 1, 1, 0, 1})
	without := &story{reference: reference{city(nil, wall(24), nil), hours}, id: "b"}
	for _, next := range then(inHand("B1"), step{"02 17:00", handles}) {
		if err := without.do(on(next.at), next.cmd); err != nil {
			t.Fatal(err)
		}
	}
	o := under(usual)
	o.Reference = without.reference
	due(t, study(t, o, without), "", "02 15:10")
}

// TestACaseThatIsTakenUpAgainIsComparedAgain: what was counted before its end is not counted once more, nor is the case.
func TestACaseThatIsTakenUpAgainIsComparedAgain(t *testing.T) {
	t.Parallel()
	way := then(inHand("B1"), step{"02 14:30", handles}, step{"02 14:40", inspects}, step{"02 14:50", passes}, step{"02 15:00", closes}, step{"03 09:00", reopens},
		step{"03 09:10", sends("roads")}, step{"03 09:20", signs}, step{"03 14:30", handles})
	o := under(city(working(2), wall(24), nil))
	o.By = whatif.Department
	answer := study(t, o, play(t, "a", way...))
	tells(t, answer, "water", handle, [6]uint64{1, 1, 1, 0, 1, 0})
	tells(t, answer, "roads", handle, [6]uint64{1, 1, 1, 0, 1, 0})
	tells(t, answer, "water", closing, [6]uint64{}) // the desk's
	if answer.GetCases() != 1 {
		t.Errorf("%d cases, want one", answer.GetCases())
	}
}

// TestOtherRoutesSendADispatchElsewhereOnlyWhereTheyLeadElsewhere than those of its day: a dispatcher's own choice stands.
func TestOtherRoutesSendADispatchElsewhereOnlyWhereTheyLeadElsewhere(t *testing.T) {
	t.Parallel()
	byRoute := play(t, "a", inHand("B1")...)                                                                             // the condition leads to water
	byChoice := play(t, "b", step{"02 09:00", reports}, step{"02 09:05", files("B2")}, step{"02 09:10", sends("water")}) // the condition leads to roads
	other := &gridcasev1.CatalogueVersion{District: district, Types: []*gridcasev1.CaseType{proto.CloneOf(usual.Types()[0])}}
	other.Types[0].Routes = []*gridcasev1.Route{{Conditions: []string{"B1"}, Areas: []string{district + "001"}, Department: "parks"}}
	answer := study(t, under(must(catalog.New(other))), byRoute, byChoice)
	if answer.GetRerouted() != 1 || len(answer.GetRoutes()) != 1 || answer.GetRoutes()[0].GetCaseId() != "a" || answer.GetRoutes()[0].GetDepartment() != "water" ||
		answer.GetRoutes()[0].GetWouldBeDepartment() != "parks" || answer.GetRoutes()[0].GetWhy() != "route 1 of drain.pipe" {
		t.Errorf("the routes are %v", answer.GetRoutes())
	}
	want := []*gridcasev1.WhatIfLoad{{Department: "parks", WouldBeDispatched: 1}, {Department: "water", Dispatched: 2, WouldBeDispatched: 1}}
	if text(&gridcasev1.WhatIfResponse{Loads: want}) != text(&gridcasev1.WhatIfResponse{Loads: answer.GetLoads()}) {
		t.Errorf("the loads are %v, want %v", answer.GetLoads(), want)
	}
}

// TestADepartmentSeesItsOwnWorkAlone, and of the other routes those that would take something from it.
func TestADepartmentSeesItsOwnWorkAlone(t *testing.T) {
	t.Parallel()
	own := play(t, "a", then(inHand("B1"), step{"02 14:30", handles})...)
	foreign := play(t, "b", step{"02 09:00", reports}, step{"02 09:05", files("B1")}, step{"02 09:10", sends("roads")}, step{"02 09:20", signs}, step{"02 14:30", handles})
	o := under(city(working(2), wall(24), nil))
	o.By, o.Department = whatif.Department, "water"
	answer := study(t, o, own, foreign)
	if len(answer.GetGroups()) != 1 || answer.GetGroups()[0].GetId() != "water" || len(answer.GetClocks()) != 1 || answer.GetClocks()[0].GetCaseId() != "a" || answer.GetCases() != 1 {
		t.Errorf("the water department sees %v", answer)
	}
	if len(answer.GetLoads()) != 1 || answer.GetLoads()[0].GetDepartment() != "water" {
		t.Errorf("the loads are %v", answer.GetLoads())
	}
}

func TestNoMoreIsListedThanWasAskedFor(t *testing.T) {
	t.Parallel()
	o := under(city(working(2), wall(24), nil))
	o.Limit = 1
	late := then(inHand("B1"), step{"02 14:30", handles})
	answer := study(t, o, play(t, "a", late...), play(t, "b", late...), play(t, "c", late...))
	tells(t, answer, "", handle, [6]uint64{3, 3, 3, 0, 3, 0})
	if len(answer.GetClocks()) != 1 || answer.GetLeftOff() != 2 {
		t.Errorf("%d listed, %d left off", len(answer.GetClocks()), answer.GetLeftOff())
	}
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	o := november()
	o.Policy = &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: handle, Limit: working(1)}}}
	for _, c := range []*catalog.Catalogue{nil, usual} {
		o.Catalogue = c
		if _, err := whatif.New(o); fault.Of(err).Code != "catalogue.policy_stage" || fault.Of(err).Field != "policy.stages[0].stage" {
			t.Errorf("a policy that limits handling: %v", err)
		}
	}
	s, err := whatif.New(november())
	if err != nil {
		t.Fatal(err)
	}
	e := play(t, "a", step{"02 09:00", reports}).events[0]
	e.Envelope.Catalogue = 7
	if err := s.Add(e); fault.Of(err).Code != "reference.behind" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a version that is not there: %v", err)
	}
}

// TestACaseIsRememberedOnlyWhileItIsOpen, so that what a comparison holds does not grow with the log.
func TestACaseIsRememberedOnlyWhileItIsOpen(t *testing.T) {
	t.Parallel()
	s, err := whatif.New(under(usual))
	if err != nil {
		t.Fatal(err)
	}
	way := then(inHand("B1"), step{"02 14:30", handles}, step{"02 14:40", inspects}, step{"02 14:50", passes}, step{"02 15:00", closes})
	for i := range 20 {
		for _, e := range play(t, fmt.Sprint(i), way[:len(way)-i%2]...).events { // every other one stays open
			if err := s.Add(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.Open() != 10 || s.Result().GetCases() != 20 {
		t.Errorf("%d of 20 cases are remembered, %d were compared", s.Open(), s.Result().GetCases())
	}
}

func TestWorkIsGroupedByUnitGridByTheAreaAroundItAndByType(t *testing.T) {
	t.Parallel()
	s := play(t, "a", then(inHand("B1"), step{"02 14:30", handles})...)
	o := under(city(working(2), wall(24), nil))
	for _, tt := range []struct {
		by   whatif.By
		area func(string) string
		id   string
	}{
		{whatif.Grid, nil, cell}, {whatif.Grid, func(grid string) string { return grid[:9] }, cell[:9]}, {whatif.CaseType, nil, "drain.pipe"}, {whatif.Department, nil, "water"},
	} {
		o.By, o.Area = tt.by, tt.area
		tells(t, study(t, o, s), tt.id, handle, [6]uint64{1, 1, 1, 0, 1, 0})
	}
	o.By, o.Area = whatif.Grid, func(string) string { return "" } // a scheme without such areas
	if answer := study(t, o, s); len(answer.GetGroups()) != 0 || answer.GetCases() != 0 {
		t.Errorf("groups where there are no areas: %v", answer.GetGroups())
	}
}
