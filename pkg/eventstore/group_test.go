package eventstore_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// crowd is how many writers append at once.
const crowd = 64

// appended is what a writer was told.
type appended struct {
	c   eventstore.Case
	seq uint64
	err error
}

// places are the logs where appends that meet are committed together.
var places = map[string]func(*testing.T) *eventstore.Log{
	"three servers":         func(t *testing.T) *eventstore.Log { return open(t, natstest.Cluster(t).Connect(t), 3) },
	"one server that syncs": func(t *testing.T) *eventstore.Log { return open(t, natstest.Connect(t, natstest.Node(t)), 1) },
}

// everywhere runs a test in each of the places.
func everywhere(t *testing.T, test func(t *testing.T, log *eventstore.Log)) {
	t.Parallel()
	for name, log := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, log(t))
		})
	}
}

// together has a crowd append at once to a case of its own each, as write says.
func together(t *testing.T, log *eventstore.Log, crowd int, write func(i int, c eventstore.Case) (uint64, error)) []appended {
	t.Helper()
	fill(t, log, 1) // so that the stream is there
	all := make([]appended, crowd)
	var group sync.WaitGroup
	for i := range all {
		all[i].c = newCase(t)
		group.Go(func() { all[i].seq, all[i].err = write(i, all[i].c) })
	}
	group.Wait()
	return all
}

// largestBatch is how many events the largest batch in a stream has.
func largestBatch(t *testing.T, log *eventstore.Log, stream string) int {
	t.Helper()
	copies, _, err := log.Copies(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	defer copies[0].Close(t.Context())
	events, err := copies[0].Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, e := range events {
		for _, batch := range e.Headers["Nats-Batch-Id"] {
			sizes[batch]++
		}
	}
	return slices.Max(slices.AppendSeq([]int{0}, maps.Values(sizes)))
}

// holds returns the sequences of the events that the log has of a case.
func holds(t *testing.T, log *eventstore.Log, c eventstore.Case) (sequences []uint64) {
	t.Helper()
	events, err := log.Load(t.Context(), c, 0, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		sequences = append(sequences, e.Seq)
	}
	return sequences
}

func TestAppendsThatMeetAreCommittedTogether(t *testing.T) {
	everywhere(t, func(t *testing.T, log *eventstore.Log) {
		all := together(t, log, crowd, func(_ int, c eventstore.Case) (uint64, error) {
			first := note(t, c, 1, "", "a")
			return log.Append(t.Context(), c, 0, []eventstore.Event{first, note(t, c, 2, first.Hash, "b")})
		})
		for _, a := range all {
			if a.err != nil || !slices.Equal(holds(t, log, a.c), []uint64{a.seq - 1, a.seq}) {
				t.Errorf("an append was told %d, %v; the log holds %v", a.seq, a.err, holds(t, log, a.c))
			}
		}
		if largest := largestBatch(t, log, streamOf(all)); largest < 4 {
			t.Errorf("the largest batch has %d events: no two appends of two events each went together", largest)
		}
	})
}

func TestAppendsGoByThemselvesWhereABatchIsDearer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lazy  bool
		crowd int
	}{
		"few, on one server that syncs":          {false, 32},
		"many, on one server that does not sync": {true, crowd},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Lazy: test.lazy})
			if err != nil {
				t.Fatal(err)
			}
			all := together(t, log, test.crowd, func(_ int, c eventstore.Case) (uint64, error) {
				return log.Append(t.Context(), c, 0, []eventstore.Event{note(t, c, 1, "", "a")})
			})
			for _, a := range all {
				if a.err != nil || !slices.Equal(holds(t, log, a.c), []uint64{a.seq}) {
					t.Errorf("an append was told %d, %v; the log holds %v", a.seq, a.err, holds(t, log, a.c))
				}
			}
			if largest := largestBatch(t, log, streamOf(all)); largest != 0 {
				t.Errorf("%d appends were made a batch", largest)
			}
		})
	}
}

func TestMoreMeetThanTheServerTakesBatchesAtOnce(t *testing.T) {
	t.Parallel()
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Lazy: true, Patience: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	all := together(t, log, 2*crowd, func(_ int, c eventstore.Case) (uint64, error) {
		first := note(t, c, 1, "", "a")
		return log.Append(t.Context(), c, 0, []eventstore.Event{first, note(t, c, 2, first.Hash, "b")})
	})
	for _, a := range all {
		if a.err != nil || len(holds(t, log, a.c)) != 2 {
			t.Errorf("an append was told %d, %v; the log holds %v", a.seq, a.err, holds(t, log, a.c))
		}
	}
}

// streamOf is the stream that appends went to.
func streamOf(all []appended) string {
	return eventstore.Stream{District: all[0].c.District, Year: all[0].c.Year}.Name()
}

func TestOfThoseThatMeetOnlyWhoIsWrongIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, log *eventstore.Log) {
		all := together(t, log, crowd, func(i int, c eventstore.Case) (uint64, error) {
			e, after := note(t, c, 1, "", "a"), uint64(0)
			switch i % 16 {
			case 7:
				after = 1 // another case's event is there
			case 8:
				e.Payload = make([]byte, 2<<20)
			}
			return log.Append(t.Context(), c, after, []eventstore.Event{e})
		})
		for i, a := range all {
			stored := len(holds(t, log, a.c))
			var f *fault.Error
			switch i % 16 {
			case 7:
				if !errors.Is(a.err, eventstore.ErrConflict) || stored != 0 {
					t.Errorf("append %d behind what is not there: %v, %d stored", i, a.err, stored)
				}
			case 8:
				if !errors.As(a.err, &f) || f.Code != "log.too_large" || stored != 0 {
					t.Errorf("append %d of 2 MiB: %v, %d stored", i, a.err, stored)
				}
			default:
				if a.err != nil || stored != 1 {
					t.Errorf("append %d: %v, %d stored", i, a.err, stored)
				}
			}
		}
	})
}

func TestWhoLeavesDisturbsNobody(t *testing.T) {
	everywhere(t, func(t *testing.T, log *eventstore.Log) {
		all := together(t, log, crowd, func(i int, c eventstore.Case) (uint64, error) {
			ctx := t.Context()
			if i%2 == 1 {
				short, cancel := context.WithTimeout(ctx, time.Duration(i)*100*time.Microsecond)
				defer cancel()
				ctx = short
			}
			return log.Append(ctx, c, 0, []eventstore.Event{note(t, c, 1, "", "a")})
		})
		for i, a := range all {
			stored := len(holds(t, log, a.c))
			switch {
			case errors.Is(a.err, eventstore.ErrUnknown) && i%2 == 1:
			case fault.KindOf(a.err) == fault.Unavailable && a.err != nil && i%2 == 1:
				if stored != 0 {
					t.Errorf("append %d was told that nothing was stored: %d are", i, stored)
				}
			case a.err != nil || stored != 1:
				t.Errorf("append %d: %v, %d stored", i, a.err, stored)
			}
		}
	})
}
