package eventstore_test

import (
	"fmt"
	"testing"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// fill stores n events of one case and returns its stream.
func fill(t *testing.T, log *eventstore.Log, n int) eventstore.Stream {
	t.Helper()
	c := newCase(t)
	prev, seq := "", uint64(0)
	for i := range n {
		e := note(t, c, uint64(i+1), prev, fmt.Sprint(i))
		prev = e.Hash
		var err error
		if seq, err = log.Append(t.Context(), c, seq, []eventstore.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := log.Stream(t.Context(), c.District, c.Year)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readCopy returns the sequences that a copy holds.
func readCopy(t *testing.T, c *eventstore.Copy) (sequences []uint64) {
	t.Helper()
	defer c.Close(t.Context())
	for {
		events, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return sequences
		}
		for _, e := range events {
			sequences = append(sequences, e.Seq)
		}
	}
}

func TestAStreamOnOneServerHasOneCopy(t *testing.T) {
	t.Parallel()
	log := open(t, natstest.Connect(t, natstest.Node(t)), 1)
	s := fill(t, log, 30)
	copies, missing, err := log.Copies(t.Context(), s.Name())
	if err != nil || len(copies) != 1 || len(missing) != 0 || copies[0].Server != "" {
		t.Fatalf("copies %v, missing %v, %v", copies, missing, err)
	}
	if got := readCopy(t, copies[0]); len(got) != 30 || got[29] != 30 {
		t.Errorf("the copy holds %v", got)
	}
}

func TestEachServersCopyOfAStreamIsRead(t *testing.T) {
	t.Parallel()
	cluster := natstest.Cluster(t)
	log := open(t, cluster.Connect(t), 3)
	s := fill(t, log, 30)
	copies, missing, err := log.Copies(t.Context(), s.Name())
	if err != nil || len(copies) != 3 || len(missing) != 0 {
		t.Fatalf("copies %v, missing %v, %v", copies, missing, err)
	}
	seen := map[string]bool{}
	for _, c := range copies {
		seen[c.Server] = true
		if got := readCopy(t, c); len(got) != 30 {
			t.Errorf("server %s holds %v", c.Server, got)
		}
	}
	if len(seen) != 3 {
		t.Errorf("the copies are of %v", seen)
	}
}

func TestSignedRootsAreKeptInOrderBehindEachOther(t *testing.T) {
	t.Parallel()
	log := open(t, natstest.Connect(t, natstest.Node(t)), 1)
	s, next := fill(t, log, 1), eventstore.Stream{District: "610302", Year: 2001}
	if last, err := log.LastRoot(t.Context(), s); err != nil || last != nil {
		t.Fatalf("the last root of a log without one is %v, %v", last, err)
	}
	first, err := log.AppendRoot(t.Context(), s, 0, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendRoot(t.Context(), next, 0, "another year's"); err != nil {
		t.Fatal(err)
	}
	if _, err := log.AppendRoot(t.Context(), s, 0, "b"); err == nil {
		t.Error("a root is stored by somebody who hasn't seen the last one")
	}
	if _, err := log.AppendRoot(t.Context(), s, first, "c"); err != nil {
		t.Fatal(err)
	}
	roots, err := log.Roots(t.Context(), s)
	if err != nil || len(roots) != 2 || roots[0].Note != "a" || roots[1].Note != "c" {
		t.Errorf("the roots are %v, %v", roots, err)
	}
}
