package casework_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// mayRun are the clocks that run, or are paused, in each state.
var mayRun = map[gridcasev1.State][]gridcasev1.Stage{
	reported: {accept}, verifying: {accept, verify}, filed: {dispatch}, dispatched: {sign, handle, decide}, handling: {handle, decide}, suspended: {handle},
	handled: {sendInspection, closing}, inspecting: {inspect},
}

// caseLaws hold of a case at any time.
var caseLaws = []struct {
	says  string
	holds func(c *casework.Case) bool
}{
	{"one department leads while it has or had the case to handle, and none before", func(c *casework.Case) bool {
		led := slices.Contains([]gridcasev1.State{dispatched, handling, suspended}, c.State) || !c.SelfFixed && (c.State == handled || c.State == inspecting)
		return c.State == closed || led == (c.Department != "")
	}},
	{"a handler is of a department that has the case", func(c *casework.Case) bool { return c.Handler == "" || c.Department != "" }},
	{"a worker is awaited while the case is verified or inspected", func(c *casework.Case) bool {
		return (c.State == verifying || c.State == inspecting) == (c.Worker != "")
	}},
	{"a case has a condition from filing on, and none before", func(c *casework.Case) bool {
		switch c.State {
		case reported, verifying, notFiled:
			return c.Condition == ""
		case closed, voided, merged: // they may have been no more than reported
			return true
		}
		return c.Condition != ""
	}},
	{"what is requested waits where the department has the case", func(c *casework.Case) bool {
		return c.Pending == 0 || c.State == handling || c.State == dispatched && c.Pending == returning
	}},
	{"the decision's clock runs exactly while something is requested", func(c *casework.Case) bool {
		return ticks(*c, decide) == (c.Pending != 0)
	}},
	{"nothing waits in a case that has ended", func(c *casework.Case) bool {
		return c.Open() || c.Pending == 0 && !c.VoidPending && c.ForceCloseBy == "" && !c.Urged && c.Worker == ""
	}},
	{"only the clocks of the state run", func(c *casework.Case) bool {
		return !slices.ContainsFunc(running(*c), func(s gridcasev1.Stage) bool { return !slices.Contains(mayRun[c.State], s) })
	}},
	{"a requested return pauses signing and handling, a suspension pauses handling", func(c *casework.Case) bool {
		return c.Pending != returning && c.State != suspended || !ticks(*c, sign) && !ticks(*c, handle)
	}},
	{"no clock is due before it starts, none has used less than nothing", func(c *casework.Case) bool {
		for _, k := range c.Clocks.All() {
			if crooked(k) {
				return false
			}
		}
		return true
	}},
	{"a desk has a clock while its work waits, and afterwards it is only kept that it was overdue", func(c *casework.Case) bool {
		for stage, k := range c.Clocks.All() {
			if stage != handle && k.Due.IsZero() && !reflect.DeepEqual(k, casework.Clock{Breached: true}) {
				return false
			}
		}
		return true
	}},
	{"nobody inspects own handling", func(c *casework.Case) bool { return c.State != inspecting || !slices.Contains(c.Hands, c.Worker) }},
	{"three bounces or reworks take a case up to level 2", func(c *casework.Case) bool { return c.Bounces < 3 && c.Reworks < 3 || c.Escalation >= 2 }},
	{"a child is not split", func(c *casework.Case) bool { return c.Parent == "" || len(c.Children) == 0 }},
	{"a merged case has a primary, and no other has", func(c *casework.Case) bool { return (c.State == merged) == (c.Primary != "") }},
}

// crooked tells whether a clock is due before it starts, or did not count before it starts, twice at a time, or for less than nothing.
func crooked(k casework.Clock) bool {
	if !k.Due.IsZero() && (k.Due.Before(k.Started) || k.WarnAt.After(k.Due)) {
		return true
	}
	last := k.Started
	for i, s := range k.Away {
		lasts := s.To.IsZero() && i == len(k.Away)-1
		if s.From.Before(last) || !lasts && s.To.Before(s.From) {
			return true
		}
		last = s.To
	}
	return false
}

// beginsAgain tells whether an event, after which the case stands so, has a stage's work begin, with or without a limit.
func beginsAgain(stage gridcasev1.Stage, after *casework.Case, r casework.Recorded) bool {
	switch r.Message.(type) {
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		return true
	case *gridcasev1.VerificationRequested:
		return stage == verify
	case *gridcasev1.InspectionRequested:
		return stage == inspect
	}
	return after.Clocks.Of(stage).Started.Equal(r.Envelope.Time)
}

// eventLaws hold of every event.
var eventLaws = []struct {
	says  string
	holds func(before, after *casework.Case, r casework.Recorded) bool
}{
	{"versions are contiguous", func(before, after *casework.Case, r casework.Recorded) bool {
		return after.Version == before.Version+1 && r.Envelope.Version == after.Version
	}},
	{"counters never fall", func(before, after *casework.Case, _ casework.Recorded) bool {
		return before.Bounces <= after.Bounces && before.Reworks <= after.Reworks && before.Reopenings <= after.Reopenings && before.Suspensions <= after.Suspensions &&
			before.Escalation <= after.Escalation && len(before.Hands) <= len(after.Hands) && len(before.Children) <= len(after.Children) && len(before.Attachments) <= len(after.Attachments)
	}},
	{"what has ended stays ended unless it is reopened or unmerged", func(before, after *casework.Case, r casework.Recorded) bool {
		return before.Version == 0 || before.Open() || before.State == after.State || is[*gridcasev1.CaseReopened](r) && before.State != merged && before.State != voided ||
			is[*gridcasev1.CaseUnmerged](r) && before.State == merged
	}},
	{"at most one of extension, suspension and return is requested", func(before, _ *casework.Case, r casework.Recorded) bool {
		return before.Pending == 0 || !is[*gridcasev1.ReturnRequested](r) && !is[*gridcasev1.ExtensionRequested](r) && !is[*gridcasev1.SuspensionRequested](r)
	}},
	{"a stage is overdue once a clock, when its time is over", func(before, _ *casework.Case, r casework.Recorded) bool {
		e, ok := r.Message.(*gridcasev1.StageBreached)
		return !ok || !before.Clocks.Of(e.GetStage()).Breached && ticks(*before, e.GetStage()) && r.Envelope.Time.After(before.Clocks.Of(e.GetStage()).Due)
	}},
	{"that a stage was overdue never disappears until its work begins again", func(before, after *casework.Case, r casework.Recorded) bool {
		for stage, k := range before.Clocks.All() {
			if k.Breached && !after.Clocks.Of(stage).Breached && !beginsAgain(stage, after, r) {
				return false
			}
		}
		return true
	}},
	{"what an event says of a clock is so of the case", func(_, after *casework.Case, r casework.Recorded) bool {
		return !slices.ContainsFunc(clocksOf(r), func(k *gridcasev1.Clocks) bool {
			runs := !after.Clocks.Of(k.GetStage()).Due.IsZero()
			return runs != (k.GetDue() != nil) || k.GetPaused() == ticks(*after, k.GetStage()) && runs || runs && k.GetLimit().GetValue() == 0
		})
	}},
	{"an event says of every clock that it starts, pauses, moves or stops", func(before, after *casework.Case, r casework.Recorded) bool {
		for stage := range gridcasev1.Stage(len(after.Clocks)) {
			changed := !after.Clocks.Of(stage).Due.Equal(before.Clocks.Of(stage).Due) || ticks(*before, stage) != ticks(*after, stage)
			if changed && !slices.ContainsFunc(clocksOf(r), func(k *gridcasev1.Clocks) bool { return k.GetStage() == stage }) {
				return false
			}
		}
		return true
	}},
	{"a department closes no case", func(_, after *casework.Case, r casework.Recorded) bool {
		return !closesCase(r) || r.Envelope.Role != gridcasev1.Role_ROLE_UNIT_MANAGER && r.Envelope.Role != gridcasev1.Role_ROLE_HANDLER
	}},
	{"a parent closes after its children, unless by force", func(before, _ *casework.Case, r casework.Recorded) bool {
		return !is[*gridcasev1.CaseClosed](r) || childOf(before, false) == ""
	}},
	{"nobody submits an inspection of own handling", func(before, _ *casework.Case, r casework.Recorded) bool {
		return !is[*gridcasev1.InspectionSubmitted](r) || r.Envelope.Role == gridcasev1.Role_ROLE_IMPORTER || !slices.Contains(before.Hands, r.Envelope.Actor)
	}},
	{"a requested void or force close stands against dispatching and closing", func(before, _ *casework.Case, r casework.Recorded) bool {
		return !before.VoidPending && before.ForceCloseBy == "" || !is[*gridcasev1.CaseDispatched](r) && !is[*gridcasev1.CaseClosed](r)
	}},
	{"who asks for a force close does not decide it", func(before, _ *casework.Case, r casework.Recorded) bool {
		return !is[*gridcasev1.CaseForceClosed](r) || before.ForceCloseBy != "" && before.ForceCloseBy != r.Envelope.Actor
	}},
	{"a filed case moves on by dispatch, send back, merge, void or force close", func(before, after *casework.Case, r casework.Recorded) bool {
		return before.State != filed || after.State == filed || is[*gridcasev1.CaseDispatched](r) || is[*gridcasev1.CaseSentBack](r) || is[*gridcasev1.CaseMerged](r) ||
			is[*gridcasev1.CaseVoided](r) || is[*gridcasev1.CaseForceClosed](r)
	}},
}

// clocksOf is what the event says of clocks.
func clocksOf(r casework.Recorded) []*gridcasev1.Clocks {
	e, ok := r.Message.(interface{ GetClocks() []*gridcasev1.Clocks })
	if !ok {
		return nil
	}
	return e.GetClocks()
}

// is tells whether the event is of a kind.
func is[E any](r casework.Recorded) bool {
	_, ok := r.Message.(E)
	return ok
}

func closesCase(r casework.Recorded) bool {
	return is[*gridcasev1.CaseClosed](r) || is[*gridcasev1.CaseForceClosed](r)
}

func (c *walked) holdCase(t *rapid.T) {
	for _, law := range caseLaws {
		if !law.holds(&c.Case) {
			t.Fatalf("%s: it does not hold of the case %+v\nafter%s", law.says, c.Case, c.history())
		}
	}
}

func (c *walked) holdEvent(t *rapid.T, before *casework.Case, r casework.Recorded) {
	for _, law := range eventLaws {
		if !law.holds(before, &c.Case, r) {
			t.Fatalf("%s: it does not hold of the last event of%s", law.says, c.history())
		}
	}
}

// history is what happened to the case, a line an event.
func (c *walked) history() string {
	var lines strings.Builder
	for _, r := range c.events {
		fmt.Fprintf(&lines, "\n%s %s %s %v", r.Envelope.Time.In(zone).Format(time.DateTime), r.Envelope.Actor, gridcasev1.EventType(r.Message), r.Message)
	}
	return lines.String()
}

// check holds of the cases of a district among each other.
func (w *walk) check(t *rapid.T) {
	for _, c := range w.cases {
		if p := w.find(c.Primary); c.State == merged && (p == nil || p.State == merged || !slices.Contains(p.Duplicates, c.id)) {
			t.Fatalf("%s is merged into %s, which is %+v", c.id, c.Primary, p)
		}
		for _, id := range c.Duplicates {
			if d := w.find(id); d == nil || d.Primary != c.id {
				t.Fatalf("%s stands for %s, which is %+v", c.id, id, d)
			}
		}
		for _, k := range c.Children {
			child := w.find(k.ID)
			if child == nil || child.Parent != c.id || k.Settled() == child.Open() || k.Settled() && k.State != child.State {
				t.Fatalf("%s has the child %+v, which is %+v", c.id, k, child)
			}
		}
	}
}
