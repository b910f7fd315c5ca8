package works

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// Permit allows works in an area for a time.
type Permit struct {
	Number    string
	From, To  time.Time // both instants included
	RevokedAt time.Time // zero: not revoked
	Rings     []*gridcasev1.Ring
	shape     grid.Shape
}

// InForce tells whether one of the project's permits holds at an instant: within its time, before it was revoked and before the project
// ended.
func (p *Project) InForce(permit Permit, at time.Time) bool {
	over := func(end time.Time) bool { return !end.IsZero() && !at.Before(end) }
	return !at.Before(permit.From) && !at.After(permit.To) && !over(permit.RevokedAt) && !over(p.EndedAt)
}

// PermitsAt returns the project's permits that hold a place at an instant, as a case records them.
func (p *Project) PermitsAt(place *gridcasev1.GeoPoint, at time.Time) []*gridcasev1.Permit {
	var holding []*gridcasev1.Permit
	for _, permit := range p.Permits {
		if p.InForce(permit, at) && permit.shape.Holds(place) {
			holding = append(holding, &gridcasev1.Permit{Project: p.Code, Number: permit.Number, ValidTo: timestamppb.New(permit.To)})
		}
	}
	return holding
}

// permit returns the place of a permit in the project; -1 where it has none of that number.
func (p *Project) permit(number string) int {
	return slices.IndexFunc(p.Permits, func(k Permit) bool { return k.Number == number })
}

// mustBePermitted returns a permit of the project that is not revoked, or the refusal.
func (p *Project) mustBePermitted(number string) (Permit, error) {
	i := p.permit(number)
	if i < 0 {
		return Permit{}, fault.BadField("number", "permit.unknown", "the project has no permit of this number")
	}
	if !p.Permits[i].RevokedAt.IsZero() {
		return Permit{}, fault.New(fault.Conflict, "permit.revoked", "the permit is revoked; works need another one")
	}
	return p.Permits[i], nil
}

// changePermit replaces one permit, in a copy.
func (p *Project) changePermit(number string, to func(*Permit)) {
	if i := p.permit(number); i >= 0 {
		p.Permits = slices.Clone(p.Permits)
		to(&p.Permits[i])
	}
}
