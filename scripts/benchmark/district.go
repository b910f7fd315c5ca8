package main

import (
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
)

// The size of a district of the benchmark: a lattice of 2,000 unit grids in 100 communities in 10 streets.
const (
	unitGrids   = 2000
	inCommunity = 20
	inStreet    = 200
	columns     = 50
	degrees     = 0.01 // of a unit grid's side, about a kilometre
	departments = 8
)

// district is one district of the benchmark: its code is its number's.
type district int

func (d district) code() string { return fmt.Sprintf("6109%02d", int(d)+1) }

func (d district) street(cell int) string { return fmt.Sprintf("%s%03d", d.code(), cell/inStreet+1) }

func (d district) community(cell int) string {
	return fmt.Sprintf("%s%03d", d.street(cell), cell%inStreet/inCommunity+1)
}

func (d district) cell(cell int) string {
	return fmt.Sprintf("%s%03d", d.community(cell), cell%inCommunity+1)
}

// corner is the south-western corner of a unit grid.
func (d district) corner(cell int) (longitude, latitude float64) {
	return 100 + float64(d) + float64(cell%columns)*degrees, 34 + float64(cell/columns)*degrees
}

// fine is how many points side by side a unit grid has.
const fine = 500

// point returns the place of the n-th case: a unit grid after the other, and never the same point twice within 500 million.
func (d district) point(n uint64) (cell int, at *gridcasev1.GeoPoint) {
	cell = int(n % unitGrids)
	west, south := d.corner(cell)
	within := n / unitGrids
	step := func(i uint64) float64 { return degrees * (float64(i%fine) + 0.5) / fine }
	return cell, &gridcasev1.GeoPoint{Longitude: west + step(within), Latitude: south + step(within/fine), Crs: gridcasev1.Crs_CRS_WGS84}
}

// grids are the district's areas.
func (d district) grids() *gridcasev1.PublishGrids {
	areas := []*gridcasev1.Area{{Code: d.code(), Name: "district " + d.code()}}
	for cell := range unitGrids {
		if cell%inStreet == 0 {
			areas = append(areas, &gridcasev1.Area{Code: d.street(cell), Name: "street"})
		}
		if cell%inCommunity == 0 {
			areas = append(areas, &gridcasev1.Area{Code: d.community(cell), Name: "community"})
		}
		w, s := d.corner(cell)
		e, n := w+degrees, s+degrees
		areas = append(areas, &gridcasev1.Area{Code: d.cell(cell), Synthetic: true, Rings: []*gridcasev1.Ring{{Coordinates: []float64{w, s, e, s, e, n, w, n, w, s}}}})
	}
	return &gridcasev1.PublishGrids{District: d.code(), Areas: areas}
}

// caseTypes are the types that the cases take in turn.
var caseTypes = []string{"road.damage", "parking.motor", "drain.pipe"}

// ofWorks are the case types that may come of a project of the works programme, and so have a field for its code.
var ofWorks = map[string]bool{"road.damage": true, "drain.pipe": true}

// The fields of the case types.
const (
	placeKind   = "place_kind"
	projectCode = "project_code"
)

// catalogue has no limit that ends while the benchmark runs, and no two cases are the same problem.
func (d district) catalogue() *gridcasev1.PublishCatalogue {
	long := &gridcasev1.Limit{Value: 300, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_DAY, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}
	c := &gridcasev1.PublishCatalogue{District: d.code(), Policy: &gridcasev1.Policy{}}
	for _, stage := range []gridcasev1.Stage{gridcasev1.Stage_STAGE_ACCEPT, gridcasev1.Stage_STAGE_DISPATCH, gridcasev1.Stage_STAGE_SIGN,
		gridcasev1.Stage_STAGE_SEND_INSPECTION, gridcasev1.Stage_STAGE_INSPECT, gridcasev1.Stage_STAGE_CLOSE} {
		c.Policy.Stages = append(c.Policy.Stages, &gridcasev1.StageLimit{Stage: stage, Limit: long})
	}
	for _, id := range caseTypes {
		fields := []*gridcasev1.FieldRule{{Name: placeKind, Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Required: true, Choices: []string{"carriageway", "footway"}}}
		if ofWorks[id] {
			fields = append(fields, &gridcasev1.FieldRule{Name: projectCode, Kind: gridcasev1.FieldKind_FIELD_KIND_CODE})
		}
		c.Types = append(c.Types, &gridcasev1.CaseType{Id: id, NameEn: id, Photos: []*gridcasev1.PhotoRule{{Kind: "far", MinReport: 1}}, Fields: fields,
			Conditions: []*gridcasev1.Condition{{Id: "C1", Limit: long}}, Duplicates: &gridcasev1.DuplicateRule{WindowMinutes: 1}})
	}
	return c
}

// calendar is open all day.
func (d district) calendar() *gridcasev1.PublishCalendar {
	c := &gridcasev1.CalendarVersion{District: d.code(), Zone: "Asia/Shanghai"}
	for day := uint32(1); day <= 7; day++ {
		c.Periods = append(c.Periods, &gridcasev1.WorkPeriod{Weekday: day, From: 0, To: 1440})
	}
	return &gridcasev1.PublishCalendar{Calendar: c}
}

// The users of a district: one of each desk, a manager and a handler a department, a grid worker a community.
func (d district) people() *gridcasev1.PublishAccess {
	p := &gridcasev1.PublishAccess{District: d.code()}
	add := func(u user, role gridcasev1.Role, department string, areas, duty []string) {
		p.Users = append(p.Users, &gridcasev1.User{Id: u.id(), Name: u.name(), Role: role, Department: department, Areas: areas, DutyGrids: duty, TokenSha256: access.TokenHash(u.token())})
	}
	add(user{d, "acceptor", 0}, gridcasev1.Role_ROLE_ACCEPTOR, "", nil, nil)
	add(user{d, "dispatcher", 0}, gridcasev1.Role_ROLE_DISPATCHER, "", nil, nil)
	add(user{d, "leader", 0}, gridcasev1.Role_ROLE_SHIFT_LEADER, "", nil, nil)
	for n := range departments {
		p.Departments = append(p.Departments, &gridcasev1.Department{Id: department(n)})
		add(user{d, "manager", n}, gridcasev1.Role_ROLE_UNIT_MANAGER, department(n), nil, nil)
		add(user{d, "handler", n}, gridcasev1.Role_ROLE_HANDLER, department(n), nil, nil)
	}
	for n := range unitGrids / inCommunity {
		var duty []string
		for cell := n * inCommunity; cell < (n+1)*inCommunity; cell++ {
			duty = append(duty, d.cell(cell))
		}
		add(user{d, "worker", n}, gridcasev1.Role_ROLE_GRID_WORKER, "", duty, duty)
	}
	return p
}

func department(n int) string { return fmt.Sprintf("unit-%d", n+1) }

// user is one of a district's people.
type user struct {
	district district
	role     string
	n        int
}

var roleNumbers = map[string]int{"acceptor": 1, "dispatcher": 2, "leader": 3, "manager": 4, "handler": 5, "worker": 6, "supervisor": 7}

func (u user) id() string {
	return fmt.Sprintf("10000000-0000-4000-8000-%04d%04d%04d", u.district, roleNumbers[u.role], u.n)
}

func (u user) name() string { return fmt.Sprintf("%s-%d", u.role, u.n+1) }

func (u user) token() string { return fmt.Sprintf("bench-%s-%s", u.district.code(), u.name()) }
