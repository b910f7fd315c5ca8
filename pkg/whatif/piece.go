package whatif

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/kpi"
)

// piece is one piece of work of a stage: from the event that starts its clock to the event that does it, or takes it away. Handling is one
// from dispatch, and from rework, on, with or without a limit.
type piece struct {
	stage      gridcasev1.Stage
	started    time.Time
	was, would kpi.Standing
	owner
}

// owner is whose work it is, as the case stands when it ends.
type owner struct{ number, caseType, department, grid string }

// begins tells whether an event, after which the case stands so, makes work of a stage.
func begins(stage gridcasev1.Stage, m proto.Message, was, would *casework.Case) bool {
	if stage != gridcasev1.Stage_STAGE_HANDLE {
		return runs(stage, was) || runs(stage, would)
	}
	switch m.(type) {
	case *gridcasev1.CaseDispatched, *gridcasev1.ReworkOrdered:
		return true
	}
	return false
}

// ends tells whether the work ends with an event, after which the case stands so.
func (p *piece) ends(m proto.Message, was, would *casework.Case) bool {
	switch m.(type) {
	case *gridcasev1.VerificationRequested: // of another worker
		if p.stage == gridcasev1.Stage_STAGE_VERIFY {
			return true
		}
	case *gridcasev1.InspectionRequested:
		if p.stage == gridcasev1.Stage_STAGE_INSPECT {
			return true
		}
	}
	if p.stage == gridcasev1.Stage_STAGE_HANDLE {
		return !inHand(was.State)
	}
	return !runs(p.stage, was) && !runs(p.stage, would)
}

func runs(stage gridcasev1.Stage, c *casework.Case) bool { return !c.Clocks.Of(stage).Due.IsZero() }

// inHand tells whether a department has the case to handle, laid aside or not.
func inHand(s gridcasev1.State) bool {
	switch s {
	case gridcasev1.State_STATE_DISPATCHED, gridcasev1.State_STATE_HANDLING, gridcasev1.State_STATE_SUSPENDED:
		return true
	}
	return false
}

// read takes over how the two clocks stand.
func (p *piece) read(was, would casework.Clock) {
	p.was.Due, p.was.Paused = was.Due, was.Paused()
	p.would.Due, p.would.Paused = would.Due, would.Paused()
}

// end returns the work that an event ends, as the case before it says whose it is.
func (p *piece) end(e *Event, before *casework.Case) *piece {
	p.own(before)
	if kpi.Does(p.stage, e.Message) {
		p.was.Done, p.would.Done = e.Envelope.Time, e.Envelope.Time
	} else {
		p.was.Given, p.would.Given = e.Envelope.Time, e.Envelope.Time
	}
	return p
}

func (p *piece) own(c *casework.Case) {
	p.owner = owner{number: c.Number, caseType: c.Type, department: c.Department, grid: c.Place.GetGrid()}
}

// ofDepartment tells whether the stage is the lead department's.
func (p *piece) ofDepartment() bool {
	return p.stage == gridcasev1.Stage_STAGE_SIGN || p.stage == gridcasev1.Stage_STAGE_HANDLE
}
