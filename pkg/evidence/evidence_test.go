package evidence_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/evidence"
)

var (
	year     = evidence.Log{District: "610302", Year: 2026}
	midnight = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
)

// id is the id of the n-th case.
func id(n int) string { return fmt.Sprintf("0198%04x-0000-7000-8000-%012x", n*7919%65536, n) }

// written is a log as the write side writes it.
type written struct {
	entries []evidence.Entry
	last    map[int]*gridcasev1.Envelope
	hashes  map[int]string
}

// write makes a log in which the cases have their events in this order.
func write(t testing.TB, cases ...int) *written {
	t.Helper()
	w := &written{last: map[int]*gridcasev1.Envelope{}, hashes: map[int]string{}}
	for _, n := range cases {
		w.add(t, n)
	}
	return w
}

// add appends the next event of a case.
func (w *written) add(t testing.TB, n int) {
	t.Helper()
	env := gridcasev1.Envelope{Version: 1}
	if before := w.last[n]; before != nil {
		env.Version, env.Prev = before.Version+1, w.hashes[n]
	}
	seq := uint64(len(w.entries) + 1)
	m := &gridcasev1.NoteAdded{}
	env.ID, env.Type, env.Source, env.Time = fmt.Sprint("e", seq), gridcasev1.EventType(m), "/test", midnight.Add(time.Duration(seq)*time.Second)
	env.Subject, env.CommandID, env.CommandHash, env.Actor = year.Subject(id(n)), fmt.Sprint("c", seq), "00", "a"
	env.Role, env.Catalogue, env.Calendar, env.Grid, env.State = gridcasev1.Role_ROLE_ACCEPTOR, 1, 1, "610302001001001", gridcasev1.State_STATE_REPORTED
	payload, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	e := evidence.Entry{Seq: seq, Subject: env.Subject, Headers: env.Headers(), Payload: payload}
	e.Headers["Nats-Expected-Last-Subject-Sequence"], e.Headers["traceparent"] = []string{"0"}, []string{"00-1-2-00"}
	w.entries = append(w.entries, e)
	w.last[n], w.hashes[n] = &env, gridcasev1.Hash(e.Subject, e.Headers, e.Payload)
}

// findings are what a walk reports, and the root that it ends with.
func findings(w *written, last uint64, roots ...evidence.Root) ([]evidence.Finding, evidence.Root, bool) {
	var found []evidence.Finding
	walk := evidence.NewWalk(year, roots, func(f evidence.Finding) { found = append(found, f) })
	for i := range w.entries {
		walk.Take(&w.entries[i])
	}
	walk.End(last)
	root, whole := walk.Root(midnight)
	return found, root, whole
}

// rootOf is the root of the first n events.
func rootOf(t testing.TB, w *written, n int) evidence.Root {
	t.Helper()
	found, root, whole := findings(&written{entries: w.entries[:n]}, uint64(n))
	if len(found) > 0 || !whole {
		t.Fatalf("a sound log is found unsound: %v", found)
	}
	return root
}

func newKey(t testing.TB) evidence.Key {
	t.Helper()
	text, err := evidence.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := evidence.ReadKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// names tells whether one of the findings holds all the parts.
func names(found []evidence.Finding, code string, parts ...string) bool {
	return slices.ContainsFunc(found, func(f evidence.Finding) bool {
		for _, p := range parts {
			if !strings.Contains(f.Text, p) {
				return false
			}
		}
		return f.Code == code && !strings.Contains(f.Text, "\n")
	})
}
