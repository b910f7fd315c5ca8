package kpi

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Standing is how one piece of work of a stage stands against its due time.
type Standing struct {
	Due    time.Time // as it stood last; zero: there is no limit
	Paused time.Time // since when its clock waits; zero: it runs
	Done   time.Time // when it was done; zero: it was not
	Given  time.Time // when it was taken away undone; zero: it was not
}

// OnTime tells whether the work was done no later than it was due.
func (s Standing) OnTime() bool {
	return !s.Done.IsZero() && (s.Due.IsZero() || !s.Done.After(s.Due))
}

// RanOut tells whether the due time came while the work was there to do and its clock ran. What is asked for or given up later lifts nothing.
func (s Standing) RanOut() bool {
	return !s.Due.IsZero() && (s.Paused.IsZero() || s.Paused.After(s.Due)) && (s.Given.IsZero() || s.Given.After(s.Due))
}

// Falls tells whether the work was due in a period: it was done in it, or it ran out in it undone. Of work that is open, in tells too whether a
// time has come: a due time that lies ahead has not fallen.
func (s Standing) Falls(in func(time.Time) bool) bool {
	if !s.Done.IsZero() {
		return in(s.Done)
	}
	return in(s.Due) && s.RanOut()
}

// Does tells whether an event does the work of a stage: it answers what the stage's clock runs for. Any other event that stops the clock takes
// the work away.
func Does(stage gridcasev1.Stage, m proto.Message) bool {
	switch m.(type) {
	case *gridcasev1.CaseFiled, *gridcasev1.CaseDeclined, *gridcasev1.CaseMerged:
		return stage == gridcasev1.Stage_STAGE_ACCEPT
	case *gridcasev1.VerificationSubmitted:
		return stage == gridcasev1.Stage_STAGE_VERIFY
	case *gridcasev1.CaseDispatched:
		return stage == gridcasev1.Stage_STAGE_DISPATCH
	case *gridcasev1.TaskSigned:
		return stage == gridcasev1.Stage_STAGE_SIGN
	case *gridcasev1.ReturnApproved, *gridcasev1.ReturnRefused, *gridcasev1.ExtensionGranted, *gridcasev1.ExtensionRefused,
		*gridcasev1.CaseSuspended, *gridcasev1.SuspensionRefused:
		return stage == gridcasev1.Stage_STAGE_DECIDE
	case *gridcasev1.HandlingReported:
		return stage == gridcasev1.Stage_STAGE_HANDLE
	case *gridcasev1.InspectionRequested, *gridcasev1.AuditPassed: // the desk's audit of a fix on the spot stands for the inspection
		return stage == gridcasev1.Stage_STAGE_SEND_INSPECTION
	case *gridcasev1.InspectionSubmitted:
		return stage == gridcasev1.Stage_STAGE_INSPECT
	case *gridcasev1.CaseClosed:
		return stage == gridcasev1.Stage_STAGE_CLOSE || stage == gridcasev1.Stage_STAGE_SEND_INSPECTION
	}
	return false
}
