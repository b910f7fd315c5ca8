package weibin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
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
	{Id: "sanitation", NameZh: "环卫", NameEn: "Sanitation"},
	{Id: "lighting", NameZh: "市政照明", NameEn: "Street lighting"},
	{Id: "greening", NameZh: "园林", NameEn: "Parks and trees"},
	{Id: "environment", NameZh: "生态环境", NameEn: "Environment"},
	{Id: "heating", NameZh: "供热", NameEn: "District heating"},
	{Id: "natural-resources", NameZh: "自然资源", NameEn: "Natural resources and land registry"},
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
