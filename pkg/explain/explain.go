// Package explain tells how the due times of a case came about: which rule set each clock, what moved it, and which time counted. It owns the
// account, and reads it from the case's events alone. It never computes a due time anew: what an event says is what held.
package explain

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Event is one event of a case, with what its headers say.
type Event struct {
	Version   uint64
	At        time.Time // the effective time
	Message   proto.Message
	Catalogue uint32 // the versions that applied
	Calendar  uint32
}

// Reference holds the versions that events name.
type Reference interface {
	CatalogueVersion(version uint32) (*catalog.Catalogue, bool)
	CalendarVersion(version uint32) (*calendar.Calendar, bool)
}

// Deadlines returns the story of every clock that a case's events started, in the order in which they were started. The events are all of
// the case's, in order. A desk's clock that is started again is a story of its own; handling has one clock from dispatch to dispatch. A
// version that the reference data lacks is an Unavailable fault.
func Deadlines(events []Event, ref Reference) ([]*gridcasev1.DeadlineStory, error) {
	t := teller{ref: ref, clocks: map[gridcasev1.Stage]*clock{}}
	for i := range events {
		if err := t.hear(&events[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(t.told, func(a, b *clock) int { return a.started.Compare(b.started) })
	stories := make([]*gridcasev1.DeadlineStory, 0, len(t.told))
	for _, k := range t.told {
		if err := t.account(k); err != nil {
			return nil, err
		}
		stories = append(stories, k.story)
	}
	return stories, nil
}

// teller knows of the case what its clocks depend on.
type teller struct {
	ref                 Reference
	caseType, condition string
	priority            gridcasev1.Priority
	ruled               uint32 // the version of the catalogue that handling's limit is from
	clocks              map[gridcasev1.Stage]*clock
	told                []*clock // those that have a due time, or had one
}

func (t *teller) hear(e *Event) error {
	t.learn(e)
	if m, ok := e.Message.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
		for _, reading := range m.GetClocks() {
			if err := t.read(e, reading); err != nil {
				return err
			}
		}
	}
	switch m := e.Message.(type) {
	case *gridcasev1.StageWarned:
		t.pass(e, m.GetStage(), "warned")
	case *gridcasev1.StageBreached:
		t.pass(e, m.GetStage(), "breached")
	}
	return nil
}

// learn takes over what the event says of the case, and when handling does not count: with or without a limit, since another condition may
// bring one.
func (t *teller) learn(e *Event) {
	handling := t.clocks[gridcasev1.Stage_STAGE_HANDLE]
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		t.caseType = m.GetCaseType()
	case *gridcasev1.CaseFiled:
		t.condition = m.GetCondition()
	case *gridcasev1.CaseReclassified:
		t.caseType, t.condition, t.ruled = m.GetCaseType(), m.GetCondition(), e.Catalogue
	case *gridcasev1.CaseReopened:
		t.condition, t.clocks = m.GetCondition(), map[gridcasev1.Stage]*clock{}
	case *gridcasev1.PrioritySet:
		t.priority = m.GetPriority()
	case *gridcasev1.CaseDispatched:
		t.ruled = e.Catalogue
		t.clocks[gridcasev1.Stage_STAGE_HANDLE] = newClock(gridcasev1.Stage_STAGE_HANDLE, e.At)
	case *gridcasev1.ReturnRequested, *gridcasev1.CaseSuspended, *gridcasev1.HandlingReported:
		handling.leave(e.At)
	case *gridcasev1.ReturnRefused, *gridcasev1.ReturnWithdrawn, *gridcasev1.CaseResumed, *gridcasev1.ReworkOrdered:
		handling.comeBack(e.At)
	}
}

func (t *teller) catalogue(version uint32) (*catalog.Catalogue, error) {
	c, ok := t.ref.CatalogueVersion(version)
	if !ok {
		return nil, fault.New(fault.Unavailable, "reference.behind", "version %d of the catalogue, which an event names, is not here yet", version)
	}
	return c, nil
}

func (t *teller) calendar(version uint32) (*calendar.Calendar, error) {
	c, ok := t.ref.CalendarVersion(version)
	if !ok {
		return nil, fault.New(fault.Unavailable, "reference.behind", "version %d of the calendar, which an event names, is not here yet", version)
	}
	return c, nil
}
