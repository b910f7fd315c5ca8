package explain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/explain"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	accept   = gridcasev1.Stage_STAGE_ACCEPT
	verify   = gridcasev1.Stage_STAGE_VERIFY
	dispatch = gridcasev1.Stage_STAGE_DISPATCH
	sign     = gridcasev1.Stage_STAGE_SIGN
	handle   = gridcasev1.Stage_STAGE_HANDLE
	decide   = gridcasev1.Stage_STAGE_DECIDE

	working = gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
	wall    = gridcasev1.LimitBasis_LIMIT_BASIS_WALL
)

var (
	oneDay   = &gridcasev1.Limit{Value: 1, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_DAY, Basis: working}
	fourDesk = &gridcasev1.Limit{Value: 4, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, Basis: working}
	urgent2h = &gridcasev1.Limit{Value: 2, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_HOUR, Basis: wall}
	minutes  = func(n uint32) *gridcasev1.Limit {
		return &gridcasev1.Limit{Value: n, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: wall}
	}
)

// district is the reference data of the tests: version 7 of the catalogue has a policy for signing, version 3 of the calendar is China's.
type district struct {
	catalogue *catalog.Catalogue
	calendar  *calendar.Calendar
}

func newDistrict(t testing.TB) district {
	t.Helper()
	types := []*gridcasev1.CaseType{{Id: "parking.motor", Conditions: []*gridcasev1.Condition{
		{Id: "C1", Limit: urgent2h, Urgent: true}, {Id: "C2", Limit: oneDay}, {Id: "C3", Limit: fourDesk}, {Id: "C5"}}}}
	c, err := catalog.New(&gridcasev1.CatalogueVersion{Version: 7, Types: types,
		Policy: &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: sign, Limit: minutes(45)}}}})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := calendar.BuiltIn("cn-2026")
	v.Version = 3
	k, err := calendar.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return district{c, k}
}

func (d district) CatalogueVersion(version uint32) (*catalog.Catalogue, bool) {
	return d.catalogue, version == d.catalogue.Version()
}

func (d district) CalendarVersion(version uint32) (*calendar.Calendar, bool) {
	return d.calendar, version == d.calendar.Version()
}

// at reads a local time of 2026: "03-06 17:30".
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, time.FixedZone("", 8*60*60))
	if err != nil {
		panic(err)
	}
	return t
}

// due is the reading of a clock that runs until a time; off of one that stopped; rests of one that is paused.
func due(stage gridcasev1.Stage, l *gridcasev1.Limit, text string) *gridcasev1.Clocks {
	return &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(at(text)), Limit: l}
}

func off(stage gridcasev1.Stage) *gridcasev1.Clocks { return &gridcasev1.Clocks{Stage: stage} }

func rests(stage gridcasev1.Stage, l *gridcasev1.Limit, text string) *gridcasev1.Clocks {
	return &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(at(text)), Limit: l, Paused: true}
}

func clocks(all ...*gridcasev1.Clocks) []*gridcasev1.Clocks { return all }

// history is a case's events, at local times.
type history []explain.Event

func (h history) then(text string, m proto.Message) history {
	return append(slices.Clip(h), explain.Event{Version: uint64(len(h) + 1), At: at(text), Message: m, Catalogue: 7, Calendar: 3})
}

// filed is a case until it is filed under a condition, with no clock.
func filed(condition string) history {
	return history{}.then("03-06 09:00", &gridcasev1.CaseReported{CaseType: "parking.motor"}).then("03-06 09:05", &gridcasev1.CaseFiled{Condition: condition})
}

// dispatched is a case under the condition of one working day, from Friday 10:00 on.
func dispatched() history {
	return filed("C2").then("03-06 10:00", &gridcasev1.CaseDispatched{Clocks: clocks(due(handle, oneDay, "03-09 10:00"))})
}

// told is a story in short: stage, rule, start, due, the minutes that counted; then the steps, and the stretches of time.
func told(s *gridcasev1.DeadlineStory) (head string, steps, stretches []string) {
	local := func(t *timestamppb.Timestamp) string {
		if t == nil {
			return "-"
		}
		return t.AsTime().In(at("01-01 00:00").Location()).Format("01-02 15:04")
	}
	head = fmt.Sprintf("%s by %s: %s to %s, %g minutes", strings.ToLower(strings.TrimPrefix(s.GetStage().String(), "STAGE_")), s.GetRule(), local(s.GetStarted()), local(s.GetDue()), s.GetCountedMinutes())
	if s.GetStopped() != nil {
		head += ", stopped " + local(s.GetStopped())
	}
	for _, step := range s.GetSteps() {
		steps = append(steps, fmt.Sprintf("%d %s %s", step.GetVersion(), step.GetWhat(), local(step.GetDue())))
	}
	for _, i := range s.GetIntervals() {
		stretches = append(stretches, fmt.Sprintf("%s-%s %s", local(i.GetFrom()), local(i.GetTo()), i.GetWhy()))
	}
	return head, steps, stretches
}

func TestHowAHandlingDeadlineCameAbout(t *testing.T) {
	for _, c := range []struct {
		name             string
		history          history
		head             string
		steps, stretches []string
	}{
		{"a limit of one working day over a weekend", dispatched(),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 10:00, 480 minutes",
			[]string{"3 started 03-09 10:00"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 18:00 open", "03-06 18:00-03-09 08:00 closed", "03-09 08:00-03-09 10:00 open"}},
		{"urgent time counts every minute",
			filed("C1").then("03-06 22:36", &gridcasev1.CaseDispatched{Clocks: clocks(due(handle, urgent2h, "03-07 00:36"))}),
			"handle by condition C1 of parking.motor: 03-06 22:36 to 03-07 00:36, 120 minutes",
			[]string{"3 started 03-07 00:36"},
			[]string{"03-06 22:36-03-07 00:36 wall"}},
		{"a weekend in suspension adds exactly the working time inside it",
			dispatched().
				then("03-06 17:00", &gridcasev1.CaseSuspended{Clocks: clocks(rests(handle, oneDay, "03-09 10:00"))}).
				then("03-09 09:00", &gridcasev1.CaseResumed{Clocks: clocks(due(handle, oneDay, "03-09 12:00"))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 12:00, 480 minutes",
			[]string{"3 started 03-09 10:00", "4 paused 03-09 10:00", "5 resumed 03-09 12:00"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 17:00 open", "03-06 17:00-03-09 09:00 paused", "03-09 09:00-03-09 12:00 open"}},
		{"an extension survives a suspension",
			dispatched().
				then("03-06 11:00", &gridcasev1.ExtensionGranted{Clocks: clocks(due(handle, oneDay, "03-10 10:00"))}).
				then("03-06 12:00", &gridcasev1.CaseSuspended{Clocks: clocks(rests(handle, oneDay, "03-10 10:00"))}).
				then("03-10 08:00", &gridcasev1.CaseResumed{Clocks: clocks(due(handle, oneDay, "03-11 16:00"))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-11 16:00, 960 minutes",
			[]string{"3 started 03-09 10:00", "4 extended 03-10 10:00", "5 paused 03-10 10:00", "6 resumed 03-11 16:00"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-10 08:00 paused", "03-10 08:00-03-10 12:00 open", "03-10 12:00-03-10 14:00 closed", "03-10 14:00-03-10 18:00 open",
				"03-10 18:00-03-11 08:00 closed", "03-11 08:00-03-11 12:00 open", "03-11 12:00-03-11 14:00 closed", "03-11 14:00-03-11 16:00 open"}},
		{"while it is paused, what was used until then",
			dispatched().then("03-06 11:30", &gridcasev1.ReturnRequested{Clocks: clocks(rests(handle, oneDay, "03-09 10:00"))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 10:00, 90 minutes",
			[]string{"3 started 03-09 10:00", "4 paused 03-09 10:00"},
			[]string{"03-06 10:00-03-06 11:30 open", "03-06 11:30-03-09 10:00 paused"}},
		{"handled in time, it stands as it stood",
			dispatched().then("03-06 11:30", &gridcasev1.HandlingReported{Clocks: clocks(off(handle))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 10:00, 480 minutes, stopped 03-06 11:30",
			[]string{"3 started 03-09 10:00", "4 stopped -"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 18:00 open", "03-06 18:00-03-09 08:00 closed", "03-09 08:00-03-09 10:00 open"}},
		{"until rework is ordered, handling does not count",
			dispatched().
				then("03-06 11:00", &gridcasev1.HandlingReported{Clocks: clocks(off(handle))}).
				then("03-06 15:00", &gridcasev1.ReworkOrdered{Clocks: clocks(due(handle, oneDay, "03-09 12:00"))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 12:00, 480 minutes",
			[]string{"3 started 03-09 10:00", "4 stopped -", "5 restarted 03-09 12:00"},
			[]string{"03-06 10:00-03-06 11:00 open", "03-06 11:00-03-06 15:00 paused", "03-06 15:00-03-06 18:00 open", "03-06 18:00-03-09 08:00 closed", "03-09 08:00-03-09 12:00 open"}},
		{"rework has its least time, though the limit is used up",
			dispatched().
				then("03-09 09:30", &gridcasev1.HandlingReported{Clocks: clocks(off(handle))}).
				then("03-09 10:00", &gridcasev1.ReworkOrdered{Clocks: clocks(due(handle, oneDay, "03-09 12:00"))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 12:00, 570 minutes",
			[]string{"3 started 03-09 10:00", "4 stopped -", "5 restarted 03-09 12:00"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 18:00 open", "03-06 18:00-03-09 08:00 closed", "03-09 08:00-03-09 09:30 open",
				"03-09 09:30-03-09 10:00 paused", "03-09 10:00-03-09 12:00 open"}},
		{"another condition counts from the start",
			dispatched().then("03-06 11:00", &gridcasev1.CaseReclassified{CaseType: "parking.motor", Condition: "C3", Clocks: clocks(due(handle, fourDesk, "03-06 16:00"))}),
			"handle by condition C3 of parking.motor: 03-06 10:00 to 03-06 16:00, 240 minutes",
			[]string{"3 started 03-09 10:00", "4 reclassified 03-06 16:00"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 16:00 open"}},
		{"a condition that brings a limit counts from the dispatch, without a pause before",
			filed("C5").
				then("03-06 10:00", &gridcasev1.CaseDispatched{}).
				then("03-06 10:30", &gridcasev1.ReturnRequested{}).
				then("03-06 11:00", &gridcasev1.ReturnRefused{}).
				then("03-06 11:30", &gridcasev1.CaseReclassified{CaseType: "parking.motor", Condition: "C3", Clocks: clocks(due(handle, fourDesk, "03-06 16:30"))}),
			"handle by condition C3 of parking.motor: 03-06 10:00 to 03-06 16:30, 240 minutes",
			[]string{"6 reclassified 03-06 16:30"},
			[]string{"03-06 10:00-03-06 10:30 open", "03-06 10:30-03-06 11:00 paused", "03-06 11:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 16:30 open"}},
		{"a condition without a limit ends it",
			dispatched().then("03-06 11:00", &gridcasev1.CaseReclassified{CaseType: "parking.motor", Condition: "C5", Clocks: clocks(&gridcasev1.Clocks{Stage: handle, Limit: &gridcasev1.Limit{}})}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 10:00, 480 minutes, stopped 03-06 11:00",
			[]string{"3 started 03-09 10:00", "4 reclassified -"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 18:00 open", "03-06 18:00-03-09 08:00 closed", "03-09 08:00-03-09 10:00 open"}},
		{"warned, overdue, and corrected after all",
			dispatched().
				then("03-09 08:24", &gridcasev1.StageWarned{Stage: handle}).
				then("03-09 10:01", &gridcasev1.StageBreached{Stage: handle}).
				then("03-09 10:05", &gridcasev1.DeadlineCorrected{Clocks: clocks(due(handle, oneDay, "03-09 10:00"))}),
			"handle by condition C2 of parking.motor: 03-06 10:00 to 03-09 10:00, 480 minutes",
			[]string{"3 started 03-09 10:00", "4 warned 03-09 10:00", "5 breached 03-09 10:00", "6 corrected 03-09 10:00"},
			[]string{"03-06 10:00-03-06 12:00 open", "03-06 12:00-03-06 14:00 closed", "03-06 14:00-03-06 18:00 open", "03-06 18:00-03-09 08:00 closed", "03-09 08:00-03-09 10:00 open"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stories := tell(t, c.history)
			if len(stories) != 1 {
				t.Fatalf("%d stories", len(stories))
			}
			head, steps, stretches := told(stories[0])
			if head != c.head {
				t.Errorf("%s\nwant %s", head, c.head)
			}
			if !slices.Equal(steps, c.steps) {
				t.Errorf("steps %q\nwant %q", steps, c.steps)
			}
			if !slices.Equal(stretches, c.stretches) {
				t.Errorf("stretches %q\nwant %q", stretches, c.stretches)
			}
		})
	}
}

func tell(t *testing.T, h history) []*gridcasev1.DeadlineStory {
	t.Helper()
	stories, err := explain.Deadlines(h, newDistrict(t))
	if err != nil {
		t.Fatal(err)
	}
	return stories
}

func TestEveryClockHasItsStory(t *testing.T) {
	h := history{}.
		then("03-06 09:00", &gridcasev1.CaseReported{CaseType: "parking.motor", Clocks: clocks(due(accept, minutes(15), "03-06 09:15"))}).
		then("03-06 09:05", &gridcasev1.VerificationRequested{Clocks: clocks(rests(accept, minutes(15), "03-06 09:15"), due(verify, minutes(30), "03-06 09:35"))}).
		then("03-06 09:10", &gridcasev1.VerificationRequested{Clocks: clocks(due(verify, minutes(30), "03-06 09:40"))}).
		then("03-06 09:25", &gridcasev1.VerificationSubmitted{Clocks: clocks(off(verify), due(accept, minutes(15), "03-06 09:35"))}).
		then("03-06 09:30", &gridcasev1.PrioritySet{Priority: gridcasev1.Priority_PRIORITY_URGENT}).
		then("03-06 09:30", &gridcasev1.CaseFiled{Condition: "C2", Clocks: clocks(off(accept), due(dispatch, minutes(10), "03-06 09:40"))}).
		then("03-06 09:31", &gridcasev1.PrioritySet{Priority: gridcasev1.Priority_PRIORITY_NORMAL}).
		then("03-06 09:40", &gridcasev1.CaseDispatched{Clocks: clocks(off(dispatch), due(sign, minutes(45), "03-06 10:25"), due(handle, oneDay, "03-09 09:40"))}).
		then("03-06 09:50", &gridcasev1.ReturnRequested{Clocks: clocks(rests(sign, minutes(45), "03-06 10:25"), rests(handle, oneDay, "03-09 09:40"), due(decide, minutes(15), "03-06 10:05"))}).
		then("03-06 10:00", &gridcasev1.ReturnApproved{Clocks: clocks(off(decide), off(sign), off(handle), due(dispatch, minutes(15), "03-06 10:15"))}).
		then("03-06 10:10", &gridcasev1.CaseDispatched{Clocks: clocks(off(dispatch), due(sign, minutes(45), "03-06 10:55"), due(handle, oneDay, "03-09 10:10"))})
	var heads []string
	for _, s := range tell(t, h) {
		head, _, _ := told(s)
		heads = append(heads, head)
	}
	want := []string{
		"accept by default: 03-06 09:00 to 03-06 09:35, 15 minutes, stopped 03-06 09:30",
		"verify by default: 03-06 09:05 to 03-06 09:35, 30 minutes, stopped 03-06 09:10",
		"verify by default: 03-06 09:10 to 03-06 09:40, 30 minutes, stopped 03-06 09:25",
		"dispatch by default, urgent: 03-06 09:30 to 03-06 09:40, 10 minutes, stopped 03-06 09:40",
		"sign by policy: 03-06 09:40 to 03-06 10:25, 10 minutes, stopped 03-06 10:00",
		"handle by condition C2 of parking.motor: 03-06 09:40 to 03-09 09:40, 10 minutes, stopped 03-06 10:00",
		"decide by default: 03-06 09:50 to 03-06 10:05, 15 minutes, stopped 03-06 10:00",
		"dispatch by default: 03-06 10:00 to 03-06 10:15, 15 minutes, stopped 03-06 10:10",
		"sign by policy: 03-06 10:10 to 03-06 10:55, 45 minutes",
		"handle by condition C2 of parking.motor: 03-06 10:10 to 03-09 10:10, 480 minutes",
	}
	if !slices.Equal(heads, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(heads, "\n"), strings.Join(want, "\n"))
	}
}

func TestAStoryNamesTheVersionsThatApplied(t *testing.T) {
	s := tell(t, dispatched().then("03-09 10:01", &gridcasev1.StageBreached{Stage: handle}))[0]
	if s.GetCatalogueVersion() != 7 || s.GetCalendarVersion() != 3 || !proto.Equal(s.GetLimit(), oneDay) || !s.GetBreached() {
		t.Errorf("%v", s)
	}
	if step := s.GetSteps()[0]; step.GetEvent() != "CaseDispatched" || step.GetCatalogueVersion() != 7 || step.GetCalendarVersion() != 3 || !step.GetAt().AsTime().Equal(at("03-06 10:00")) {
		t.Errorf("%v", step)
	}
}

func TestAVersionThatIsNotHereIsWaitedFor(t *testing.T) {
	for name, change := range map[string]func(e *explain.Event){
		"of the calendar":  func(e *explain.Event) { e.Calendar++ },
		"of the catalogue": func(e *explain.Event) { e.Catalogue++ },
	} {
		t.Run(name, func(t *testing.T) {
			h := history{}.then("03-06 09:00", &gridcasev1.CaseReported{Clocks: clocks(due(accept, minutes(15), "03-06 09:15"))})
			change(&h[0])
			if _, err := explain.Deadlines(h, newDistrict(t)); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%v, want an unavailable fault", err)
			}
		})
	}
}

func TestACaseWithoutClocksHasNoStory(t *testing.T) {
	if stories := tell(t, filed("C5").then("03-06 10:00", &gridcasev1.CaseDispatched{}).then("03-06 11:00", &gridcasev1.HandlingReported{})); len(stories) > 0 {
		t.Errorf("%v", stories)
	}
}
