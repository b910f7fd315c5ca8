package kpi

// Definition is one figure: a share of what was done in what there was to do.
type Definition struct {
	Name        string
	Numerator   string // what is counted above
	Denominator string // and below; where it is 0 there is no value
	Source      string // who defines it so
	By          []By   // what it is grouped by, beside the whole district
	// Cost tells that less is better: marks count what is left to 1.
	Cost bool
	of   func(t counts) (numerator, denominator float64)
}

// counts are what was counted of a group.
type counts struct {
	version uint32
	of      map[string]*tally
}

// tally is how often something was so, of how often it could have been.
type tally struct{ numerator, denominator float64 }

func (n counts) tally(name string) tally {
	if t := n.of[name]; t != nil {
		return *t
	}
	return tally{}
}

// The sources of the definitions, as the trade quotes them.
const (
	national  = "digital urban management: indicator tables of several cities"
	platforms = "indicator code of two municipal platforms in use"
	hotline   = "12345 hotline: assessment rules of a city"
	project   = "this project"
)

var (
	byPatrol     = []By{Grid, Worker}
	byDesk       = []By{Grid, Position}
	byDepartment = []By{Grid, Department}
	byGrid       = []By{Grid}
)

// Definitions are all figures, in the order in which they are shown.
var Definitions = []Definition{
	{Name: "report_valid_rate", Numerator: "grid workers' reports that were filed, or fixed on the spot", Denominator: "grid workers' reports", Source: national, By: byPatrol},
	{Name: "missed_report_rate", Numerator: "cases filed in a duty grid from public reports, of types found on patrol", Denominator: "cases filed in a duty grid", Source: platforms, By: byPatrol, Cost: true},
	{Name: "verify_on_time", Numerator: "verifications submitted no later than due", Denominator: "verifications due", Source: national, By: byPatrol},
	{Name: "send_verification_on_time", Numerator: "reports sent to be verified within the clock of accepting", Denominator: "reports sent to be verified", Source: platforms, By: byDesk},
	{Name: "file_on_time", Numerator: "cases filed within the clock of accepting", Denominator: "cases filed", Source: national, By: byDesk},
	{Name: "file_accuracy", Numerator: "cases filed and not voided, to this day", Denominator: "cases filed", Source: platforms, By: byDesk},
	{Name: "dispatch_on_time", Numerator: "cases dispatched no later than due", Denominator: "dispatches due", Source: national, By: byDesk},
	{Name: "dispatch_accuracy", Numerator: "version 1: closed cases with one lead department ever; version 2: dispatches that were not returned", Denominator: "version 1: closed cases that were dispatched; version 2: dispatches",
		Source: platforms, By: byDesk, of: dispatchAccuracy},
	{Name: "sign_on_time", Numerator: "tasks signed within the clock of signing", Denominator: "dispatches", Source: hotline, By: byDepartment, of: overDispatched("sign_on_time")},
	{Name: "handle_rate", Numerator: "handlings reported", Denominator: "handlings due", Source: national, By: byDepartment},
	{Name: "handle_on_time", Numerator: "handlings reported no later than due, or gone on arrival, or exempt by an approved appeal", Denominator: "handlings due", Source: national, By: byDepartment},
	{Name: "exempt_rate", Numerator: "handlings that were late and are exempt by an approved appeal", Denominator: "handlings due", Source: platforms, By: byDepartment},
	{Name: "overdue_open_rate", Numerator: "handlings that ran out in the period and are open at its end", Denominator: "handlings due", Source: national, By: byDepartment, Cost: true},
	{Name: "extension_rate", Numerator: "extensions granted", Denominator: "handlings due", Source: national, By: byDepartment, Cost: true},
	{Name: "suspension_rate", Numerator: "suspensions approved", Denominator: "handlings due", Source: national, By: byDepartment, Cost: true},
	{Name: "rework_rate", Numerator: "cases whose handling was sent back", Denominator: "closings due: cases handled, or that ran out unhandled", Source: national, By: byDepartment, Cost: true},
	{Name: "bounce_rate", Numerator: "returns approved", Denominator: "dispatches", Source: platforms, By: byDepartment, Cost: true, of: overDispatched("bounce_rate")},
	{Name: "send_inspection_on_time", Numerator: "handled cases sent to be inspected no later than due", Denominator: "inspections to be sent", Source: platforms, By: byDesk},
	{Name: "inspect_on_time", Numerator: "inspections submitted no later than due", Denominator: "inspections due", Source: national, By: byPatrol},
	{Name: "close_rate", Numerator: "cases closed", Denominator: "closings due", Source: national, By: byDepartment},
	{Name: "close_on_time", Numerator: "cases closed whose handling counts as on time", Denominator: "closings due", Source: national, By: byDepartment},
	{Name: "close_desk_on_time", Numerator: "cases closed within the clock of closing", Denominator: "closings that the desk had to do", Source: platforms, By: byDesk},
	{Name: "first_time_right", Numerator: "closed cases never sent back and never reopened", Denominator: "closed cases", Source: project, By: byDepartment},
	{Name: "satisfaction", Numerator: "reporters who are satisfied", Denominator: "reporters who said what they think", Source: hotline, By: byDepartment},
	{Name: "redo_rate", Numerator: "cases reopened", Denominator: "cases closed", Source: hotline, By: byGrid, Cost: true},
	{Name: "repeat_rate", Numerator: "cases filed of a type and unit grid of which another was closed within 30 days before", Denominator: "cases filed", Source: platforms, By: byGrid, Cost: true},
	{Name: "worker_coverage", Numerator: "duty grids in which their grid workers reported something", Denominator: "duty grids", Source: platforms, By: byPatrol},
	{Name: "self_fix_rate", Numerator: "grid workers' reports fixed on the spot", Denominator: "grid workers' reports", Source: platforms, By: byPatrol},
}

// dispatchAccuracy is the one definition that has two versions: two are in use under one name.
func dispatchAccuracy(n counts) (numerator, denominator float64) {
	if n.version == 1 {
		closed := n.tally("closed_dispatched")
		return closed.numerator, closed.denominator
	}
	dispatched := n.tally("dispatched").numerator
	return dispatched - n.tally("bounce_rate").numerator, dispatched
}

// overDispatched divides what was counted under a name by the dispatches.
func overDispatched(name string) func(counts) (float64, float64) {
	return func(n counts) (float64, float64) {
		return n.tally(name).numerator, n.tally("dispatched").numerator
	}
}

// figure returns what a definition divides for a group.
func (n counts) figure(d *Definition) (numerator, denominator float64) {
	if d.of != nil {
		return d.of(n)
	}
	t := n.tally(d.Name)
	return t.numerator, t.denominator
}
