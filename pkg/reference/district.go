package reference

import (
	"maps"
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/grid"
)

// District is the newest reference data of one district. It never changes; a new version is another District.
type District struct {
	Code      string
	Grids     *grid.Map
	Catalogue *catalog.Catalogue
	Calendar  *calendar.Calendar

	catalogues  map[uint32]*catalog.Catalogue // every version
	calendars   map[uint32]*calendar.Calendar
	users       map[string]*gridcasev1.User
	workers     []*gridcasev1.User            // active grid workers, by name
	onDuty      map[string][]*gridcasev1.User // of them, by duty grid
	inArea      map[string][]*gridcasev1.User // and by area
	departments []*gridcasev1.Department
}

func (d *District) missing() []string {
	var missing []string
	if d.Grids == nil {
		missing = append(missing, "grids")
	}
	if d.Catalogue == nil {
		missing = append(missing, "catalogue")
	}
	if d.Calendar == nil {
		missing = append(missing, "calendar")
	}
	return missing
}

// CatalogueVersion returns a version of the district's case types: the one that an event names.
func (d *District) CatalogueVersion(version uint32) (*catalog.Catalogue, bool) {
	c, ok := d.catalogues[version]
	return c, ok
}

// CalendarVersion returns a version of the district's working time: the one that an event names.
func (d *District) CalendarVersion(version uint32) (*calendar.Calendar, bool) {
	c, ok := d.calendars[version]
	return c, ok
}

// keep adds a version to those that were there.
func keep[V any](old map[uint32]V, version uint32, v V) map[uint32]V {
	next := make(map[uint32]V, len(old)+1)
	maps.Copy(next, old)
	next[version] = v
	return next
}

func (d *District) setPeople(v *gridcasev1.AccessVersion) {
	d.users = make(map[string]*gridcasev1.User, len(v.GetUsers()))
	d.workers, d.onDuty, d.inArea = nil, map[string][]*gridcasev1.User{}, map[string][]*gridcasev1.User{}
	d.departments = v.GetDepartments()
	for _, u := range v.GetUsers() {
		d.users[u.GetId()] = u
		if u.GetRole() == gridcasev1.Role_ROLE_GRID_WORKER && !u.GetInactive() {
			d.workers = append(d.workers, u)
		}
	}
	slices.SortFunc(d.workers, func(a, b *gridcasev1.User) int { return strings.Compare(a.GetName(), b.GetName()) })
	for _, u := range d.workers {
		for _, grid := range u.GetDutyGrids() {
			d.onDuty[grid] = append(d.onDuty[grid], u)
		}
		for _, area := range u.GetAreas() {
			d.inArea[area] = append(d.inArea[area], u)
		}
	}
}

// User returns an active user of the district.
func (d *District) User(id string) (*gridcasev1.User, bool) {
	u, ok := d.users[id]
	return u, ok && !u.GetInactive()
}

// Departments returns the district's departments.
func (d *District) Departments() []*gridcasev1.Department { return d.departments }

// Department tells whether the district has the department.
func (d *District) Department(id string) bool {
	return slices.ContainsFunc(d.departments, func(u *gridcasev1.Department) bool { return u.GetId() == id })
}

// GridWorkers returns the active grid workers, by name.
func (d *District) GridWorkers() []*gridcasev1.User { return d.workers }

// Workers returns the active grid workers who may be sent to a place, of the nearest level that has any: on duty for the unit grid, else
// of its community, its street, its district; those named in without are left out before the level is chosen.
func (d *District) Workers(at *gridcasev1.Place, without []string) []*gridcasev1.User {
	for _, near := range [][]*gridcasev1.User{d.onDuty[at.GetGrid()], d.inArea[at.GetCommunity()], d.inArea[at.GetStreet()], d.workers} {
		if len(without) > 0 {
			near = slices.DeleteFunc(slices.Clone(near), func(u *gridcasev1.User) bool { return slices.Contains(without, u.GetId()) })
		}
		if len(near) > 0 {
			return near
		}
	}
	return nil
}
