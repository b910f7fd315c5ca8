package evidence_test

import (
	"slices"
	"testing"

	"github.com/gridcase/gridcase/pkg/evidence"
)

func TestAWalkSaysInOneLineWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	set := func(e *evidence.Entry, name, value string) {
		e.Headers[name] = []string{value}
	}
	for _, tt := range []struct {
		name, code string
		parts      []string
		damage     func(w *written)
	}{
		{"an event is missing", evidence.Gap, []string{"610302-2026:3 is missing"}, func(w *written) { w.entries = slices.Delete(w.entries, 2, 3) }},
		{"a stretch is missing", evidence.Gap, []string{"610302-2026:2 to 4 are missing: 3 events"}, func(w *written) { w.entries = slices.Delete(w.entries, 1, 4) }},
		{"the beginning is missing", evidence.Gap, []string{"610302-2026:1 to 2 are missing"}, func(w *written) { w.entries = w.entries[2:] }},
		{"the end is missing", evidence.Gap, []string{"610302-2026:6 is missing"}, func(w *written) { w.entries = w.entries[:5] }},
		{"the case of a missing event is named", evidence.Chain, []string{"case 610302/" + id(1) + " version 3", "it follows version 1 of 610302-2026:1", "(610302-2026:5)"}, func(w *written) { w.entries = slices.Delete(w.entries, 2, 3) }},
		{"the case of a missing first event is named", evidence.Chain, []string{"case 610302/" + id(2) + " version 2", "first in the log"}, func(w *written) { w.entries = slices.Delete(w.entries, 1, 2) }},
		{"a payload was altered", evidence.Chain, []string{"case 610302/" + id(1) + " version 3", "version 2 (610302-2026:3) does not match its hash"}, func(w *written) { w.entries[2].Payload = []byte{0x12, 0x00} }},
		{"a header was altered", evidence.Chain, []string{"version 2 (610302-2026:3) does not match its hash"}, func(w *written) { set(&w.entries[2], "gridcase-actor", "another") }},
		{"events of a case changed places", evidence.Chain, []string{"case 610302/" + id(1) + " version 3"}, func(w *written) {
			w.entries[2], w.entries[4] = w.entries[4], w.entries[2]
			w.entries[2].Seq, w.entries[4].Seq = 3, 5
		}},
		{"a first event names one before it", evidence.Chain, []string{"version 1", "names one before it"}, func(w *written) { set(&w.entries[0], "gridcase-prev", "00") }},
		{"time goes back", evidence.Chain, []string{"its time goes back, from 2026-05-01T00:00:03Z to 2026-05-01T00:00:00Z (610302-2026:5)"}, func(w *written) { set(&w.entries[4], "ce-time", "2026-05-01T00:00:00Z") }},
		{"a header is missing", evidence.Event, []string{"case 610302/" + id(1), "header gridcase-state is missing (610302-2026:3)"}, func(w *written) { delete(w.entries[2].Headers, "gridcase-state") }},
		{"an event of another case lies in a case", evidence.Event, []string{"610302-2026:3", "it is of cases.610302.2026." + id(2)}, func(w *written) { set(&w.entries[2], "ce-subject", year.Subject(id(2))) }},
		{"an event of no case", evidence.Event, []string{"610302-2026:3 is of no case of this log"}, func(w *written) { w.entries[2].Subject = "cases.610302.2026.nobody" }},
		{"an event of another year", evidence.Event, []string{"610302-2026:3 is of no case of this log"}, func(w *written) { w.entries[2].Subject = "cases.610302.2025." + id(1) }},
		{"an unknown type", evidence.Event, []string{"its type gridcase.v9.CaseDreamt is not known"}, func(w *written) { set(&w.entries[2], "ce-type", "gridcase.v9.CaseDreamt") }},
		{"a payload of another type", evidence.Event, []string{"its payload is no gridcase.v1.NoteAdded"}, func(w *written) { w.entries[2].Payload = []byte{0xff} }},
		{"a sequence twice", evidence.Event, []string{"610302-2026:3 comes twice"}, func(w *written) { w.entries[3].Seq = 3 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := write(t, 1, 2, 1, 3, 1, 2)
			tt.damage(w)
			found, _, _ := findings(w, 6)
			if !names(found, tt.code, tt.parts...) {
				t.Errorf("found %v, want a %s that says %q", found, tt.code, tt.parts)
			}
		})
	}
}

func TestAnEmptyLogIsSound(t *testing.T) {
	t.Parallel()
	if found, root, whole := findings(write(t), 0); len(found) > 0 || !whole || root.Size != 0 {
		t.Errorf("an empty log: %v, %v", found, root)
	}
}

func TestALogThatIsNotTheOneThatWasSignedIsFound(t *testing.T) {
	t.Parallel()
	whole := write(t, 1, 2, 1, 3, 1, 2, 4)
	first, second := rootOf(t, whole, 3), rootOf(t, whole, 6)
	if found, _, _ := findings(whole, 7, first, second); len(found) > 0 {
		t.Fatalf("a log that grew: %v", found)
	}
	t.Run("the last event of a case was altered", func(t *testing.T) { // no later event holds its hash
		w := write(t, 1, 2, 1, 3, 1, 2, 4)
		w.entries[3].Payload = []byte{0x12, 0x00}
		if found, _, _ := findings(w, 7, first, second); len(found) != 1 || !names(found, evidence.RootDiffer, "610302-2026:4 to 6", "altered") {
			t.Errorf("found %v", found)
		}
	})
	t.Run("the end is gone, and others stand in its place", func(t *testing.T) {
		if found, _, _ := findings(write(t, 1, 2, 1, 5, 5, 5, 5), 7, first, second); !names(found, evidence.RootDiffer, "610302-2026:4 to 6") {
			t.Errorf("found %v", found)
		}
	})
	t.Run("the end is gone", func(t *testing.T) {
		w := write(t, 1, 2, 1, 3)
		if found, _, _ := findings(w, 4, first, second); !names(found, evidence.RootDiffer, "root of 6 events", "ends at 610302-2026:4") {
			t.Errorf("found %v", found)
		}
	})
	t.Run("the heads were signed wrong", func(t *testing.T) {
		other := second
		other.Heads = first.Heads
		if found, _, _ := findings(whole, 7, first, other); !names(found, evidence.RootDiffer, "cases are not those") {
			t.Errorf("found %v", found)
		}
	})
	t.Run("a log with a gap has no root", func(t *testing.T) {
		w := write(t, 1, 2, 1, 3)
		w.entries = slices.Delete(w.entries, 1, 2)
		if _, root, sound := findings(w, 4); sound {
			t.Errorf("a root of %d events", root.Size)
		}
	})
}

func TestCopiesThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	held := make([]evidence.Print, 9)
	for i := range held {
		held[i] = evidence.Print{Seq: uint64(i + 1), Hash: evidence.Hash{byte(i)}}
	}
	altered := slices.Clone(held)
	altered[4].Hash = evidence.Hash{0xff}
	for _, tt := range []struct {
		name, text string
		a, b       []evidence.Print
	}{
		{"a hole", "server n2 misses 610302-2026:3, which server n1 has", held, slices.Delete(slices.Clone(held), 2, 3)},
		{"a hole in the first", "server n1 misses 610302-2026:3, which server n2 has", slices.Delete(slices.Clone(held), 2, 3), held},
		{"a short end", "server n2 misses 610302-2026:6 and the 3 behind it, which server n1 has", held, held[:5]},
		{"a short beginning", "server n1 misses 610302-2026:1 and the 1 behind it, which server n2 has", held[2:], held},
		{"another event", "servers n1 and n2 hold different events at 610302-2026:5", held, altered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var found []evidence.Finding
			evidence.CompareCopies(year.String(), "n1", tt.a, "n2", tt.b, func(f evidence.Finding) { found = append(found, f) })
			if len(found) != 1 || found[0].Text != tt.text {
				t.Errorf("found %v, want %q", found, tt.text)
			}
		})
	}
	evidence.CompareCopies(year.String(), "n1", held, "n2", slices.Clone(held), func(f evidence.Finding) { t.Errorf("equal copies: %v", f) })
}
