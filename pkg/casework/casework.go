// Package casework holds the rules of a case: which command is allowed in which state, by whom, under which guard, and which event it
// yields. One file a verb: the command's rule and the event's effect stand together. It reads no clock, opens no connection and writes no
// log; what it needs, it is handed as Facts.
//
// Decide may refuse; Evolve never fails, because what it is told has happened. Both read only their arguments, so that the same events give
// the same case for ever.
package casework

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// stages is how many stages the contract has, the unspecified one included.
const stages = 10

// Command is an intention that a case may refuse: one of the command messages of the contract.
type Command interface {
	proto.Message
	GetTarget() *gridcasev1.Target
}

// Recorded is one event of the case with what the log knows of it.
type Recorded struct {
	Envelope *gridcasev1.Envelope
	Message  proto.Message
	Seq      uint64 // its place in the log
	Hash     string // its link in the case's chain
}

// Case is the state of one case, folded from its events. It is a value: Evolve returns a new one and never writes into the old.
type Case struct {
	Version uint64    // number of events; 0: there is no such case
	Seq     uint64    // place of the last event in the log
	Hash    string    // link of the last event
	At      time.Time // effective time of the last event

	State     gridcasev1.State
	Number    string
	Type      string
	Condition string // the filing condition; empty until filed
	Source    gridcasev1.Source
	Place     *gridcasev1.Place
	Fields    []*gridcasev1.Field
	Reporter  string // who reported, a user id

	Worker       string // the grid worker whose verification or inspection is awaited
	Verification gridcasev1.VerificationResult
	Department   string // the lead department while dispatched
	Handler      string // the department's person while assigned
	Hands        []string
	Inspection   gridcasev1.InspectionResult
	Returning    bool      // a return is requested and not decided
	EndedAt      time.Time // when it was last closed or declined

	Bounces, Reworks, Reopenings uint32

	Clocks   [stages]Clock // by stage
	Commands []Done        // every command that this case ever took
}

// Done is a command that the case took: the judge of whether it was sent before.
type Done struct {
	ID      string
	Hash    string
	Version uint64           // the case's version after it
	Seq     uint64           // the place of its last event
	State   gridcasev1.State // the case's state after it
}

// Done returns the command with this id, if the case ever took it.
func (c *Case) Done(commandID string) (Done, bool) {
	i := slices.IndexFunc(c.Commands, func(d Done) bool { return d.ID == commandID })
	if i < 0 {
		return Done{}, false
	}
	return c.Commands[i], true
}

// Open tells whether the case is still to be worked on.
func (c *Case) Open() bool {
	switch c.State {
	case gridcasev1.State_STATE_UNSPECIFIED, gridcasev1.State_STATE_CLOSED, gridcasev1.State_STATE_NOT_FILED,
		gridcasev1.State_STATE_VOIDED, gridcasev1.State_STATE_MERGED:
		return false
	}
	return true
}

// hadHand tells whether the user handled this case or fixed it: nobody inspects own handling.
func (c *Case) hadHand(user string) bool { return slices.Contains(c.Hands, user) }
