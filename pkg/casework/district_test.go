package casework_test

import (
	"fmt"
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/grid"
)

const district = "610399"

// cell returns the code of unit grid n, 1 to 4: one degree of longitude each, from 107 on, between latitudes 34 and 35.
func cell(n int) string { return fmt.Sprintf("%s001001%03d", district, n) }

// spot returns a point inside unit grid n.
func spot(n int) *gridcasev1.GeoPoint {
	return &gridcasev1.GeoPoint{Longitude: 106.5 + float64(n), Latitude: 34.5}
}

func place(n int) *gridcasev1.Place {
	return &gridcasev1.Place{Grid: cell(n), Community: district + "001001", Street: district + "001", District: district, Point: spot(n)}
}

// abroad is a point in no unit grid of the district.
var abroad = &gridcasev1.GeoPoint{Longitude: 3, Latitude: 50}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var grids = must(grid.NewMap(areas()))

func areas() *gridcasev1.GridsVersion {
	v := &gridcasev1.GridsVersion{District: district, Version: 1, Areas: []*gridcasev1.Area{{Code: district}, {Code: district + "001"}, {Code: district + "001001"}}}
	for n := 1; n <= 4; n++ {
		west := 106 + float64(n)
		v.Areas = append(v.Areas, &gridcasev1.Area{Code: cell(n), Rings: []*gridcasev1.Ring{{Coordinates: []float64{west, 34, west + 1, 34, west + 1, 35, west, 35, west, 34}}}})
	}
	return v
}

func limit(value uint32, unit gridcasev1.LimitUnit, basis gridcasev1.LimitBasis) *gridcasev1.Limit {
	return &gridcasev1.Limit{Value: value, Unit: unit, Basis: basis}
}

// The limits of the district: of its desks, and of its filing conditions.
var (
	quarter      = limit(15, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)
	half         = limit(30, gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)
	twoWorking   = limit(2, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING)
	fourWorking  = limit(4, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING)
	threeUrgent  = limit(3, gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, gridcasev1.LimitBasis_LIMIT_BASIS_WALL)
	aWorkingDay  = limit(1, gridcasev1.LimitUnit_LIMIT_UNIT_DAY, gridcasev1.LimitBasis_LIMIT_BASIS_WORKING)
	caseTypes    = must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 3, Types: types()}))
	laterTypes   = must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 4, Types: retired(types(), "C2")}))
	workingHours = must(calendar.New(weekdays()))
	holiday      = must(calendar.New(closedOn("2026-11-02")))
	pressing     = under(&gridcasev1.Policy{Escalations: []*gridcasev1.EscalationRule{{Stage: gridcasev1.Stage_STAGE_ACCEPT, Level: 1},
		{Stage: gridcasev1.Stage_STAGE_HANDLE, Level: 1}, {Stage: gridcasev1.Stage_STAGE_HANDLE, Level: 2, After: threeUrgent}}})
)

// types: parking has conditions with a working limit and a checklist (C2), with a field to close with (C3), urgent (C1), without limit (C5)
// and out of use (C9); pipes have one of a working day; a third type is out of use; spills may be fixed by who reports them.
func types() []*gridcasev1.CaseType {
	return []*gridcasev1.CaseType{
		{Id: "parking.motor", Photos: []*gridcasev1.PhotoRule{{Kind: "far", MinReport: 1}},
			Fields: []*gridcasev1.FieldRule{
				{Name: "place_kind", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Required: true, Choices: []string{"carriageway", "footway"}},
				{Name: "plate", Kind: gridcasev1.FieldKind_FIELD_KIND_TEXT},
				{Name: "ticket_no", Kind: gridcasev1.FieldKind_FIELD_KIND_CODE},
				{Name: "vehicles", Kind: gridcasev1.FieldKind_FIELD_KIND_NUMBER},
				{Name: "blocking", Kind: gridcasev1.FieldKind_FIELD_KIND_FLAG},
				{Name: "seen_at", Kind: gridcasev1.FieldKind_FIELD_KIND_TIME},
			},
			Conditions: []*gridcasev1.Condition{{Id: "C1", Limit: threeUrgent}, {Id: "C2", Limit: twoWorking, Checklist: []string{"cleared", "advised"}},
				{Id: "C3", Limit: fourWorking, CloseFields: []string{"ticket_no"}}, {Id: "C5"}, {Id: "C9", Limit: twoWorking, Inactive: true}}},
		{Id: "drain.pipe", Conditions: []*gridcasev1.Condition{{Id: "B2", Limit: aWorkingDay}}},
		{Id: "old.stall", Inactive: true, Conditions: []*gridcasev1.Condition{{Id: "S1"}}},
		{Id: "road.spill", SelfFix: true, Conditions: []*gridcasev1.Condition{{Id: "R1", Limit: fourWorking}}},
	}
}

// under is the district's catalogue with a policy of its own.
func under(p *gridcasev1.Policy) *catalog.Catalogue {
	return must(catalog.New(&gridcasev1.CatalogueVersion{District: district, Version: 3, Types: types(), Policy: p}))
}

// retired returns the types with one condition of the first out of use.
func retired(types []*gridcasev1.CaseType, condition string) []*gridcasev1.CaseType {
	for _, c := range types[0].GetConditions() {
		c.Inactive = c.GetInactive() || c.GetId() == condition
	}
	return types
}

// weekdays is working time from Monday to Friday, 8 to 12 and 14 to 18.
func weekdays() *gridcasev1.CalendarVersion {
	v := &gridcasev1.CalendarVersion{District: district, Version: 2, Zone: "Asia/Shanghai"}
	for day := uint32(1); day <= 5; day++ {
		v.Periods = append(v.Periods, &gridcasev1.WorkPeriod{Weekday: day, From: 480, To: 720}, &gridcasev1.WorkPeriod{Weekday: day, From: 840, To: 1080})
	}
	return v
}

// closedOn is the same working time with holidays.
func closedOn(days ...string) *gridcasev1.CalendarVersion {
	v := weekdays()
	v.Version, v.Holidays = 3, days
	return v
}

// people is who works in the district, as the rules ask for it.
type people []*gridcasev1.User

var staff = people{
	{Id: "worker", Role: gridcasev1.Role_ROLE_GRID_WORKER, DutyGrids: []string{cell(1), cell(2)}},
	{Id: "second-worker", Role: gridcasev1.Role_ROLE_GRID_WORKER, DutyGrids: []string{cell(1)}},
	{Id: "distant-worker", Role: gridcasev1.Role_ROLE_GRID_WORKER, DutyGrids: []string{cell(4)}},
	{Id: "acceptor", Role: gridcasev1.Role_ROLE_ACCEPTOR},
	{Id: "leader", Role: gridcasev1.Role_ROLE_SHIFT_LEADER},
	{Id: "dispatcher", Role: gridcasev1.Role_ROLE_DISPATCHER},
	{Id: "manager", Role: gridcasev1.Role_ROLE_UNIT_MANAGER, Department: "roads"},
	{Id: "handler", Role: gridcasev1.Role_ROLE_HANDLER, Department: "roads"},
	{Id: "second-handler", Role: gridcasev1.Role_ROLE_HANDLER, Department: "roads"},
	{Id: "water-manager", Role: gridcasev1.Role_ROLE_UNIT_MANAGER, Department: "water"},
	{Id: "water-handler", Role: gridcasev1.Role_ROLE_HANDLER, Department: "water"},
	{Id: "citizen", Role: gridcasev1.Role_ROLE_CITIZEN},
	{Id: "hotline", Role: gridcasev1.Role_ROLE_INTEGRATION},
	{Id: "supervisor", Role: gridcasev1.Role_ROLE_SUPERVISOR},
	{Id: "importer", Role: gridcasev1.Role_ROLE_IMPORTER},
	{Id: "second-leader", Role: gridcasev1.Role_ROLE_SHIFT_LEADER},
	{Id: "second-water-handler", Role: gridcasev1.Role_ROLE_HANDLER, Department: "water"},
}

// User returns an active user.
func (p people) User(id string) (*gridcasev1.User, bool) {
	i := slices.IndexFunc(p, func(u *gridcasev1.User) bool { return u.GetId() == id && !u.GetInactive() })
	if i < 0 {
		return nil, false
	}
	return p[i], true
}

// Department tells whether somebody works there.
func (p people) Department(id string) bool {
	return id != "" && slices.ContainsFunc(p, func(u *gridcasev1.User) bool { return u.GetDepartment() == id })
}

// Workers returns those on duty for the unit grid, else all.
func (p people) Workers(at *gridcasev1.Place, without []string) []*gridcasev1.User {
	var near, all []*gridcasev1.User
	for _, u := range p {
		if u.GetRole() != gridcasev1.Role_ROLE_GRID_WORKER || u.GetInactive() || slices.Contains(without, u.GetId()) {
			continue
		}
		all = append(all, u)
		if slices.Contains(u.GetDutyGrids(), at.GetGrid()) {
			near = append(near, u)
		}
	}
	if len(near) > 0 {
		return near
	}
	return all
}

// theSystem is how the process managers are called: the timers, and what follows one case's event on another case.
const theSystem = "system"

// actor is the user as the access rules hand it to the rules of a case.
func actor(id string) casework.Actor {
	if id == theSystem {
		return casework.Actor{ID: id, Role: gridcasev1.Role_ROLE_SYSTEM}
	}
	u, ok := staff.User(id)
	if !ok {
		panic("nobody is called " + id)
	}
	return casework.Actor{ID: id, Role: u.GetRole(), Department: u.GetDepartment()}
}

var zone = must(time.LoadLocation("Asia/Shanghai"))

// on reads a day of November 2026 and a time in the district's zone: "02 09:15" is a Monday. Another month stands before: "12-24 18:00".
func on(s string) time.Time {
	if len(s) == len("02 09:15") {
		s = "11-" + s
	}
	return must(time.ParseInLocation("2006-01-02 15:04", "2026-"+s, zone)).UTC()
}
