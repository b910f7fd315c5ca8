package kpi

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// work is one piece of work of one stage: from the event that starts its clock to the event that does it.
type work struct {
	Standing
	stage    gridcasev1.Stage
	who      owner
	gone     bool // nothing was left to handle
	round    int  // the case's, see track
	dispatch int  // to which of the case's dispatches it belongs
}

// read takes over a reading of the work's clock.
func (w *work) read(r *gridcasev1.Clocks, at time.Time) {
	w.Due = r.GetDue().AsTime()
	switch {
	case !r.GetPaused():
		w.Paused = time.Time{}
	case w.Paused.IsZero():
		w.Paused = at
	}
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
	for _, reading := range clocksOf(e.Message) {
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
	if Does(stage, e.Message) {
		w.Done = e.At
	} else {
		w.Given = e.At
	}
	switch {
	case !w.Falls(c.in):
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
