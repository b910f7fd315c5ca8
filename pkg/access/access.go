// Package access says who may do what, and where. It owns authentication by bearer token, the one table of routes and roles, and the scope
// within which an actor sees cases. Nothing is allowed that the table doesn't name, and nothing in a request's body makes anybody
// somebody else. It never looks into a case beyond where it lies and who has a part in it.
package access

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference"
)

// Directory is what access needs of the reference data.
type Directory interface {
	Holder(tokenHash string) (reference.Holder, bool)
	Districts() []string
	Ready() error // why the users are not known yet
}

// Access authenticates and authorises. It is safe for concurrent use.
type Access struct {
	directory Directory
	operator  string // SHA-256 of the operator's token, hex
}

// New returns access rules over the users of directory and one operator, whose token is a setting of the installation: without it nobody
// could publish the first users.
func New(directory Directory, operatorToken string) *Access {
	return &Access{directory: directory, operator: TokenHash(operatorToken)}
}

// TokenHash is how a bearer token is stored: SHA-256 in hex. Tokens are random and long, so no salt is needed.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Actor is who sends a request.
type Actor struct {
	ID         string // random; the only name of a user that events carry
	Name       string
	Role       gridcasev1.Role
	District   string // the user's only district; empty for the operator, who has all
	Department string
	Areas      []string
}

// operatorID is the operator's user id in events. It is no person's: whoever holds the installation's token acts under it.
const operatorID = "00000000-0000-4000-8000-000000000001"

// Authenticate returns who holds the token; an Unauthenticated fault where nobody does, an Unavailable one while the process still reads who
// is who: what it has read by then may be revoked. The token is looked up by its hash, so the time that takes tells nothing of it.
func (a *Access) Authenticate(token string) (Actor, error) {
	if token == "" {
		return Actor{}, fault.New(fault.Unauthenticated, "access.token", "send a bearer token in the header Authorization")
	}
	hash := TokenHash(token)
	if hash == a.operator {
		return Actor{ID: operatorID, Name: "operator", Role: gridcasev1.Role_ROLE_OPERATOR}, nil
	}
	if err := a.directory.Ready(); err != nil {
		return Actor{}, &fault.Error{Kind: fault.Unavailable, Code: "access.away", After: time.Second, Cause: err, Text: "this server does not know its users yet; try again"}
	}
	h, ok := a.directory.Holder(hash)
	if !ok {
		return Actor{}, fault.New(fault.Unauthenticated, "access.token", "the bearer token is not known or no longer valid")
	}
	u := h.User
	return Actor{ID: u.GetId(), Name: u.GetName(), Role: u.GetRole(), District: h.District, Department: u.GetDepartment(), Areas: u.GetAreas()}, nil
}

// Authorise refuses an actor whose role may not use the procedure ("/gridcase.v1.FieldService/ReportCase"). What the table doesn't name is
// refused to everybody.
func (a *Access) Authorise(actor Actor, procedure string) error {
	if slices.Contains(routes[procedure], actor.Role) {
		return nil
	}
	return fault.New(fault.Denied, "access.role", "the role %s may not use %s", strings.TrimPrefix(actor.Role.String(), "ROLE_"), procedure[strings.LastIndexByte(procedure, '/')+1:])
}

// District returns the district that a request means: the named one where it is the actor's, else the actor's only one. A foreign district
// is a NotFound fault, as an unknown one is. An Unavailable one where nobody can tell yet which there are.
func (a *Access) District(actor Actor, named string) (string, error) {
	own := actor.District
	if own == "" {
		if err := a.directory.Ready(); err != nil {
			return "", err
		}
		districts := a.directory.Districts()
		if named == "" && len(districts) == 1 {
			return districts[0], nil
		}
		if named == "" {
			return "", fault.BadField("district", "district.required", "name the district: there is more than one, or none")
		}
		if slices.Contains(districts, named) {
			return named, nil
		}
	}
	if named == "" || named == own {
		return own, nil
	}
	return "", fault.New(fault.NotFound, "district.unknown", "there is no district %s here", named)
}

// systemID is the user id of the process managers in events.
const systemID = "00000000-0000-4000-8000-000000000002"

// System returns the process managers as an actor in a district: timers, follow-ups between cases, automatic dispatch. No token makes
// anybody it.
func System(district string) Actor {
	return Actor{ID: systemID, Name: "system", Role: gridcasev1.Role_ROLE_SYSTEM, District: district}
}
