package kpi

import (
	"slices"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// count counts what happened in the period.
func (c *Collector) count(k *track, e *Event) {
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		c.reported(m, e)
	case *gridcasev1.VerificationRequested:
		c.sent(k, e)
	case *gridcasev1.CaseFiled:
		c.filing(k, e)
	case *gridcasev1.CaseDispatched:
		who := k.owner(dispatcher)
		who.department = m.GetDepartment()
		c.add("dispatched", who, 1, 0)
	case *gridcasev1.TaskSigned:
		if w := k.open[gridcasev1.Stage_STAGE_SIGN]; w == nil || !e.At.After(w.Due) {
			c.add("sign_on_time", k.owner(""), 1, 0)
		}
	case *gridcasev1.ReturnApproved:
		c.add("bounce_rate", k.owner(dispatcher), 1, 0)
	case *gridcasev1.ExtensionGranted:
		c.add("extension_rate", k.owner(""), 1, 0)
	case *gridcasev1.CaseSuspended:
		c.add("suspension_rate", k.owner(""), 1, 0)
	case *gridcasev1.HandlingReported:
		if m.GetSelf() {
			c.selfFixed(k, e)
		}
	case *gridcasev1.ReworkOrdered:
		c.reworked(k)
	case *gridcasev1.CaseReopened:
		c.add("redo_rate", k.owner(""), 1, 0)
	case *gridcasev1.CaseClosed:
		c.closing(k, e)
	case *gridcasev1.VisitRecorded:
		c.heard(k, m.GetSatisfaction())
	case *gridcasev1.FeedbackRecorded:
		c.heard(k, m.GetSatisfaction())
	}
}

func (c *Collector) reported(m *gridcasev1.CaseReported, e *Event) {
	if m.GetSource() != gridcasev1.Source_SOURCE_GRID_WORKER {
		return
	}
	who := owner{grid: e.Grid, workers: []string{e.Actor}}
	c.add("report_valid_rate", who, 0, 1)
	c.add("self_fix_rate", who, 0, 1)
	if c.patrols[e.Actor] == nil {
		c.patrols[e.Actor] = map[string]bool{}
	}
	c.patrols[e.Actor][e.Grid] = true
}

// selfFixed counts a fix on the spot: it is a valid report.
func (c *Collector) selfFixed(k *track, e *Event) {
	who := owner{grid: k.grid, workers: []string{e.Actor}}
	c.add("self_fix_rate", who, 1, 0)
	c.add("report_valid_rate", who, 1, 0)
	k.valid = true
}

// sent counts a report that was sent to be verified, against the clock of accepting.
func (c *Collector) sent(k *track, e *Event) {
	w := k.open[gridcasev1.Stage_STAGE_ACCEPT]
	if w == nil || !w.Paused.IsZero() { // sent already, to another worker
		return
	}
	c.add("send_verification_on_time", k.owner(acceptor), number(!e.At.After(w.Due)), 1)
}

func (c *Collector) filing(k *track, e *Event) {
	who := k.owner(shiftLeader)
	k.filings = append(k.filings, who)
	w := k.open[gridcasev1.Stage_STAGE_ACCEPT]
	c.add("file_on_time", who, number(w == nil || !e.At.After(w.Due)), 1)
	if k.source == gridcasev1.Source_SOURCE_GRID_WORKER && !k.valid {
		k.valid = true
		c.add("report_valid_rate", owner{grid: k.grid, workers: []string{k.reporter}}, 1, 0)
	}
	duty := owner{grid: k.grid, workers: c.o.Duties.OnDuty(k.grid)}
	if len(duty.workers) > 0 {
		c.add("missed_report_rate", duty, number(public(k.source) && c.o.Duties.Patrolled(k.caseType)), 1)
	}
	c.filed = append(c.filed, filing{ending: ending{k.id, e.At}, problem: problem{k.caseType, k.grid}, who: who})
}

// reworked counts a case once a department and round, however often its work was sent back in the period.
func (c *Collector) reworked(k *track) {
	if by := (hand{k.department, k.round}); !slices.Contains(k.reworkedBy, by) {
		k.reworkedBy = append(k.reworkedBy, by)
		c.add("rework_rate", k.owner(""), 1, 0)
	}
}

// closing counts a closing. What nobody handled but who reported it is no department's.
func (c *Collector) closing(k *track, e *Event) {
	who := k.owner("")
	c.add("redo_rate", who, 0, 1)
	c.add("first_time_right", who, number(k.reworks == 0 && k.reopens == 0), 1)
	if len(k.leads) > 0 {
		c.add("closed_dispatched", owner{department: k.department, grid: k.grid, position: dispatcher}, number(len(k.leads) == 1), 1)
	}
	if !k.selfFixed {
		c.add("close_rate", who, 1, 0)
		k.closings = append(k.closings, closure{who, k.last})
	}
}

func (c *Collector) heard(k *track, s gridcasev1.Satisfaction) {
	if s != gridcasev1.Satisfaction_SATISFACTION_UNSPECIFIED {
		c.add("satisfaction", k.owner(""), number(s == gridcasev1.Satisfaction_SATISFACTION_SATISFIED), 1)
	}
}

// problem is a kind of problem at a place.
type problem struct{ caseType, grid string }

// ending is when a case was closed, or filed.
type ending struct {
	caseID string
	at     time.Time
}

type filing struct {
	ending
	problem
	who owner
}

// again is how long after a closing the same problem in the same unit grid is a repeated one.
const again = Memory

// place notes where a case was closed, in the period or before.
func (c *Collector) place(k *track, e *Event) {
	if _, ok := e.Message.(*gridcasev1.CaseClosed); ok && e.At.After(c.o.From.Add(-again)) {
		at := problem{k.caseType, k.grid}
		c.closed[at] = append(c.closed[at], ending{k.id, e.At})
	}
}

// repeats counts the filings of a problem that another case was closed of not long before.
func (c *Collector) repeats() {
	for _, closed := range c.closed {
		slices.SortFunc(closed, func(a, b ending) int { return a.at.Compare(b.at) })
	}
	for _, f := range c.filed {
		c.add("repeat_rate", f.who, number(f.repeats(c.closed[f.problem])), 1)
	}
}

// repeats tells whether one of the endings, in the order of time, is of another case and not long before.
func (f filing) repeats(closed []ending) bool {
	first, _ := slices.BinarySearchFunc(closed, f.at.Add(-again), func(e ending, t time.Time) int { return e.at.Compare(t) })
	for _, e := range closed[first:] {
		if e.at.After(f.at) {
			return false
		}
		if e.caseID != f.caseID {
			return true
		}
	}
	return false
}

// coverage counts the unit grids in which their grid workers reported anything.
func (c *Collector) coverage() {
	for _, grid := range c.o.Duties.DutyGrids() {
		var anybody float64
		for _, worker := range c.o.Duties.OnDuty(grid) {
			covered := number(c.patrols[worker][grid])
			anybody = max(anybody, covered)
			c.tally("worker_coverage", Worker, worker, covered, 1)
		}
		c.tally("worker_coverage", Whole, "", anybody, 1)
		c.tally("worker_coverage", Grid, c.area(grid), anybody, 1)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
