package explain

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// read takes over an event's reading of a clock.
func (t *teller) read(e *Event, r *gridcasev1.Clocks) error {
	k, running := t.clocks[r.GetStage()]
	if r.GetDue() == nil {
		if running && len(k.story.GetSteps()) > 0 {
			t.stop(e, k)
		}
		return nil
	}
	what := ""
	if running {
		what = k.move(e, r)
	}
	if what == "" {
		what, k = "started", t.start(e, r.GetStage())
	}
	if len(k.story.GetSteps()) == 0 {
		t.told = append(t.told, k)
	}
	k.step(e, what, r.GetDue())
	k.story.Due, k.story.Stopped, k.story.Limit, k.story.CalendarVersion = r.GetDue(), nil, r.GetLimit(), e.Calendar
	if what == "extended" {
		k.story.Extensions++
	}
	if r.GetStage() == gridcasev1.Stage_STAGE_HANDLE {
		k.story.Rule, k.story.CatalogueVersion = "condition "+t.condition+" of "+t.caseType, t.ruled
		return nil
	}
	if what != "started" {
		return nil
	}
	return t.ruleDesk(e, k.story)
}

// start returns the clock that an event starts: handling's is there from the dispatch on, a desk's stands in the place of another one that
// still ran.
func (t *teller) start(e *Event, stage gridcasev1.Stage) *clock {
	k, running := t.clocks[stage]
	if running && stage == gridcasev1.Stage_STAGE_HANDLE {
		return k
	}
	if running {
		k.stop(e)
	}
	t.clocks[stage] = newClock(stage, e.At)
	return t.clocks[stage]
}

func (t *teller) stop(e *Event, k *clock) {
	k.stop(e)
	if k.story.GetStage() != gridcasev1.Stage_STAGE_HANDLE {
		delete(t.clocks, k.story.GetStage())
	}
}

// pass records that a clock passed a mark.
func (t *teller) pass(e *Event, stage gridcasev1.Stage, what string) {
	k, running := t.clocks[stage]
	if !running {
		return
	}
	k.step(e, what, k.story.GetDue())
	k.story.Breached = k.story.GetBreached() || what == "breached"
}

// ruleDesk says where the limit of a desk's stage is from, by the catalogue that the event names.
func (t *teller) ruleDesk(e *Event, story *gridcasev1.DeadlineStory) error {
	c, err := t.catalogue(e.Catalogue)
	if err != nil {
		return err
	}
	urgent := t.priority == gridcasev1.Priority_PRIORITY_URGENT || c.Urgent(t.caseType, t.condition)
	story.Rule, story.CatalogueVersion = "default", e.Catalogue
	if _, byPolicy := c.Policy().DeskLimit(story.GetStage(), urgent); byPolicy {
		story.Rule = "policy"
	}
	if urgent {
		story.Rule += ", urgent"
	}
	return nil
}
