// Package referencetest gives tests a small district with everything that cases need: four unit grids, two case types, people of each role.
// No product code imports it.
package referencetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/reference"
)

// District is the district's code.
const District = "610399"

// Cell returns the code of unit grid n, 1 to 4: one degree of longitude each, from 107 on, between latitudes 34 and 35.
func Cell(n int) string { return fmt.Sprintf("%s001001%03d", District, n) }

// Point returns a point inside unit grid n.
func Point(n int) *gridcasev1.GeoPoint {
	return &gridcasev1.GeoPoint{Longitude: 106.5 + float64(n), Latitude: 34.5}
}

// UserID returns the id of a user by name.
func UserID(name string) string {
	for i, u := range names {
		if u.name == name {
			return fmt.Sprintf("10000000-0000-4000-8000-%012d", i+1)
		}
	}
	panic("no such user: " + name)
}

// Token returns the bearer token of a user by name.
func Token(name string) string { return "token-of-" + name }

// OperatorToken is the installation's.
const OperatorToken = "token-of-the-operator"

var names = []struct {
	name, department string
	role             gridcasev1.Role
	areas, duty      []string
}{
	{name: "acceptor", role: gridcasev1.Role_ROLE_ACCEPTOR},
	{name: "leader", role: gridcasev1.Role_ROLE_SHIFT_LEADER},
	{name: "dispatcher", role: gridcasev1.Role_ROLE_DISPATCHER},
	{name: "roads-manager", role: gridcasev1.Role_ROLE_UNIT_MANAGER, department: "roads"},
	{name: "roads-handler", role: gridcasev1.Role_ROLE_HANDLER, department: "roads"},
	{name: "water-manager", role: gridcasev1.Role_ROLE_UNIT_MANAGER, department: "water"},
	{name: "worker-1", role: gridcasev1.Role_ROLE_GRID_WORKER, areas: []string{Cell(1), Cell(2)}, duty: []string{Cell(1), Cell(2)}},
	{name: "worker-2", role: gridcasev1.Role_ROLE_GRID_WORKER, areas: []string{Cell(3), Cell(4)}, duty: []string{Cell(3), Cell(4)}},
	{name: "citizen", role: gridcasev1.Role_ROLE_CITIZEN},
	{name: "hotline", role: gridcasev1.Role_ROLE_INTEGRATION},
	{name: "supervisor", role: gridcasev1.Role_ROLE_SUPERVISOR},
	{name: "importer", role: gridcasev1.Role_ROLE_IMPORTER},
}

// Publish stores the district's reference data in a directory that runs.
func Publish(t testing.TB, d *reference.Directory) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	awaitReady(t, d)
	_, err := d.PublishGrids(ctx, Grids())
	if err == nil {
		_, err = d.PublishCatalogue(ctx, Catalogue())
	}
	if err == nil {
		_, err = d.PublishCalendar(ctx, Calendar())
	}
	if err == nil {
		_, err = d.PublishAccess(ctx, People())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Run returns a directory that holds what log has, and follows it until the test ends.
func Run(t testing.TB, log *eventstore.Log) *reference.Directory {
	t.Helper()
	d := reference.New(log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.Run(ctx) // ends with ctx
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	awaitReady(t, d)
	return d
}

func awaitReady(t testing.TB, d *reference.Directory) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); d.Ready() != nil; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(d.Ready())
		}
	}
}

// Grids is the district's areas.
func Grids() *gridcasev1.PublishGrids {
	areas := []*gridcasev1.Area{{Code: District, Name: "Test district"}, {Code: District + "001", Name: "street"}, {Code: District + "001001", Name: "community"}}
	for n := 1; n <= 4; n++ {
		west := 106 + float64(n)
		areas = append(areas, &gridcasev1.Area{Code: Cell(n), Synthetic: true,
			Rings: []*gridcasev1.Ring{{Coordinates: []float64{west, 34, west + 1, 34, west + 1, 35, west, 35, west, 34}}}})
	}
	return &gridcasev1.PublishGrids{District: District, Areas: areas}
}

// Catalogue is the district's case types.
func Catalogue() *gridcasev1.PublishCatalogue {
	hours := func(n uint32) *gridcasev1.Limit {
		return &gridcasev1.Limit{Value: n, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WORKING}
	}
	return &gridcasev1.PublishCatalogue{District: District, Types: []*gridcasev1.CaseType{
		{Id: "parking.motor", NameEn: "parking", Photos: []*gridcasev1.PhotoRule{{Kind: "far", MinReport: 1}},
			Fields: []*gridcasev1.FieldRule{
				{Name: "place_kind", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Required: true, Choices: []string{"carriageway", "footway"}},
				{Name: "plate", Kind: gridcasev1.FieldKind_FIELD_KIND_TEXT},
				{Name: "ticket_no", Kind: gridcasev1.FieldKind_FIELD_KIND_CODE},
			},
			Conditions: []*gridcasev1.Condition{{Id: "C2", Limit: hours(2), Checklist: []string{"cleared"}, Lead: "roads"}, {Id: "C3", Limit: hours(4), Lead: "roads", CloseFields: []string{"ticket_no"}}}},
		{Id: "drain.pipe", NameEn: "pipe blocked", SelfFix: true, Conditions: []*gridcasev1.Condition{{Id: "B2", Limit: hours(4), Lead: "water"}}},
	}}
}

// Calendar is the district's working time.
func Calendar() *gridcasev1.PublishCalendar {
	c := &gridcasev1.CalendarVersion{District: District, Zone: "Asia/Shanghai"}
	for day := uint32(1); day <= 5; day++ {
		c.Periods = append(c.Periods, &gridcasev1.WorkPeriod{Weekday: day, From: 480, To: 720}, &gridcasev1.WorkPeriod{Weekday: day, From: 840, To: 1080})
	}
	return &gridcasev1.PublishCalendar{Calendar: c}
}

// People is the district's users and departments.
func People() *gridcasev1.PublishAccess {
	p := &gridcasev1.PublishAccess{District: District, Departments: []*gridcasev1.Department{{Id: "roads"}, {Id: "water"}}}
	for _, u := range names {
		p.Users = append(p.Users, &gridcasev1.User{Id: UserID(u.name), Name: u.name, Role: u.role, Department: u.department, Areas: u.areas, DutyGrids: u.duty,
			TokenSha256: access.TokenHash(Token(u.name))})
	}
	return p
}
