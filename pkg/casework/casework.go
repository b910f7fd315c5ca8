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
	Priority  gridcasev1.Priority
	Number    string
	Type      string
	Condition string // the filing condition; empty until filed
	Source    gridcasev1.Source
	Place     *gridcasev1.Place
	Fields    []*gridcasev1.Field
	Reporter  string // who reported, a user id
	SelfFixed bool   // the reporter fixed it; it was not filed
	Permits   []*gridcasev1.Permit

	Worker       string // the grid worker whose verification or inspection is awaited
	Verification gridcasev1.VerificationResult
	Department   string // the lead department while dispatched
	Handler      string // the department's person while assigned
	Hands        []string
	Inspection   gridcasev1.InspectionResult
	EndedAt      time.Time // when it last ended

	Pending        gridcasev1.Pending // the return, extension or suspension that waits for its decision; at most one
	SuspensionKind gridcasev1.SuspensionKind
	SuspendedUntil time.Time
	VoidPending    bool
	ForceCloseBy   string // who asked to force the closing, a user id; empty: nobody
	Urged          bool   // an urging waits for its reply

	Appeal           AppealStage // of this closing, as are the next three
	TimeoutExempt    bool
	Visited, FedBack bool

	Primary     string   // the case that this one is merged into
	Duplicates  []string // the cases that are merged into this one
	Parent      string   // the case that this one was split from
	Children    []ChildCase
	Attachments []Attachment

	Bounces, Reworks, Reopenings, Suspensions uint32
	Escalation                                uint32 // 0 to 3

	Clocks   Clocks
	Commands []Done // every command that this case ever took
}

// ChildCase is a part of a split case.
type ChildCase struct {
	ID    string
	State gridcasev1.State // how it ended; unspecified while it is open
}

// Settled tells whether the child has ended.
func (k ChildCase) Settled() bool { return k.State != gridcasev1.State_STATE_UNSPECIFIED }

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

// end notes when the case ended: nothing waits any more.
func (c *Case) end(env *gridcasev1.Envelope) {
	c.EndedAt, c.Worker, c.Pending = env.Time, "", gridcasev1.Pending_PENDING_UNSPECIFIED
	c.VoidPending, c.ForceCloseBy, c.Urged = false, "", false
}

// anew starts the case again in a state: nobody has it, nothing runs or waits. Counters stay.
func (c *Case) anew(state gridcasev1.State) {
	c.leave(state)
	c.Worker, c.SelfFixed = "", false
	c.Inspection = gridcasev1.InspectionResult_INSPECTION_RESULT_UNSPECIFIED
	c.Clocks = Clocks{}
	c.Appeal, c.TimeoutExempt, c.Visited, c.FedBack = NoAppeal, false, false, false
}
