package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/reference"
)

// ruled is the district whose events the rules decide for a floor.
const ruled district = 10

// decided is the floor with the rules: what an event says is decided when its command is there, on the case as the story keeps it, which is
// folded for the next one. Nobody's right is looked up, no case is kept for others, no command is known again.
type decided struct {
	*floor
	district *reference.District
	people   actors
}

func newDecided(ctx context.Context, h *house, events []eventstore.Event, people actors) (*decided, error) {
	f, err := newFloor(ctx, h, events, ruled, 1)
	if err != nil {
		return nil, err
	}
	d, err := h.directory.District(ruled.code())
	return &decided{f, d, people}, err
}

func (d *decided) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	return d.send(ctx, d, s, p, cmd)
}

// message is of the one event that the rules yield.
func (d *decided) message(s *story, p *step, cmd casework.Command) (*nats.Msg, error) {
	actor := d.people[p.by(s)]
	facts := d.facts(s, actor)
	yield, err := casework.Decide(s.folded, cmd, facts)
	if err != nil {
		return nil, err
	}
	if len(yield) != 1 {
		return nil, fmt.Errorf("%T yields %d events", cmd, len(yield))
	}
	draft := eventstore.Draft{Message: yield[0], Envelope: gridcasev1.Envelope{Type: gridcasev1.EventType(yield[0]), Time: facts.Now,
		Version: s.folded.Version + 1, Actor: actor.ID, Role: actor.Role, Catalogue: facts.Catalogue.Version(), Calendar: facts.Calendar.Version()}}
	key, err := stamp(&draft.Envelope, s, cmd, actor.ID)
	if err != nil {
		return nil, err
	}
	s.folded = casework.Evolve(s.folded, casework.Recorded{Envelope: &draft.Envelope, Message: draft.Message})
	if s.folded.State != p.state {
		return nil, fmt.Errorf("%T leaves %v", cmd, s.folded.State)
	}
	draft.Envelope.State, draft.Envelope.Grid = s.folded.State, s.folded.Place.GetGrid()
	return sealed(draft, key, s)
}

// facts are what the rules may know. The case's number is made up: a counter in the log leases them a thousand at a time.
func (d *decided) facts(s *story, actor access.Actor) casework.Facts {
	return casework.Facts{Now: time.Now().UTC().Truncate(time.Microsecond), Grids: d.district.Grids, Catalogue: d.district.Catalogue, Calendar: d.district.Calendar,
		People: d.district, Actor: casework.Actor{ID: actor.ID, Role: actor.Role, Department: actor.Department}, Numbers: []string{s.id}}
}
