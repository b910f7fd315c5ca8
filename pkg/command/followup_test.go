package command_test

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// do sends a command that must be taken, as often as a client does that is told to try again.
func (d *desk) do(t *testing.T, as string, cmd casework.Command) *gridcasev1.Receipt {
	t.Helper()
	for {
		receipt, err := d.commands.Do(t.Context(), d.as(t, as), cmd)
		if err == nil {
			return receipt
		}
		if fault.KindOf(err) != fault.Unavailable || t.Context().Err() != nil {
			t.Fatalf("%T by %s: %v", cmd, as, err)
		}
	}
}

// reported opens a case of a grid worker and returns its id.
func (d *desk) reported(t *testing.T) string {
	t.Helper()
	id := newID(t)
	d.do(t, "worker-1", report(id))
	return id
}

// types returns the event types of a case without their package.
func types(t *testing.T, d *desk, id string) []string {
	t.Helper()
	var names []string
	for _, e := range events(t, d, id) {
		names = append(names, e.Type[len("gridcase.v1."):])
	}
	return names
}

func TestAMergeIsRecordedOnBothCasesAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		duplicate, primary := d.reported(t), d.reported(t)
		receipt := d.do(t, "acceptor", &gridcasev1.MergeCase{Target: target(duplicate), PrimaryId: primary})
		if receipt.GetState() != gridcasev1.State_STATE_MERGED || receipt.GetVersion() != 2 {
			t.Errorf("receipt %v", receipt)
		}
		if got := types(t, d, primary); !slices.Equal(got, []string{"CaseReported", "DuplicateLinked"}) {
			t.Errorf("the primary has %v", got)
		}
		own, other := events(t, d, duplicate)[1], events(t, d, primary)[1]
		if own.Seq+1 != other.Seq || receipt.GetPosition() != own.Position().String() {
			t.Errorf("the merge stands at %d, the link at %d, the receipt says %s", own.Seq, other.Seq, receipt.GetPosition())
		}
		d.followUpTenTimes(t, duplicate)
		d.do(t, "acceptor", &gridcasev1.UnmergeCase{Target: target(duplicate), Reason: "another car"})
		if got := types(t, d, primary); !slices.Equal(got, []string{"CaseReported", "DuplicateLinked", "DuplicateUnlinked"}) {
			t.Errorf("after the unmerge the primary has %v", got)
		}
	})
}

func TestACaseWhosePrimaryIsDeclinedIsOfferedToBeUnmerged(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		duplicate, primary := d.reported(t), d.reported(t)
		d.do(t, "acceptor", &gridcasev1.MergeCase{Target: target(duplicate), PrimaryId: primary})
		d.do(t, "acceptor", &gridcasev1.DeclineCase{Target: target(primary), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_OUT_OF_SCOPE})
		d.followUpTenTimes(t, primary)
		if got := types(t, d, duplicate); !slices.Equal(got, []string{"CaseReported", "CaseMerged", "UnmergeOffered"}) {
			t.Errorf("the duplicate has %v", got)
		}
		offer, err := events(t, d, duplicate)[2].Decode()
		want := &gridcasev1.UnmergeOffered{Primary: primary, State: gridcasev1.State_STATE_NOT_FILED}
		if err != nil || !proto.Equal(offer, want) {
			t.Errorf("offered %v (%v), want %v", offer, err, want)
		}
	})
}

// TestOfTwoMergesIntoEachOtherOneWins: were each guarded by its own case alone, both could be merged into each other.
func TestOfTwoMergesIntoEachOtherOneWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		other := d.another(t)
		for range 5 {
			a, b := d.reported(t), d.reported(t)
			var taken [2]error
			var group sync.WaitGroup
			group.Go(func() {
				_, taken[0] = d.commands.Do(context.Background(), d.as(t, "acceptor"), &gridcasev1.MergeCase{Target: target(a), PrimaryId: b})
			})
			group.Go(func() {
				_, taken[1] = other.Do(context.Background(), d.as(t, "dispatcher"), &gridcasev1.MergeCase{Target: target(b), PrimaryId: a})
			})
			group.Wait()
			if fault.KindOf(taken[0]) == fault.Unavailable || fault.KindOf(taken[1]) == fault.Unavailable {
				continue // nothing is known of it
			}
			if (taken[0] == nil) == (taken[1] == nil) {
				t.Errorf("A into B: %v; B into A: %v", taken[0], taken[1])
			}
		}
	})
}

func TestAMergeThatThePrimaryRefusesLeavesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	duplicate, ended, pipe := d.reported(t), d.reported(t), newID(t)
	d.do(t, "acceptor", &gridcasev1.DeclineCase{Target: target(ended), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_OUT_OF_SCOPE})
	d.do(t, "worker-1", &gridcasev1.ReportCase{Target: target(pipe), CaseType: "drain.pipe", Point: referencetest.Point(1)})
	for _, tt := range []struct{ name, primary, code string }{
		{"into itself", duplicate, "merge.itself"},
		{"into one that nobody reported", newID(t), "merge.primary_unknown"},
		{"into one that has ended", ended, "merge.primary_ended"},
		{"into one of another kind", pipe, "merge.other_group"},
	} {
		_, err := d.commands.Do(t.Context(), d.as(t, "acceptor"), &gridcasev1.MergeCase{Target: target(duplicate), PrimaryId: tt.primary, Reason: "the same"})
		if fault.Of(err).Code != tt.code {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
		}
	}
	if n := len(events(t, d, duplicate)); n != 1 {
		t.Errorf("the refused merges left %d events", n-1)
	}
}

func TestASplitOpensItsChildrenAtOnceAndTheParentClosesAfterThem(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		parent, first, second := d.reported(t), newID(t), newID(t)
		d.do(t, "acceptor", &gridcasev1.FileCase{Target: target(parent), Condition: "C2"})
		split := &gridcasev1.SplitCase{Target: target(parent), Reason: "two cars", Children: []*gridcasev1.ChildInput{
			{CaseId: first, CaseType: "parking.motor"}, {CaseId: second, CaseType: "drain.pipe", Point: referencetest.Point(2)}}}
		d.do(t, "acceptor", split)
		if again := d.do(t, "acceptor", split); !again.GetDuplicate() {
			t.Errorf("sent again: %v", again)
		}
		d.followUpTenTimes(t, parent)
		numbers := map[string]bool{}
		for _, child := range []string{first, second} {
			stored := events(t, d, child)
			if len(stored) != 1 {
				t.Fatalf("a child has %d events", len(stored))
			}
			m, err := stored[0].Decode()
			if err != nil {
				t.Fatal(err)
			}
			opened := m.(*gridcasev1.CaseReported)
			if opened.GetParent() != parent {
				t.Errorf("the child's parent is %q", opened.GetParent())
			}
			numbers[opened.GetNumber()] = true
		}
		if len(numbers) != 2 {
			t.Errorf("numbers %v", numbers)
		}
		for _, child := range []string{first, second} {
			d.do(t, "acceptor", &gridcasev1.DeclineCase{Target: target(child), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_NOT_EXISTS})
			d.followUpTenTimes(t, child)
		}
		if got := types(t, d, parent); !slices.Equal(got, []string{"CaseReported", "CaseFiled", "CaseSplit", "ChildSettled", "ChildSettled"}) {
			t.Errorf("the parent has %v", got)
		}
	})
}

// followUpTenTimes has ten process managers look at each event of a case at once.
func (d *desk) followUpTenTimes(t *testing.T, id string) {
	t.Helper()
	for _, e := range events(t, d, id) {
		m, err := e.Decode()
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 10 {
			s := d.another(t)
			group.Go(func() {
				if err := s.FollowUp(context.Background(), e, m); err != nil && fault.KindOf(err) != fault.Unavailable {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if err := d.commands.FollowUp(t.Context(), e, m); err != nil {
			t.Error(err)
		}
	}
}

// TestAMergeOverTheTurnOfTheYearFollowsWhenItIsStored: the two cases lie in two streams, which no one append reaches.
func TestAMergeOverTheTurnOfTheYearFollowsWhenItIsStored(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	d.now = func() time.Time { return time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC) }
	old, recent := idOf(time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)), idOf(time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC))
	d.do(t, "worker-1", report(old))
	d.do(t, "worker-1", report(recent))
	d.do(t, "acceptor", &gridcasev1.MergeCase{Target: target(recent), PrimaryId: old})
	if got := types(t, d, old); len(got) != 1 {
		t.Fatalf("the primary of another year has %v at once", got)
	}
	d.followUpTenTimes(t, recent)
	if got := types(t, d, old); !slices.Equal(got, []string{"CaseReported", "DuplicateLinked"}) {
		t.Errorf("the primary has %v", got)
	}
	key, err := eventstore.CaseOf(referencetest.District, old)
	if err != nil || key.Year != 2025 {
		t.Errorf("the primary lies in %d (%v)", key.Year, err)
	}
}

// idOf returns an id of version 7 that carries a time.
func idOf(at time.Time) string {
	id := uuid.New()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli())<<16)
	copy(id[:6], ms[:6])
	id[6] = id[6]&0x0f | 0x70
	return id.String()
}
