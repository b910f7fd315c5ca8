package whatif_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/whatif"
)

const (
	district = "610399"
	cell     = district + "001001001"

	accept         = gridcasev1.Stage_STAGE_ACCEPT
	verify         = gridcasev1.Stage_STAGE_VERIFY
	dispatch       = gridcasev1.Stage_STAGE_DISPATCH
	sign           = gridcasev1.Stage_STAGE_SIGN
	handle         = gridcasev1.Stage_STAGE_HANDLE
	decide         = gridcasev1.Stage_STAGE_DECIDE
	sendInspection = gridcasev1.Stage_STAGE_SEND_INSPECTION
	inspect        = gridcasev1.Stage_STAGE_INSPECT
	closing        = gridcasev1.Stage_STAGE_CLOSE
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var (
	zone = must(time.LoadLocation("Asia/Shanghai"))
	area = must(grid.NewMap(&gridcasev1.GridsVersion{District: district, Version: 1, Parts: 1, Areas: []*gridcasev1.Area{{Code: district}, {Code: district + "001"}, {Code: district + "001001"},
		{Code: cell, Synthetic: true, Rings: []*gridcasev1.Ring{{Coordinates: []float64{107, 34, 108, 34, 108, 35, 107, 35, 107, 34}}}}}}))
)

// on is a time of November 2026 in the district: "02 09:00", a Monday.
func on(at string) time.Time {
	return must(time.ParseInLocation("2006-01-02 15:04", "2026-11-"+at, zone))
}

func limit(n uint32, unit gridcasev1.LimitUnit, basis gridcasev1.LimitBasis) *gridcasev1.Limit {
	return &gridcasev1.Limit{Value: n, Unit: unit, Basis: basis}
}

func working(hours uint32) *gridcasev1.Limit {
	return limit(hours, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING)
}

func wall(hours uint32) *gridcasev1.Limit {
	return limit(hours, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)
}

// city is a district's catalogue: pipes whose handling has these limits, by condition, and a policy.
func city(b1, b2 *gridcasev1.Limit, p *gridcasev1.Policy) *catalog.Catalogue {
	return must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 1, Policy: p, Types: []*gridcasev1.CaseType{{Id: "drain.pipe", SelfFix: true,
		Fields:     []*gridcasev1.FieldRule{{Name: "place", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Choices: []string{"road", "yard"}}},
		Conditions: []*gridcasev1.Condition{{Id: "B1", Limit: b1, Lead: "water"}, {Id: "B2", Limit: b2, Lead: "roads"}}}}}))
}

// weekdays is working time from Monday to Friday, 8 to 12 and 14 to 18, but for holidays.
func weekdays(holidays ...string) *calendar.Calendar {
	v, _ := calendar.BuiltIn("weekdays")
	v.Zone, v.Version, v.Holidays = "Asia/Shanghai", 1, holidays
	return must(calendar.New(v))
}

var (
	usual = city(working(4), wall(24), nil)
	hours = weekdays()
)

// reference is a district that has had one catalogue and one calendar.
type reference struct {
	catalogue *catalog.Catalogue
	calendar  *calendar.Calendar
}

func (r reference) CatalogueVersion(version uint32) (*catalog.Catalogue, bool) {
	return r.catalogue, version == 1
}

func (r reference) CalendarVersion(version uint32) (*calendar.Calendar, bool) {
	return r.calendar, version == 1
}

// people are everybody there is: grid workers, and two departments.
type people struct{}

func (people) User(id string) (*gridcasev1.User, bool) { return nil, false }
func (people) Department(id string) bool               { return id == "roads" || id == "water" }
func (people) Workers(*gridcasev1.Place, []string) []*gridcasev1.User {
	return []*gridcasev1.User{{Id: "worker"}, {Id: "second-worker"}}
}

// story is a case that is played by the rules of the district.
type story struct {
	casework.Case
	reference
	id     string
	events []whatif.Event
}

// do lets the rules decide on a command at a time; the department's people act for the department that has the case.
func (s *story) do(at time.Time, cmd casework.Command) error {
	text := &gridcasev1.Sealed{PersonRef: "somebody"}
	f := casework.Facts{Now: at, Grids: area, Catalogue: s.catalogue, Calendar: s.calendar, People: people{}, Numbers: []string{"6103992026110200001"},
		Sealed: map[string]*gridcasev1.Sealed{"reason": text, "note": text}, Actor: casework.Actor{ID: "somebody", Role: gridcasev1.Role_ROLE_IMPORTER, Department: s.Department}}
	switch cmd.(type) {
	case *gridcasev1.ReportCase, *gridcasev1.ReportAndFix:
		f.Actor = casework.Actor{ID: "worker", Role: gridcasev1.Role_ROLE_GRID_WORKER}
	case *gridcasev1.CloseCase, *gridcasev1.DecideForceClose:
		f.Actor.Department, f.Actor.ID = "", "leader"
	}
	messages, err := casework.Decide(s.Case, cmd, f)
	if err != nil {
		return err
	}
	for _, m := range messages {
		e := whatif.Event{Case: s.id, Message: m, Envelope: &gridcasev1.Envelope{Type: gridcasev1.EventType(m), Time: at, Version: s.Version + 1, Catalogue: 1, Calendar: 1, Grid: cell}}
		s.Case = casework.Evolve(s.Case, casework.Recorded{Envelope: e.Envelope, Message: m})
		s.events = append(s.events, e)
	}
	return nil
}

// step is a command at a time of November, see on.
type step struct {
	at  string
	cmd casework.Command
}

// play plays a case each of whose steps must be taken.
func play(t rapid.TB, id string, steps ...step) *story {
	t.Helper()
	s := &story{reference: reference{usual, hours}, id: id}
	for _, next := range steps {
		if err := s.do(on(next.at), next.cmd); err != nil {
			t.Fatalf("%T at %s: %v", next.cmd, next.at, err)
		}
	}
	return s
}

var (
	reports  = &gridcasev1.ReportCase{CaseType: "drain.pipe", Point: &gridcasev1.GeoPoint{Longitude: 107.5, Latitude: 34.5}}
	signs    = &gridcasev1.SignTask{}
	handles  = &gridcasev1.ReportHandling{Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: []*gridcasev1.Photo{{Kind: "after"}}}
	inspects = &gridcasev1.RequestInspection{Worker: "second-worker"}
	passes   = &gridcasev1.SubmitInspection{Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Photos: []*gridcasev1.Photo{{Kind: "near"}}}
	fails    = &gridcasev1.SubmitInspection{Result: gridcasev1.InspectionResult_INSPECTION_RESULT_FAIL, Photos: []*gridcasev1.Photo{{Kind: "near"}}}
	reworks  = &gridcasev1.OrderRework{}
	closes   = &gridcasev1.CloseCase{}
	reopens  = &gridcasev1.ReopenCase{}
	extends  = &gridcasev1.RequestExtension{}
	resumes  = &gridcasev1.ResumeCase{}
	grants   = &gridcasev1.DecideExtension{Decision: gridcasev1.Decision_DECISION_APPROVE}
	suspends = &gridcasev1.DecideSuspension{Decision: gridcasev1.Decision_DECISION_APPROVE}
)

func files(condition string) *gridcasev1.FileCase { return &gridcasev1.FileCase{Condition: condition} }

func sends(department string) *gridcasev1.DispatchCase {
	return &gridcasev1.DispatchCase{Department: department}
}

func aside(until string) *gridcasev1.RequestSuspension {
	return &gridcasev1.RequestSuspension{Kind: gridcasev1.SuspensionKind_SUSPENSION_KIND_ENGINEERING, Until: timestamppb.New(on(until))}
}

// inHand is a pipe in the hands of the water department from Monday 09:10 on, under a condition.
func inHand(condition string) []step {
	return []step{{"02 09:00", reports}, {"02 09:05", files(condition)}, {"02 09:10", sends("water")}, {"02 09:20", signs}}
}

func then(steps []step, more ...step) []step { return append(steps[:len(steps):len(steps)], more...) }

// november compares the whole month.
func november() whatif.Options {
	return whatif.Options{From: on("01 00:00"), To: on("30 00:00"), Limit: 100, Reference: reference{usual, hours}}
}

// study compares cases, one after the other. A case that is taken up again is looked up in the stories.
func study(t rapid.TB, o whatif.Options, stories ...*story) *gridcasev1.WhatIfResponse {
	t.Helper()
	var events []whatif.Event
	for _, s := range stories {
		events = append(events, s.events...)
	}
	return compare(t, o, events)
}

func compare(t rapid.TB, o whatif.Options, events []whatif.Event) *gridcasev1.WhatIfResponse {
	t.Helper()
	o.Past = func(id string, before uint64) (past []whatif.Event, err error) {
		for _, e := range events {
			if e.Case == id && e.Envelope.Version < before {
				past = append(past, e)
			}
		}
		return past, nil
	}
	s, err := whatif.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return s.Result()
}

// tells checks the figures of a stage of a group: due and on time as it was, due and on time as it would have been, became late, became on time.
func tells(t *testing.T, answer *gridcasev1.WhatIfResponse, group string, stage gridcasev1.Stage, want [6]uint64) {
	t.Helper()
	var got [6]uint64
	for _, g := range answer.GetGroups() {
		for _, s := range g.GetStages() {
			if g.GetId() == group && s.GetStage() == stage {
				got = [6]uint64{s.GetDue(), s.GetOnTime(), s.GetWouldBeDue(), s.GetWouldBeOnTime(), s.GetBecameLate(), s.GetBecameOnTime()}
			}
		}
	}
	if got != want {
		t.Errorf("%s of %q: %v, want %v", stage, group, got, want)
	}
}

// due checks the two due times of the only clock that is listed.
func due(t *testing.T, answer *gridcasev1.WhatIfResponse, was, would string) {
	t.Helper()
	if len(answer.GetClocks()) != 1 {
		t.Fatalf("%d clocks are listed, want one: %v", len(answer.GetClocks()), answer.GetClocks())
	}
	k := answer.GetClocks()[0]
	if diff := cmp.Diff([]string{was, would}, []string{local(k.GetDue()), local(k.GetWouldBeDue())}); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

func local(at *timestamppb.Timestamp) string {
	if at == nil {
		return ""
	}
	return at.AsTime().In(zone).Format("02 15:04")
}

func text(m proto.Message) string { return fmt.Sprint(m) }
