// Package weibin is the demo district: Weibin in Baoji, with its real boundary, streets and communities, synthetic unit grids, the three
// first case types and demo users. It owns the data and how unit grids are made of it. It publishes nothing itself.
//
// # Decisions
//
// 2026-11: the boundary's coordinate reference system is unknown and treated as WGS 84.
package weibin

import (
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalogfile"
)

// District is the district's code.
const District = "610302"

var (
	//go:embed district.geojson
	boundaryJSON []byte
	//go:embed streets.csv
	streetsCSV string
	//go:embed communities.csv
	communitiesCSV string
	//go:embed cn-2026.csv
	holidaysCSV string
	//go:embed catalogue.yaml
	catalogueYAML []byte
)

// departments of the demo.
var departments = []*gridcasev1.Department{
	{Id: "drainage", NameZh: "排水", NameEn: "Drainage service"},
	{Id: "urban-management", NameZh: "城管执法", NameEn: "Urban management"},
	{Id: "traffic-police", NameZh: "交警", NameEn: "Traffic police"},
	{Id: "housing", NameZh: "住建", NameEn: "Housing and construction"},
	{Id: "municipal", NameZh: "市政", NameEn: "Municipal works"},
	{Id: "fire", NameZh: "消防", NameEn: "Fire service"},
	{Id: "street-office", NameZh: "街道办", NameEn: "Street office"},
}

// Catalogue returns the district's case types.
func Catalogue() (*gridcasev1.PublishCatalogue, error) {
	types, err := catalogfile.Read(catalogueYAML)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.PublishCatalogue{District: District, Types: types}, nil
}

// Calendar returns the district's working time: 08:00 to 12:00 and 14:00 to 18:00, Monday to Friday, with the holidays and make-up workdays
// of 2026.
func Calendar() (*gridcasev1.PublishCalendar, error) {
	c := &gridcasev1.CalendarVersion{District: District, Zone: "Asia/Shanghai", DayMinutes: 480}
	for day := uint32(1); day <= 5; day++ {
		c.Periods = append(c.Periods, &gridcasev1.WorkPeriod{Weekday: day, From: 8 * 60, To: 12 * 60}, &gridcasev1.WorkPeriod{Weekday: day, From: 14 * 60, To: 18 * 60})
	}
	rows, err := csv.NewReader(strings.NewReader(holidaysCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	for _, row := range rows[1:] {
		days, err := daysBetween(row[0], row[1])
		if err != nil {
			return nil, fmt.Errorf("read holidays: %w", err)
		}
		if row[2] == "workday" {
			c.Workdays = append(c.Workdays, days...)
		} else {
			c.Holidays = append(c.Holidays, days...)
		}
	}
	return &gridcasev1.PublishCalendar{Calendar: c}, nil
}

func daysBetween(first, last string) ([]string, error) {
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil, err
	}
	to, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil, err
	}
	var days []string
	for ; !from.After(to); from = from.AddDate(0, 0, 1) {
		days = append(days, from.Format(time.DateOnly))
	}
	return days, nil
}

// place is a real street or community.
type place struct{ code, name string }

func readPlaces(text string) ([]place, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	places := make([]place, 0, len(rows))
	for _, row := range rows[1:] {
		places = append(places, place{row[0], row[1]})
	}
	return places, nil
}

// Users returns the demo's users with the departments, and each user's token by name. newID and newToken make what must be random. The
// grid workers of a street share out its unit grids.
func Users(grids *gridcasev1.PublishGrids, newID, newToken func() string) (*gridcasev1.PublishAccess, map[string]string) {
	u := &users{access: &gridcasev1.PublishAccess{District: District, Departments: departments}, tokens: map[string]string{}, newID: newID, newToken: newToken}
	u.add("acceptor-1", gridcasev1.Role_ROLE_ACCEPTOR)
	u.add("acceptor-2", gridcasev1.Role_ROLE_ACCEPTOR)
	u.add("leader-1", gridcasev1.Role_ROLE_SHIFT_LEADER)
	u.add("dispatcher-1", gridcasev1.Role_ROLE_DISPATCHER)
	u.add("dispatcher-2", gridcasev1.Role_ROLE_DISPATCHER)
	for _, d := range departments {
		u.add("manager-"+d.GetId(), gridcasev1.Role_ROLE_UNIT_MANAGER).Department = d.GetId()
		u.add("handler-"+d.GetId()+"-1", gridcasev1.Role_ROLE_HANDLER).Department = d.GetId()
		u.add("handler-"+d.GetId()+"-2", gridcasev1.Role_ROLE_HANDLER).Department = d.GetId()
	}
	u.workers(grids)
	u.add("citizen-1", gridcasev1.Role_ROLE_CITIZEN)
	u.add("hotline-1", gridcasev1.Role_ROLE_INTEGRATION)
	u.add("supervisor-1", gridcasev1.Role_ROLE_SUPERVISOR)
	u.add("importer-1", gridcasev1.Role_ROLE_IMPORTER)
	return u.access, u.tokens
}

type users struct {
	access          *gridcasev1.PublishAccess
	tokens          map[string]string
	newID, newToken func() string
}

func (u *users) add(name string, role gridcasev1.Role) *gridcasev1.User {
	token := u.newToken()
	sum := sha256.Sum256([]byte(token))
	u.tokens[name] = token
	user := &gridcasev1.User{Id: u.newID(), Name: name, Role: role, TokenSha256: hex.EncodeToString(sum[:])}
	u.access.Users = append(u.access.Users, user)
	return user
}

// workers adds two grid workers a street, on duty for a half of its unit grids each.
func (u *users) workers(grids *gridcasev1.PublishGrids) {
	cells := map[string][]string{}
	var streets []string
	for _, a := range grids.GetAreas() {
		switch len(a.GetCode()) {
		case 9:
			streets = append(streets, a.GetCode())
		case 15:
			cells[a.GetCode()[:9]] = append(cells[a.GetCode()[:9]], a.GetCode())
		}
	}
	for i, street := range streets {
		half := (len(cells[street]) + 1) / 2
		for k, duty := range [][]string{cells[street][:half], cells[street][half:]} {
			w := u.add(fmt.Sprintf("worker-%02d-%d", i+1, k+1), gridcasev1.Role_ROLE_GRID_WORKER)
			w.Areas, w.DutyGrids = []string{street}, duty
		}
	}
}
