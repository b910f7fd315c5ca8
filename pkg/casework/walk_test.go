package casework_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// walk is the cases of a district on a random way through the rules.
type walk struct {
	now       time.Time
	catalogue *catalog.Catalogue
	calendar  *calendar.Calendar
	corrected bool // the calendar has changed on the way
	steps     int
	cases     []*walked
}

// walked is one of the cases.
type walked struct {
	story
	id       string
	receipts []casework.Done // what its commands were answered
}

// cities are catalogues with what cities decide for themselves.
var cities = []*catalog.Catalogue{pressing, pressing, under(&gridcasev1.Policy{DirectReturn: true, RemoteCheck: true, MaxSuspensions: proto.Uint32(3)})}

// calendars are the district's working time as it is, and as it is when a day turns out to be a holiday.
var calendars = []*calendar.Calendar{workingHours, must(calendar.New(closedOn("2026-11-03", "2026-11-05")))}

func startWalk(t *rapid.T) *walk {
	return &walk{now: on("02 09:00"), calendar: workingHours, catalogue: cities[pick(t, "city", len(cities))]}
}

// pick draws one of n.
func pick(t *rapid.T, label string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label) }

// turn draws one of n, beginning elsewhere at each step: small numbers are drawn more often than large ones.
func (w *walk) turn(t *rapid.T, label string, n int) int { return (pick(t, label, n) + 7*w.steps) % n }

// length draws how many steps a walk has.
func length(t *rapid.T) (n int) {
	for range 4 {
		n += rapid.IntRange(0, 40).Draw(t, "length")
	}
	return n + 1
}

// advance lets one more thing happen at a later time: mostly what a case takes where it stands; else what it would take but for one
// circumstance, anything from anybody, a timer, or a command that was sent before.
func (w *walk) advance(t *rapid.T) {
	w.steps++
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds")) * time.Second)
	happens := rapid.IntRange(0, 19).Draw(t, "happens")
	if len(w.cases) == 0 || happens == 0 && len(w.cases) < 3 {
		w.open(t)
		return
	}
	c := w.cases[pick(t, "case", len(w.cases))]
	switch {
	case happens <= 12:
		w.goOn(t, c)
	case happens <= 13:
		w.persist(t, c)
	case happens <= 15:
		w.attempt(t, c, step{by: staff[pick(t, "by", len(staff))].GetId(), cmd: w.drawCommand(t)})
	case happens <= 18:
		w.ring(t, c)
	default:
		c.again(t)
	}
}

// open adds a case: reported, or fixed by who reports it.
func (w *walk) open(t *rapid.T) {
	c := &walked{id: fmt.Sprintf("case-%d", len(w.cases)+1)}
	next := []step{reports, reports, calls, fits("ReportAndFix", &c.Case, w.moment())}[pick(t, "report", 4)]
	w.cases = append(w.cases, c)
	if err := w.send(t, c, next); err != nil {
		t.Fatalf("%T: %v", next.cmd, err)
	}
}

// facts are what the rules may know now.
func (w *walk) facts(next step) *casework.Facts {
	next.at, next.with = "02 09:00", nil
	f := next.facts()
	f.Now, f.Catalogue, f.Calendar = w.now, w.catalogue, w.calendar
	return &f
}

// moment is what the rules may know now whoever sends whatever.
func (w *walk) moment() *casework.Facts {
	return &casework.Facts{Now: w.now, Catalogue: w.catalogue, Calendar: w.calendar}
}

// attempt sends a command that may be refused, and holds what is taken against the table of moves.
func (w *walk) attempt(t *rapid.T, c *walked, next step) error {
	before, f := c.Case, w.moment()
	if cmd, ok := next.cmd.(*gridcasev1.CloseCase); ok && cmd.GetWaiver() != 0 {
		before.Inspection = pass // a waiver stands for it
	}
	err := w.send(t, c, next)
	switch name := string(next.cmd.ProtoReflect().Descriptor().Name()); {
	case fault.KindOf(err) == fault.Internal && err != nil:
		t.Fatalf("%s by %s: %v", name, next.by, err)
	case err == nil && !takes(name, &before, f):
		t.Fatalf("%s taken in %s", name, standing(&before))
	}
	return err
}

// told compares the cases with what their stored events say.
func (w *walk) told(t *rapid.T) {
	for _, c := range w.cases {
		var folded casework.Case
		for _, r := range c.events {
			folded = casework.Evolve(folded, stored(t, r))
			if folded.State != r.Envelope.State {
				t.Fatalf("%s: event %d says %s, the fold %s", c.id, folded.Version, r.Envelope.State, folded.State)
			}
		}
		if !same(reflect.ValueOf(c.Case), reflect.ValueOf(folded)) {
			t.Fatalf("%s (-decided on +folded):\n%s", c.id, cmp.Diff(c.Case, folded, sameCase))
		}
		for _, d := range c.receipts {
			if got, ok := c.Done(d.ID); !ok || got != d {
				t.Fatalf("%s: %+v is remembered as %+v, %t", c.id, d, got, ok)
			}
		}
	}
}

// Every command that people and timers send, in a random order, at random times, from people who may send it and from others, to several
// cases of a district that are merged into each other and split, with what follows for the other cases. It always holds (caseLaws and
// eventLaws have each in full):
//
//   - of a case: one department leads while it is dispatched, handled, suspended and inspected, and none before (a self-fix has none); a
//     worker is awaited while it is verified or inspected; it has a condition from filing on; at most one of extension, suspension and
//     return is requested, where the department has the case, and the decision's clock runs exactly then; nothing waits and no clock runs
//     once it has ended; only the clocks of its state run; a requested return and a suspension pause handling; no clock is due before its
//     start or has used less than nothing; nobody inspects own handling; three bounces or reworks take it up to level 2; a child is not
//     split; a merged case has a primary, and no other has;
//   - of each event: its version is the next; counters never fall; what has ended stays ended unless it is reopened or unmerged; a stage is
//     overdue at most once a clock, and that never disappears until its work begins again; what it says of clocks is so of the case, and no clock
//     changes without its word; a department closes no case; a parent closes after its children; a requested void or force close stands
//     against dispatching and closing, and who asked for a force close does not decide it; a filed case, such as one after an approved
//     return, moves on only by dispatch, send back, merge, void or force close;
//   - of the district: a primary is not merged itself and knows its duplicates; a parent knows its children and how they ended; what follows
//     from an event is taken where it leads;
//   - of commands: one that fits is taken, and none is taken that the table of moves refuses; one sent again is answered as it was and
//     changes nothing; due times counted again by the same calendar stay;
//   - of the log: the fold of the stored events is the case that was decided on, and each event names the state that the fold has.
func TestARandomWayThroughTheRulesHoldsTheLawsOfACase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := startWalk(t)
		for range length(t) {
			w.advance(t)
		}
		w.told(t)
	})
}

func TestTheRandomWayComesByEveryEventOfTheContract(t *testing.T) {
	t.Parallel()
	met := map[string]bool{}
	ways := rapid.Custom(func(t *rapid.T) *walk {
		w := startWalk(t)
		for range 100 {
			w.advance(t)
		}
		return w
	})
	for seed := range 200 {
		for _, c := range ways.Example(seed).cases {
			for _, r := range c.events {
				met[r.Envelope.Type] = true
			}
		}
	}
	for _, name := range gridcasev1.EventTypes() {
		if !met[name] {
			t.Errorf("no random way comes by %s", name)
		}
	}
}

func TestTheSameEventsGiveTheSameDecision(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := startWalk(t)
		for range length(t) {
			w.advance(t)
		}
		c := w.cases[pick(t, "case", len(w.cases))]
		next := step{by: staff[pick(t, "by", len(staff))].GetId(), at: "04 09:00", cmd: w.drawCommand(t)}
		_, one, err := c.take(next)
		_, other, otherErr := story{Case: refold(t, c.events)}.take(next)
		if !slices.EqualFunc(one, other, func(a, b proto.Message) bool { return proto.Equal(a, b) }) || (err == nil) != (otherErr == nil) {
			t.Fatalf("decided %v, %v; on the folded case %v, %v", one, err, other, otherErr)
		}
	})
}
