package access

import (
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Scope is which cases of a district an actor sees: all, or those that lie in its areas, are with its department, or in which the user has
// a part as reporter, named worker or handler. Lists, gets and commands all go by it.
type Scope struct {
	District   string
	All        bool
	Areas      []string // codes of areas; a unit grid lies in them by prefix
	Department string
	User       string
}

// Scope returns what the actor sees in a district that District returned.
func (actor Actor) Scope(district string) Scope {
	s := Scope{District: district, User: actor.ID}
	switch actor.Role {
	case acceptor, leader, dispatcher, supervisor, operator, gridcasev1.Role_ROLE_SYSTEM:
		s.All = true
	case manager, handler:
		s.Department = actor.Department
	case worker:
		s.Areas = actor.Areas
	}
	return s
}

// Parties are where a case lies and who has a part in it now.
type Parties struct {
	Grid, Department, Reporter, Worker, Handler string
}

// Sees tells whether the scope holds a case with these parties.
func (s Scope) Sees(p Parties) bool {
	partOf := s.User != "" && (s.User == p.Reporter || s.User == p.Worker || s.User == p.Handler)
	return s.All || partOf || s.Department != "" && s.Department == p.Department || s.covers(p.Grid)
}

func (s Scope) covers(code string) bool {
	return slices.ContainsFunc(s.Areas, func(area string) bool { return strings.HasPrefix(code, area) })
}

// Queue refuses an actor who may not look into a queue: the centres' people see all of a district, a department's people their
// department's, a grid worker the own one.
func (actor Actor) Queue(queue string) error {
	allowed := actor.Scope("").All
	switch actor.Role {
	case manager, handler:
		allowed = queue == "department:"+actor.Department
	case worker:
		allowed = queue == "worker:"+actor.ID
	}
	if allowed {
		return nil
	}
	return fault.New(fault.Denied, "access.queue", "the queue %s is not the actor's", queue)
}

// Reveals tells whether the actor's work needs a sealed field of a case that it sees: who reported is for the centres' desks alone.
func (actor Actor) Reveals(field string) bool {
	if field == "reporter_name" || field == "reporter_phone" {
		return slices.Contains([]gridcasev1.Role{acceptor, leader, dispatcher}, actor.Role)
	}
	return true
}
