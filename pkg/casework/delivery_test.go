package casework_test

import (
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// change is what a command means for one case.
type change struct {
	c        *walked
	messages []proto.Message
	facts    *casework.Facts
}

// send takes a command to a case as the write side does: what must happen together with it on other cases happens with it or not at all, and
// what follows is sent when it has happened.
func (w *walk) send(t *rapid.T, c *walked, next step) error {
	next.cmd = proto.CloneOf[proto.Message](next.cmd).(casework.Command) // other walks may send it too
	aim(next.cmd, &gridcasev1.Target{CaseId: c.id})
	own := change{c: c, facts: w.facts(next)}
	var err error
	if own.messages, err = casework.Decide(c.Case, next.cmd, *own.facts); err != nil {
		if own.messages != nil {
			t.Fatalf("%T is refused and yields %v", next.cmd, own.messages)
		}
		return err
	}
	others, err := w.together(own)
	if err != nil {
		return err
	}
	var later []casework.FollowUp
	for _, ch := range append([]change{own}, others...) {
		if w.find(ch.c.id) == nil {
			w.cases = append(w.cases, ch.c)
		}
		later = append(later, ch.store(t)...)
	}
	w.follow(t, later)
	w.check(t)
	return nil
}

// together decides what must happen at once on other cases.
func (w *walk) together(own change) (others []change, err error) {
	s := own.c.story
	for _, r := range s.recorded(commandID(s.Version+1), own.messages, *own.facts) {
		s.Case = casework.Evolve(s.Case, r)
		for _, f := range casework.FollowUps(own.c.id, s.Case, r.Message) {
			if !f.Together {
				continue
			}
			other := w.find(f.CaseID)
			if other == nil {
				other = &walked{id: f.CaseID}
			}
			facts := *own.facts
			facts.Sealed = nil
			aim(f.Command, &gridcasev1.Target{CaseId: f.CaseID})
			messages, err := casework.Decide(other.Case, f.Command, facts)
			if err != nil {
				return nil, err
			}
			others = append(others, change{c: other, messages: messages, facts: &facts})
		}
	}
	return others, nil
}

// store adds the events to the case and returns what follows from them later.
func (ch change) store(t *rapid.T) (later []casework.FollowUp) {
	c := ch.c
	for _, r := range c.recorded(commandID(c.Version+1), ch.messages, *ch.facts) {
		before := c.Case
		c.Case = casework.Evolve(before, r)
		c.events = append(c.events, r)
		c.holdEvent(t, &before, r)
		for _, f := range casework.FollowUps(c.id, c.Case, r.Message) {
			if !f.Together {
				later = append(later, f)
			}
		}
	}
	c.receipts = append(c.receipts, c.Commands[len(c.Commands)-1])
	c.holdCase(t)
	return later
}

// follow sends what follows from stored events. Each is taken.
func (w *walk) follow(t *rapid.T, later []casework.FollowUp) {
	for _, f := range later {
		aim(f.Command, &gridcasev1.Target{CaseId: f.CaseID})
		ch := change{c: w.find(f.CaseID), facts: w.facts(step{by: theSystem, cmd: f.Command})}
		var err error
		if ch.messages, err = casework.Decide(ch.c.Case, f.Command, *ch.facts); err != nil {
			t.Fatalf("%T for %s follows, and is refused: %v", f.Command, f.CaseID, err)
		}
		ch.store(t)
	}
}

// find is the case of that id; nil where there is none.
func (w *walk) find(id string) *walked {
	for _, c := range w.cases {
		if c.id == id {
			return c
		}
	}
	return nil
}
