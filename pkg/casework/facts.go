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
	Policy    Policy
	Number    string                        // a case number nobody has; for a report
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
	// of its community, its street, its district. Those whom skip names are left out before the level is chosen.
	Workers(at *gridcasev1.Place, skip func(id string) bool) []*gridcasev1.User
}

// Policy is what a city decides for itself. The zero value is the default.
type Policy struct {
	RemoteCheck bool          // an acceptor may close on a photo though a worker could inspect
	ReopenFor   time.Duration // how long after its end a case may be reopened; 30 days where 0 (unverified default)
}

func (p Policy) reopenFor() time.Duration {
	if p.ReopenFor == 0 {
		return 30 * 24 * time.Hour
	}
	return p.ReopenFor
}

// importing tells whether another system's record is brought in: its people did the work, so no guard asks who or shows a photo.
func (f *Facts) importing() bool { return f.Actor.Role == gridcasev1.Role_ROLE_IMPORTER }
