package casework

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/grid"
)

// Facts are what a decision may know beside the case and the command. Those that decided are copied into the event.
type Facts struct {
	Now       time.Time // the effective time
	Actor     Actor
	Grids     *grid.Map
	Catalogue *catalog.Catalogue
	Calendar  *calendar.Calendar
	People    People
	Permits   []*gridcasev1.Permit          // approved permits that hold the place of a report now
	Numbers   []string                      // case numbers nobody has; one for a report, one a child for a split
	Sealed    map[string]*gridcasev1.Sealed // the command's sealed values, by field
}

// Actor is who sends the command, as the access rules know it.
type Actor struct {
	ID         string
	Role       gridcasev1.Role
	Department string
}

// People answers who works where in the district.
type People interface {
	// User returns an active user of the district.
	User(id string) (*gridcasev1.User, bool)
	// Department tells whether the district has the department.
	Department(id string) bool
	// Workers returns the grid workers who may be sent to a place, of the nearest level that has any: on duty for the unit grid, else
	// of its community, its street, its district. Those named in without are left out before the level is chosen.
	Workers(at *gridcasev1.Place, without []string) []*gridcasev1.User
}

// policy is what the city decides for itself.
func (f *Facts) policy() catalog.Policy { return f.Catalogue.Policy() }

// bySystem tells whether a process manager acts.
func (f *Facts) bySystem() bool { return f.Actor.Role == gridcasev1.Role_ROLE_SYSTEM }

// importing tells whether another system's record is brought in: its people did the work, so no guard asks who or shows a photo.
func (f *Facts) importing() bool { return f.Actor.Role == gridcasev1.Role_ROLE_IMPORTER }
