package casesort

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// filled is an event none of whose fields is empty.
func filled(t *testing.T, dice *rand.Rand) eventstore.Event {
	t.Helper()
	var e eventstore.Event
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		for i := range v.NumField() {
			switch f := v.Field(i).Addr().Interface().(type) {
			case *string:
				*f = strings.Repeat(string(rune('a'+dice.IntN(26))), 1+dice.IntN(300))
			case *[]byte:
				*f = []byte(fmt.Sprint(dice.Uint64()))
			case *time.Time:
				*f = time.Unix(dice.Int64N(1<<33), dice.Int64N(1e9)).UTC()
			case *uint64:
				*f = dice.Uint64()
			case *uint32:
				*f = dice.Uint32()
			case *int:
				*f = 2000 + dice.IntN(100)
			case *gridcasev1.Role:
				*f = gridcasev1.Role(1 + dice.IntN(5))
			case *gridcasev1.State:
				*f = gridcasev1.State(1 + dice.IntN(5))
			case *gridcasev1.Envelope:
				fill(v.Field(i))
			default:
				t.Fatalf("a field of another type: %T", f)
			}
		}
	}
	fill(reflect.ValueOf(&e).Elem())
	return e
}

func TestARecordHoldsEveryFieldOfAnEvent(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		e := filled(t, dice)
		for _, e := range []eventstore.Event{e, {CaseID: e.CaseID, Payload: []byte{}, Envelope: gridcasev1.Envelope{Time: e.Time}}} {
			got, err := readRecord(appendRecord(nil, &e))
			if err != nil || !reflect.DeepEqual(got, e) {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, e)
			}
		}
	}
}

func TestARecordThatIsCutOffIsNoEvent(t *testing.T) {
	t.Parallel()
	e := filled(t, rand.New(rand.NewPCG(3, 4)))
	record := appendRecord(nil, &e)
	for n := range len(record) - len(e.Payload) {
		if _, err := readRecord(record[:n]); err == nil {
			t.Errorf("of %d bytes, %d make an event", len(record), n)
		}
	}
}

func TestEventsComeInTheOrderOfTheirCases(t *testing.T) {
	t.Parallel()
	for _, cases := range []int{0, 1, 500} {
		dice := rand.New(rand.NewPCG(5, uint64(cases)))
		s, err := newSorter(t.TempDir(), 20_000, 100)
		if err != nil {
			t.Fatal(err)
		}
		var all []eventstore.Event
		for i := range cases {
			for version := range 1 + dice.IntN(9) {
				e := filled(t, dice)
				e.CaseID, e.Version = fmt.Sprintf("%04d", i), uint64(version+1)
				all = append(all, e)
			}
		}
		for _, i := range dice.Perm(len(all)) {
			if err := s.Add(&all[i]); err != nil {
				t.Fatal(err)
			}
		}
		if sections := len(s.sections); cases > 1 && sections < 10 {
			t.Errorf("%d events lie in %d sections", len(all), sections)
		}
		var got []eventstore.Event
		for e, err := range s.Sorted() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e)
		}
		if want := slices.SortedFunc(slices.Values(all), func(a, b eventstore.Event) int {
			return cmp.Or(cmp.Compare(a.CaseID, b.CaseID), cmp.Compare(a.Version, b.Version))
		}); !reflect.DeepEqual(got, want) {
			t.Errorf("%d events come as %d in another order", len(want), len(got))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAFileThatCannotBeWrittenOrReadIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := New(t.TempDir() + "/none"); err == nil {
		t.Error("a directory that isn't there")
	}
	s, err := newSorter(t.TempDir(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	e := filled(t, rand.New(rand.NewPCG(7, 8)))
	if err := s.Add(&e); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(&e); err == nil {
		t.Error("an event went into a file that is closed")
	}
	for _, err := range s.Sorted() {
		if err == nil {
			t.Error("an event came out of a file that is closed")
		}
	}
}

func TestAFullDiskIsLeftToOthers(t *testing.T) {
	t.Parallel()
	s, err := newSorter(t.TempDir(), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := filled(t, rand.New(rand.NewPCG(9, 10)))
	if err := s.Add(&e); !errors.Is(err, ErrFull) {
		t.Errorf("an event was taken with %v, want ErrFull", err)
	}
}
