package kpi

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// work is one piece of work of one stage: from the event that starts its clock to the event that does it.
type work struct {
	stage    gridcasev1.Stage
	who      owner
	due      time.Time // as it stood last; zero: there is no limit
	paused   time.Time // since when its clock waits; zero: it runs
	done     time.Time // when it was done; zero: it was not
	given    time.Time // when it was taken away undone; zero: it was not
	gone     bool      // nothing was left to handle
	round    int       // the case's, see track
	dispatch int       // to which of the case's dispatches it belongs
}

// onTime tells whether the work was done no later than it was due.
func (w *work) onTime() bool {
	return !w.done.IsZero() && (w.due.IsZero() || !w.done.After(w.due))
}

// ranOut tells whether the due time came while the work was there to do and its clock ran. What is asked for or given up later lifts nothing.
func (w *work) ranOut() bool {
	return !w.due.IsZero() && (w.paused.IsZero() || w.paused.After(w.due)) && (w.given.IsZero() || w.given.After(w.due))
}

// read takes over a reading of the work's clock.
func (w *work) read(r *gridcasev1.Clocks, at time.Time) {
	w.due = r.GetDue().AsTime()
	switch {
	case !r.GetPaused():
		w.paused = time.Time{}
	case w.paused.IsZero():
		w.paused = at
	}
}

// counts tells whether the work was due in the period: it was done in it, or it ran out in it undone.
func (c *Collector) counts(w *work) bool {
	if !w.done.IsZero() {
		return c.in(w.done)
	}
	return c.in(w.due) && w.ranOut()
}

// does tells whether an event does the work of a stage.
func does(stage gridcasev1.Stage, m proto.Message) bool {
	switch m.(type) {
	case *gridcasev1.VerificationSubmitted:
		return stage == gridcasev1.Stage_STAGE_VERIFY
	case *gridcasev1.CaseDispatched:
		return stage == gridcasev1.Stage_STAGE_DISPATCH
	case *gridcasev1.TaskSigned:
		return stage == gridcasev1.Stage_STAGE_SIGN
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

// clocks takes over the readings of an event: what stops is done or given up, what starts is new work.
func (c *Collector) clocks(k *track, e *Event) {
	switch m := e.Message.(type) {
	case *gridcasev1.VerificationRequested: // of another worker
		c.end(k, e, gridcasev1.Stage_STAGE_VERIFY)
	case *gridcasev1.InspectionRequested:
		c.end(k, e, gridcasev1.Stage_STAGE_INSPECT)
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		for stage := range k.open {
			c.end(k, e, gridcasev1.Stage(stage))
		}
	case *gridcasev1.HandlingReported:
		c.handled(k, e, m)
	}
	message, ok := e.Message.(interface{ GetClocks() []*gridcasev1.Clocks })
	if !ok {
		return
	}
	for _, reading := range message.GetClocks() {
		stage := reading.GetStage()
		switch {
		case int(stage) >= len(k.open):
		case reading.GetDue() == nil:
			c.end(k, e, stage)
		default:
			if k.open[stage] == nil {
				k.open[stage] = &work{stage: stage, round: k.round}
			}
			k.open[stage].read(reading, e.At)
		}
	}
}

// handled ends a handling that a department reports, also where it has no limit.
func (c *Collector) handled(k *track, e *Event, m *gridcasev1.HandlingReported) {
	if m.GetSelf() || k.department == "" {
		return
	}
	if k.open[gridcasev1.Stage_STAGE_HANDLE] == nil {
		k.open[gridcasev1.Stage_STAGE_HANDLE] = &work{stage: gridcasev1.Stage_STAGE_HANDLE, round: k.round}
	}
	w := k.open[gridcasev1.Stage_STAGE_HANDLE]
	w.gone = m.GetOutcome() == gridcasev1.HandlingOutcome_HANDLING_OUTCOME_GONE_ON_ARRIVAL
	k.last = w
	c.end(k, e, gridcasev1.Stage_STAGE_HANDLE)
}

// end ends the work of a stage, if there is any, and counts it where it was due in the period. A handling waits for what is found out later.
func (c *Collector) end(k *track, e *Event, stage gridcasev1.Stage) {
	w := k.open[stage]
	if w == nil {
		return
	}
	k.open[stage] = nil
	k.own(w)
	if does(stage, e.Message) {
		w.done = e.At
	} else {
		w.given = e.At
	}
	switch {
	case !c.counts(w):
	case stage == gridcasev1.Stage_STAGE_HANDLE:
		k.handled = append(k.handled, w)
	default:
		c.due(k, w)
	}
}

// own says whose a piece of work is, as the case stands now.
func (k *track) own(w *work) { w.who, w.dispatch = k.whose(w.stage), k.dispatches }

// whose is who has the work of a stage now.
func (k *track) whose(stage gridcasev1.Stage) owner {
	switch stage {
	case gridcasev1.Stage_STAGE_VERIFY, gridcasev1.Stage_STAGE_INSPECT:
		who := k.owner("")
		who.workers = []string{k.worker}
		return who
	case gridcasev1.Stage_STAGE_DISPATCH:
		return k.owner(dispatcher)
	case gridcasev1.Stage_STAGE_SEND_INSPECTION:
		return k.owner(acceptor)
	case gridcasev1.Stage_STAGE_CLOSE:
		return k.owner(shiftLeader)
	}
	return k.owner("")
}

// The positions of the centres' desks.
const (
	acceptor    = "acceptor"
	shiftLeader = "shift_leader"
	dispatcher  = "dispatcher"
)
