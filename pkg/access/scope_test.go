package access_test

import (
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
)

const grid = "610399001001001"

func TestAnActorSeesWhatTheRoleGives(t *testing.T) {
	t.Parallel()
	elsewhere := access.Parties{Grid: "610399002001001", Department: "water", Reporter: "somebody", Worker: "somebody", Handler: "somebody"}
	at := func(change func(*access.Parties)) access.Parties {
		p := elsewhere
		change(&p)
		return p
	}
	lying := at(func(p *access.Parties) { p.Grid = grid })
	withRoads := at(func(p *access.Parties) { p.Department = "roads" })
	withNobody := access.Parties{Grid: grid, Reporter: "somebody"}
	ownReport := at(func(p *access.Parties) { p.Reporter = "me" })

	desk := func(role gridcasev1.Role) access.Actor { return access.Actor{ID: "me", Role: role} }
	worker := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_GRID_WORKER, Areas: []string{grid, "610399003"}}
	manager := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_UNIT_MANAGER, Department: "roads"}
	handler := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_HANDLER, Department: "roads"}
	for _, tt := range []struct {
		rule  string
		actor access.Actor
		of    access.Parties
		sees  bool
	}{
		{"an acceptor sees every case", desk(gridcasev1.Role_ROLE_ACCEPTOR), elsewhere, true},
		{"a shift leader sees every case", desk(gridcasev1.Role_ROLE_SHIFT_LEADER), elsewhere, true},
		{"a dispatcher sees every case", desk(gridcasev1.Role_ROLE_DISPATCHER), elsewhere, true},
		{"a supervisor sees every case", desk(gridcasev1.Role_ROLE_SUPERVISOR), elsewhere, true},
		{"an operator sees every case", desk(gridcasev1.Role_ROLE_OPERATOR), elsewhere, true},
		{"a grid worker sees a case in an own unit grid", worker, lying, true},
		{"a grid worker sees a case in a grid of an own street", worker, at(func(p *access.Parties) { p.Grid = "610399003002001" }), true},
		{"a grid worker doesn't see a case elsewhere", worker, elsewhere, false},
		{"a grid worker sees the own report elsewhere", worker, ownReport, true},
		{"a grid worker sees elsewhere what is to be verified or inspected", worker, at(func(p *access.Parties) { p.Worker = "me" }), true},
		{"a grid worker without areas sees none by where it lies", desk(gridcasev1.Role_ROLE_GRID_WORKER), lying, false},
		{"a manager sees the department's case", manager, withRoads, true},
		{"a manager doesn't see another department's case", manager, elsewhere, false},
		{"a manager doesn't see a case that is with nobody", manager, withNobody, false},
		{"a manager without a department doesn't see a case that is with nobody", desk(gridcasev1.Role_ROLE_UNIT_MANAGER), withNobody, false},
		{"a handler sees the department's case", handler, withRoads, true},
		{"a handler sees the assigned case", handler, at(func(p *access.Parties) { p.Handler = "me" }), true},
		{"a handler doesn't see another department's case", handler, elsewhere, false},
		{"a handler sees no case by where it lies", access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_HANDLER, Department: "roads", Areas: []string{grid}}, lying, false},
		{"a citizen sees the own report", desk(gridcasev1.Role_ROLE_CITIZEN), ownReport, true},
		{"a citizen doesn't see another's report", desk(gridcasev1.Role_ROLE_CITIZEN), elsewhere, false},
		{"an integration sees what it brought in", desk(gridcasev1.Role_ROLE_INTEGRATION), ownReport, true},
		{"an integration doesn't see another's report", desk(gridcasev1.Role_ROLE_INTEGRATION), elsewhere, false},
		{"an importer sees what it brought in", desk(gridcasev1.Role_ROLE_IMPORTER), ownReport, true},
		{"an importer doesn't see a case that was reported here", desk(gridcasev1.Role_ROLE_IMPORTER), elsewhere, false},
		{"who has no role sees no case of others", desk(0), lying, false},
	} {
		if got := tt.actor.Scope("610399").Sees(tt.of); got != tt.sees {
			t.Errorf("%s: sees %t", tt.rule, got)
		}
	}
}

func TestAScopeIsOfItsDistrictAndUser(t *testing.T) {
	t.Parallel()
	s := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_CITIZEN}.Scope("610399")
	if s.District != "610399" || s.User != "me" || s.All || s.Department != "" || len(s.Areas) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAQueueIsForThoseWhoWorkAtIt(t *testing.T) {
	t.Parallel()
	worker := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_GRID_WORKER, Areas: []string{"610399"}}
	manager := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_UNIT_MANAGER, Department: "roads"}
	handler := access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_HANDLER, Department: "roads"}
	for _, tt := range []struct {
		rule    string
		actor   access.Actor
		queue   string
		allowed bool
	}{
		{"an acceptor looks into a desk's queue", access.Actor{Role: gridcasev1.Role_ROLE_ACCEPTOR}, "accept", true},
		{"a shift leader looks into a desk's queue", access.Actor{Role: gridcasev1.Role_ROLE_SHIFT_LEADER}, "dispatch", true},
		{"a dispatcher looks into a department's queue", access.Actor{Role: gridcasev1.Role_ROLE_DISPATCHER}, "department:roads", true},
		{"a supervisor looks into a worker's queue", access.Actor{Role: gridcasev1.Role_ROLE_SUPERVISOR}, "worker:you", true},
		{"an operator looks into any queue", access.Actor{Role: gridcasev1.Role_ROLE_OPERATOR}, "accept", true},
		{"a manager looks into the department's queue", manager, "department:roads", true},
		{"a manager doesn't look into another department's", manager, "department:water", false},
		{"a manager doesn't look into a desk's", manager, "dispatch", false},
		{"a handler looks into the department's queue", handler, "department:roads", true},
		{"a handler doesn't look into another's", handler, "department:roads-and-bridges", false},
		{"a grid worker looks into the own queue", worker, "worker:me", true},
		{"a grid worker doesn't look into another's", worker, "worker:you", false},
		{"a grid worker doesn't look into a desk's", worker, "accept", false},
		{"a citizen looks into none", access.Actor{ID: "me", Role: gridcasev1.Role_ROLE_CITIZEN}, "worker:me", false},
		{"an importer looks into none", access.Actor{Role: gridcasev1.Role_ROLE_IMPORTER}, "accept", false},
	} {
		err := tt.actor.Queue(tt.queue)
		if !tt.allowed {
			refused(t, tt.rule, err, fault.Denied, "access.queue")
		} else if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
		}
	}
}

func TestWhoReportedIsForTheDesksAlone(t *testing.T) {
	t.Parallel()
	desks := map[gridcasev1.Role]bool{gridcasev1.Role_ROLE_ACCEPTOR: true, gridcasev1.Role_ROLE_SHIFT_LEADER: true, gridcasev1.Role_ROLE_DISPATCHER: true}
	for n := range gridcasev1.Role_name {
		actor := access.Actor{ID: "me", Role: gridcasev1.Role(n)}
		for _, field := range []string{"reporter_name", "reporter_phone"} {
			if got := actor.Reveals(field); got != desks[actor.Role] {
				t.Errorf("%s reads %s: %t", actor.Role, field, got)
			}
		}
		for _, field := range []string{"description", "address", "fields.plate", "note"} {
			if !actor.Reveals(field) {
				t.Errorf("%s doesn't read %s of a case that it works on", actor.Role, field)
			}
		}
	}
}
