package casework_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// stored is the event as it comes back from the log: from bytes.
func stored(t rapid.TB, r casework.Recorded) casework.Recorded {
	t.Helper()
	b, err := proto.Marshal(r.Message)
	if err != nil {
		t.Fatal(err)
	}
	env := *r.Envelope
	r.Envelope, r.Message = &env, gridcasev1.NewEvent(env.Type)
	if err := proto.Unmarshal(b, r.Message); err != nil {
		t.Fatal(err)
	}
	return r
}

// refold folds the stored form of the events from nothing.
func refold(t rapid.TB, events []casework.Recorded) casework.Case {
	t.Helper()
	var c casework.Case
	for _, r := range events {
		c = casework.Evolve(c, stored(t, r))
	}
	return c
}

func TestTheFoldOfTheStoredEventsIsTheCaseThatWasDecidedOn(t *testing.T) {
	t.Parallel()
	for _, r := range allRows() {
		if r.event == nil {
			continue
		}
		var s story
		for _, next := range then(r.given, r.when) {
			var err error
			if s, _, err = s.take(next); err != nil {
				t.Fatalf("%s: %v", r.rule, err)
			}
			if diff := cmp.Diff(s.Case, refold(t, s.events), sameCase); diff != "" {
				t.Fatalf("%s: after event %d (-decided on +folded):\n%s", r.rule, s.Version, diff)
			}
		}
	}
}

func TestFoldingAnEventLeavesTheCaseBeforeItAsItWas(t *testing.T) {
	t.Parallel()
	for _, r := range allRows() {
		if r.event == nil {
			continue
		}
		base, twin := play(t, r.given...), play(t, r.given...)
		after, _, err := base.take(r.when)
		if err != nil {
			t.Fatalf("%s: %v", r.rule, err)
		}
		event := after.events[len(after.events)-1]
		once := casework.Evolve(base.Case, event)
		another := base.record(&gridcasev1.NoteAdded{}, notes("30 09:00").facts())
		another.Envelope.CommandID = "another"
		casework.Evolve(base.Case, another) // the case might have had another future
		if diff := cmp.Diff(casework.Evolve(twin.Case, stored(t, event)), once, sameCase); diff != "" {
			t.Errorf("%s: folded on another copy (-copy +case):\n%s", r.rule, diff)
		}
		if diff := cmp.Diff(once, casework.Evolve(base.Case, event), sameCase); diff != "" {
			t.Errorf("%s: folded twice (-first +second):\n%s", r.rule, diff)
		}
		if diff := cmp.Diff(twin.Case, base.Case, sameCase); diff != "" {
			t.Errorf("%s: the base (-before +after):\n%s", r.rule, diff)
		}
	}
}

func TestTwoFuturesOfACaseShareNoHands(t *testing.T) {
	t.Parallel()
	base := play(t, toHandling...)
	by := func(user string) casework.Recorded {
		r := base.record(&gridcasev1.HandlingReported{}, handles.facts())
		r.Envelope.Actor = user
		return r
	}
	c := base.Case
	for _, user := range []string{"one", "two", "three"} {
		c = casework.Evolve(c, by(user))
	}
	four, five := casework.Evolve(c, by("four")), casework.Evolve(c, by("five"))
	if got := slices.Concat(c.Hands, four.Hands[3:], five.Hands[3:]); !slices.Equal(got, []string{"one", "two", "three", "four", "five"}) {
		t.Errorf("hands %v, then %v or %v", c.Hands, four.Hands, five.Hands)
	}
}

func TestACaseRemembersEveryCommandThatItTook(t *testing.T) {
	t.Parallel()
	c := play(t, toClosed...)
	if len(c.Commands) != len(toClosed) {
		t.Fatalf("%d commands, want %d", len(c.Commands), len(toClosed))
	}
	got, ok := c.Done("command-3")
	want := casework.Done{ID: "command-3", Hash: "hash-of-command-3", Version: 3, Seq: 30, State: dispatched}
	if !ok || got != want {
		t.Errorf("the third command: %+v, %t; want %+v", got, ok, want)
	}
	if d, ok := c.Done("command-9"); ok {
		t.Errorf("a command that nobody sent is remembered as %+v", d)
	}
	if c.Version != 8 || c.Seq != 80 || c.Hash != c.events[7].Hash || !c.At.Equal(on("02 10:30")) {
		t.Errorf("version %d, sequence %d, hash %s, at %s; want those of the last event", c.Version, c.Seq, c.Hash, c.At)
	}
}

func TestTwoEventsOfOneCommandAreOneCommandThatEndsWithTheSecond(t *testing.T) {
	t.Parallel()
	base := play(t, toReported...)
	f := files.facts()
	one := base.record(&gridcasev1.CaseFiled{Condition: "C2"}, f)
	half := base
	half.Case = casework.Evolve(base.Case, one)
	two := half.record(&gridcasev1.NoteAdded{Text: sealed("text")}, f)
	two.Envelope.CommandID, two.Envelope.CommandHash = one.Envelope.CommandID, one.Envelope.CommandHash
	whole := casework.Evolve(half.Case, two)
	if len(half.Commands) != 2 || half.Commands[1].Version != 2 {
		t.Errorf("after the first event: %+v", half.Commands)
	}
	if len(whole.Commands) != 2 || whole.Commands[1].Version != 3 || whole.Commands[1].State != filed {
		t.Errorf("after the second event: %+v", whole.Commands)
	}
}

func TestACaseHasRoomForAClockOfEachStageOfTheContract(t *testing.T) {
	t.Parallel()
	if got, want := len(casework.Case{}.Clocks), len(gridcasev1.Stage_name); got != want {
		t.Errorf("a case has room for %d clocks, the contract has %d stages with the unspecified one", got, want)
	}
}

func TestAStageThatThisBuildDoesNotKnowIsNoReasonToFail(t *testing.T) {
	t.Parallel()
	base := play(t, toReported...)
	later := base.record(&gridcasev1.CaseFiled{Condition: "C2", Clocks: clocks{runs(gridcasev1.Stage(len(gridcasev1.Stage_name)), "02 09:12", "02 09:15", quarter)}}, files.facts())
	if c := casework.Evolve(base.Case, later); c.State != filed || !reflect.DeepEqual(c.Clocks, base.Clocks) {
		t.Errorf("state %s, clocks %+v", c.State, c.Clocks)
	}
}

func TestACaseIsOpenUntilItEnds(t *testing.T) {
	t.Parallel()
	ended := map[gridcasev1.State]bool{0: true, closed: true, notFiled: true, gridcasev1.State_STATE_VOIDED: true, gridcasev1.State_STATE_MERGED: true}
	for n := range gridcasev1.State_name {
		c := casework.Case{State: gridcasev1.State(n)}
		if c.Open() == ended[c.State] {
			t.Errorf("a case that is %s: open %t", c.State, c.Open())
		}
	}
}
