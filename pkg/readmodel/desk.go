package readmodel

import (
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Desk is who has to act on a case, by its state and by what waits beside it.
type Desk struct {
	Parties
	Queue  string // acceptor, dispatcher, department:ID or worker:ID, by the case's state; empty where nobody has to act
	Since  time.Time
	Due    *time.Time // the earliest due time that runs against the queue
	Clocks Clocks
}

// Wait is one request that waits beside the state of its case.
type Wait struct {
	Kind  gridcasev1.Pending
	Queue string
	Since time.Time
	Due   *time.Time // nil where no clock runs
}

// Apply takes over what an event says. A case that stays in its queue waits since it entered it.
func (d *Desk) Apply(e *projection.Event) {
	d.Parties.Apply(e)
	d.Clocks.Apply(e)
	queue, stages := d.acts(e.State)
	if queue != d.Queue {
		d.Queue, d.Since = queue, e.Time
	}
	d.Due = d.due(stages)
}

// Waits are the requests that wait for somebody.
func (d *Desk) Waits() []Wait {
	var waits []Wait
	for _, q := range d.Requests.Items {
		queue, stages := d.answers(q.Kind)
		if queue != "" {
			waits = append(waits, Wait{Kind: q.Kind, Queue: queue, Since: q.Since, Due: d.due(stages)})
		}
	}
	return waits
}

// due is the earliest due time of some stages; nil where none of them has one.
func (d *Desk) due(stages []gridcasev1.Stage) (earliest *time.Time) {
	for _, stage := range stages {
		if due := d.Clocks.Due(stage); due != nil && (earliest == nil || due.Before(*earliest)) {
			earliest = due
		}
	}
	return earliest
}

// acts returns who has to act on the case by its state and the clocks that run against them. While a return waits for its decision, the
// department does too.
func (d *Desk) acts(state gridcasev1.State) (queue string, stages []gridcasev1.Stage) {
	if d.Requests.Has(gridcasev1.Pending_PENDING_RETURN) {
		return "", nil
	}
	switch state {
	case gridcasev1.State_STATE_REPORTED:
		return "acceptor", []gridcasev1.Stage{gridcasev1.Stage_STAGE_ACCEPT}
	case gridcasev1.State_STATE_VERIFYING:
		return "worker:" + d.Worker, []gridcasev1.Stage{gridcasev1.Stage_STAGE_VERIFY}
	case gridcasev1.State_STATE_FILED:
		return "dispatcher", []gridcasev1.Stage{gridcasev1.Stage_STAGE_DISPATCH}
	case gridcasev1.State_STATE_DISPATCHED:
		return "department:" + d.Department, []gridcasev1.Stage{gridcasev1.Stage_STAGE_SIGN, gridcasev1.Stage_STAGE_HANDLE}
	case gridcasev1.State_STATE_HANDLING:
		return "department:" + d.Department, []gridcasev1.Stage{gridcasev1.Stage_STAGE_HANDLE}
	case gridcasev1.State_STATE_HANDLED:
		return "acceptor", []gridcasev1.Stage{gridcasev1.Stage_STAGE_SEND_INSPECTION, gridcasev1.Stage_STAGE_CLOSE}
	case gridcasev1.State_STATE_INSPECTING:
		return "worker:" + d.Worker, []gridcasev1.Stage{gridcasev1.Stage_STAGE_INSPECT}
	}
	return "", nil
}

// answers returns who has to answer a request and the clocks that run against them; nobody has to answer an urging while no department
// has the case.
func (d *Desk) answers(kind gridcasev1.Pending) (queue string, stages []gridcasev1.Stage) {
	switch kind {
	case gridcasev1.Pending_PENDING_RETURN, gridcasev1.Pending_PENDING_EXTENSION, gridcasev1.Pending_PENDING_SUSPENSION:
		return "dispatcher", []gridcasev1.Stage{gridcasev1.Stage_STAGE_DECIDE}
	case gridcasev1.Pending_PENDING_APPEAL:
		return "dispatcher", nil
	case gridcasev1.Pending_PENDING_URGE:
		if d.Department == "" {
			return "", nil
		}
		return "department:" + d.Department, nil
	}
	return "acceptor", nil
}
