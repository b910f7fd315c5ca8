// Package kpi holds the figures of the trade (考核指标): how well reports, filings, dispatches, handlings and inspections of a period were done,
// as pure functions over events. It owns the definitions, their versions, the marks and the grades. It reads no view, no clock and no name
// of a person: what an actor did is grouped by the actor's id.
//
// Every verdict is "the work's effective time against the due time that stood then", taken from the events themselves; whether a breach was
// recorded, and when, decides nothing. What has happened since the end of a period changes its figures in two ways only, which are findings
// about it: a case that was voided was not filed rightly, and an appeal that was approved exempts the department.
package kpi

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
)

// Newest is the newest version of the definitions. In version 1 a dispatch is accurate when the closed case had one lead department ever, in
// version 2 when it was not returned.
const Newest = 2

// Memory is how long before a period a case may have ended and still say something about it. A case that had ended, and of which nothing was
// heard any more, longer before the period, or that was reported after it, needn't be added: it changes no figure.
const Memory = 30 * 24 * time.Hour

// By is what figures are grouped by.
type By string

// What figures are grouped by. A figure that says nothing of a kind of group is not counted for it.
const (
	Whole      By = ""           // the district
	Department By = "department" // the lead department of the case at that time
	Grid       By = "grid"       // the unit grid of the case at that time, or an area around it
	Worker     By = "worker"     // the grid worker who reported, was asked, or has the unit grid on duty
	Position   By = "position"   // acceptor, shift_leader or dispatcher: whose desk the stage is
)

// Event is one event of a case.
type Event struct {
	Case    string
	At      time.Time // its effective time
	Actor   string
	Grid    string
	Message proto.Message
}

// Duties say who is to find what on patrol.
type Duties interface {
	// OnDuty returns the ids of the grid workers who have the unit grid on duty.
	OnDuty(grid string) []string
	// DutyGrids returns the unit grids that are on somebody's duty.
	DutyGrids() []string
	// Patrolled tells whether grid workers can find a case of the type on patrol.
	Patrolled(caseType string) bool
}

// Options are what a Collector computes.
type Options struct {
	From, To time.Time // the period; To is not in it
	// Now is the moment that the figures are of, at the least: the events tell of later ones. Work that is open then has not run out before its
	// due time comes. Zero: the period is over.
	Now      time.Time
	By       By
	Version  uint32 // of the definitions, 1 to Newest
	Calendar *calendar.Calendar
	Duties   Duties
	// Area returns the community or street of a unit grid, where figures by Grid are those of larger areas; nil: they are the unit grids'.
	Area func(grid string) string
}

// Collector takes the events of a district and computes the figures of one period. The events of one case come in their order; the order of
// cases says nothing.
type Collector struct {
	o       Options
	now     time.Time // see Options.Now
	cases   map[string]*track
	tallies map[string]map[string]*tally // by group, by figure
	spans   map[string]map[string][]span // by group, by the span's name
	closed  map[problem][]ending
	filed   []filing
	patrols map[string]map[string]bool // the unit grids in which a grid worker reported, by worker
}

// New returns a collector that has seen nothing.
func New(o Options) *Collector {
	return &Collector{o: o, now: o.Now, cases: map[string]*track{}, tallies: map[string]map[string]*tally{}, spans: map[string]map[string][]span{},
		closed: map[problem][]ending{}, patrols: map[string]map[string]bool{}}
}

// Add takes the next event of a case.
func (c *Collector) Add(e Event) {
	k := c.cases[e.Case]
	if k == nil {
		k = &track{id: e.Case}
		c.cases[e.Case] = k
	}
	if !e.At.Before(c.o.To) {
		k.since(e.Message)
		return
	}
	if e.At.After(c.now) {
		c.now = e.At
	}
	k.grid = e.Grid
	if c.in(e.At) {
		c.count(k, &e)
	}
	c.measure(k, &e)
	c.clocks(k, &e)
	k.follow(&e)
	c.place(k, &e)
}

// in tells whether a time lies in the period.
func (c *Collector) in(t time.Time) bool { return !t.Before(c.o.From) && t.Before(c.o.To) }

// came tells whether a time lies in the period and has come. Of the moment itself everything is told: what is open then and was due at it is late.
func (c *Collector) came(t time.Time) bool { return c.in(t) && (c.o.Now.IsZero() || !t.After(c.now)) }

// Groups returns the figures of every group that has any, by the groups' ids. Nothing is to be added after it.
func (c *Collector) Groups() []*gridcasev1.KpiGroup {
	for _, k := range c.cases {
		c.settle(k)
	}
	c.repeats()
	c.coverage()
	return c.results()
}
