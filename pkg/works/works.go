// Package works holds the rules of a works programme: what may happen to a project, under which guard, which event it yields, and which of
// its permits hold a place. One file a verb: the command's rule and the event's effect stand together. It reads no clock, opens no connection
// and writes no log; what it needs, it is handed as Facts. It knows nothing of cases.
//
// Decide may refuse; Evolve never fails, because what it is told has happened.
package works

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

// Command is an intention that a project may refuse: one of the command messages of the contract.
type Command interface {
	proto.Message
	GetTarget() *gridcasev1.ProjectTarget
}

// Facts are what a rule may know beside the project.
type Facts struct {
	Now   time.Time // the effective time
	Grids *grid.Map // the district's areas
}

// Recorded is one event of the project with what the log knows of it.
type Recorded struct {
	Envelope *gridcasev1.Envelope
	Message  proto.Message
	Seq      uint64 // its place in the log
	Hash     string // its link in the project's chain
}

// Project is the state of one project, folded from its events. It is a value: Evolve returns a new one and never writes into the old.
type Project struct {
	Version uint64    // number of events; 0: there is no such project
	Seq     uint64    // place of the last event in the log
	Hash    string    // link of the last event
	At      time.Time // effective time of the last event

	State      gridcasev1.ProjectState
	Code       string
	Road       string
	Kind       gridcasev1.WorksKind
	Contractor string
	Segments   []Segment
	Permits    []Permit

	PlannedStart    time.Time
	PlannedEnd      time.Time // as planned now
	FirstPlannedEnd time.Time
	StartedAt       time.Time
	EndedAt         time.Time // when it was accepted or cancelled

	Commands []Done // every command that this project ever took
}

// Segment is a stretch of the project's road.
type Segment struct {
	ID          string
	Metres      uint32
	CompletedAt time.Time // zero: not completed, or failed since
	PassedAt    time.Time // zero: not passed
	Failures    uint32    // how often it failed
}

// Done is a command that the project took: the judge of whether it was sent before.
type Done struct {
	ID      string
	Hash    string
	Version uint64 // the project's version after it
	Seq     uint64
	State   gridcasev1.ProjectState // the project's state after it
}

// Done returns the command with this id, if the project ever took it.
func (p *Project) Done(commandID string) (Done, bool) {
	i := slices.IndexFunc(p.Commands, func(d Done) bool { return d.ID == commandID })
	if i < 0 {
		return Done{}, false
	}
	return p.Commands[i], true
}

// Ended tells whether the project is accepted or cancelled.
func (p *Project) Ended() bool { return !p.EndedAt.IsZero() }

// segment returns the place of a segment in the project; -1 where it has none of that name.
func (p *Project) segment(id string) int {
	return slices.IndexFunc(p.Segments, func(s Segment) bool { return s.ID == id })
}

// change replaces one segment, in a copy.
func (p *Project) change(id string, to func(*Segment)) {
	if i := p.segment(id); i >= 0 {
		p.Segments = slices.Clone(p.Segments)
		to(&p.Segments[i])
	}
}

// all tells whether something is true of every segment.
func (p *Project) all(is func(Segment) bool) bool {
	return !slices.ContainsFunc(p.Segments, func(s Segment) bool { return !is(s) })
}

func completed(s Segment) bool { return !s.CompletedAt.IsZero() }
func passed(s Segment) bool    { return !s.PassedAt.IsZero() }
