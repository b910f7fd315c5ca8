// Package whatif tells what of a period's work would have been on time under other limits, another policy or another working time, and where
// other routes would have sent it. It owns the comparison: each case's events are replayed by casework with the other facts, and each piece
// of work is judged by kpi against the due time that it had and the one that it would have had. It reads no clock and no log, and computes no
// due time of its own.
//
// # Decisions
//
// 2026-12: what people did stays as it was, and when: nobody hurries because of a shorter limit, and a command that the other rules would have
// refused happened all the same. A pause lasts from when it was asked for to when it ended; it moves a due time by the time of the other
// limit's basis inside it. An extension adds the other limit once more, as the rules have it; rework has the other policy's least part of it.
//
// 2026-12: a dispatch goes elsewhere only where the other routes lead elsewhere than those of its day. Where both lead to the same department,
// what the dispatcher chose stands: with the same catalogue nothing moves. Work counts for the department that did it.
package whatif

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Assumptions say in sentences what a Study takes to be as it was.
var Assumptions = []string{
	"people do the same things at the same times: nobody hurries because of a shorter limit, and nothing is refused that happened",
	"pauses, suspensions and returns last as long as they did; each moves a due time by the time of the other limit's basis inside it",
	"each extension that was granted adds the other limit once more; rework has the other policy's least part of the other limit",
	"work counts for the department that did it, also where it would have been sent elsewhere",
}

// Event is one event of a case.
type Event struct {
	Case     string
	Envelope *gridcasev1.Envelope
	Message  proto.Message
}

// Reference holds the versions that events name.
type Reference interface {
	CatalogueVersion(version uint32) (*catalog.Catalogue, bool)
	CalendarVersion(version uint32) (*calendar.Calendar, bool)
}

// Options are what a Study compares.
type Options struct {
	From, To time.Time // the period; To is not in it
	By       By
	// Area returns the community or street of a unit grid, where groups by Grid are larger areas; nil: they are the unit grids.
	Area func(grid string) string
	// Department is the only one whose work counts; every one where empty.
	Department string
	Limit      int // how many clocks and how many routes are listed at most

	Catalogue *catalog.Catalogue // nil: the version that each event names
	Policy    *gridcasev1.Policy // in the place of the catalogue's; nil: the catalogue's
	Calendar  *calendar.Calendar // nil: the version that each event names

	Reference Reference
	// Past returns the events of a case before one of its versions. It is asked for cases that had ended and are taken up again: a Study
	// remembers a case only while it is open.
	Past func(caseID string, before uint64) ([]Event, error)
}

// By is what the work is grouped by.
type By string

// What the work is grouped by. By Department only the stages of departments count, signing and handling.
const (
	Whole      By = ""
	Department By = "department"
	Grid       By = "grid"
	CaseType   By = "case_type"
)

// Study takes the events of a district and compares the work of one period. The events of one case come in their order; the order of cases
// says nothing.
type Study struct {
	o          Options
	catalogues map[uint32]*catalog.Catalogue // under the other policy, by version
	open       map[string]*twin              // the cases that are open
	tally
}

// New returns a study that has seen nothing. A policy that makes no sense is an Invalid fault.
func New(o Options) (*Study, error) {
	s := &Study{o: o, catalogues: map[uint32]*catalog.Catalogue{}, open: map[string]*twin{}, tally: newTally()}
	if o.Policy == nil {
		return s, nil
	}
	if o.Catalogue == nil {
		_, err := new(catalog.Catalogue).Under(o.Policy)
		return s, err
	}
	var err error
	s.o.Catalogue, err = o.Catalogue.Under(o.Policy)
	return s, err
}

// in tells whether a time lies in the period.
func (s *Study) in(t time.Time) bool { return !t.Before(s.o.From) && t.Before(s.o.To) }

func missing(kind string, version uint32) error {
	return fault.New(fault.Unavailable, "reference.behind", "version %d of the %s, which an event names, is not here yet", version, kind)
}
