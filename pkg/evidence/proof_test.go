package evidence_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// prove writes the proof of a case under the root of the first size events.
func prove(t testing.TB, w *written, k evidence.Key, n, size int) []byte {
	t.Helper()
	root := rootOf(t, w, size)
	signed, err := root.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	var sequences []uint64
	for i := range w.entries[:size] {
		if w.entries[i].Subject == year.Subject(id(n)) {
			sequences = append(sequences, w.entries[i].Seq)
		}
	}
	p, err := evidence.NewProver(root, signed, id(n), sequences)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.entries[:size] {
		if err := p.Take(&w.entries[i]); err != nil {
			t.Fatal(err)
		}
	}
	if f := p.Unsound(); f != nil {
		t.Fatal(f)
	}
	text, err := p.File(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAProofShowsEveryEventOfItsCaseAsOfItsRoot(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	rapid.Check(t, func(r *rapid.T) {
		cases := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 40).Draw(r, "cases")
		size := rapid.IntRange(1, len(cases)).Draw(r, "size")
		n := cases[rapid.IntRange(0, size-1).Draw(r, "which")]
		want := 0
		for _, c := range cases[:size] {
			if c == n {
				want++
			}
		}
		p, err := evidence.Verify(prove(t, write(t, cases...), k, n, size), k.Public())
		if err != nil {
			r.Fatal(err)
		}
		if len(p.Events) != want || p.CaseID != id(n) || p.Root.Size != uint64(size) || p.Events[want-1].Version != uint64(want) || p.Events[0].Message == nil {
			r.Errorf("the proof of case %d of %v under %d shows %d events, want %d", n, cases, size, len(p.Events), want)
		}
	})
}

// TestNoByteOfAProofCanChange changes each byte of a file once, by chance.
func TestNoByteOfAProofCanChange(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	text := prove(t, write(t, 1, 2, 1, 3, 1, 2), k, 1, 6)
	refused := func(altered []byte) bool {
		p, err := evidence.Verify(altered, "")
		return p == nil && err != nil && err.Error() != ""
	}
	for i := range text {
		for bit := range 8 {
			altered := bytes.Clone(text)
			altered[i] ^= 1 << bit
			if !refused(altered) {
				t.Fatalf("bit %d of byte %d (%q) may change", bit, i, text[max(0, i-10):min(len(text), i+10)])
			}
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		altered := bytes.Clone(text)
		at := rapid.IntRange(0, len(text)-1).Draw(r, "at")
		altered[at] ^= rapid.ByteRange(1, 255).Draw(r, "by")
		cut := rapid.IntRange(0, len(text)-1).Draw(r, "cut")
		if !refused(altered) || !refused(text[:cut]) || !refused(append(bytes.Clone(text), '\n')) {
			r.Errorf("a file altered at byte %d, or cut at %d, is taken", at, cut)
		}
	})
}

// TestAForgerWithoutTheKeyIsNamed alters files as somebody would who writes them anew, in their one form.
func TestAForgerWithoutTheKeyIsNamed(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	w := write(t, 1, 2, 1, 3, 1, 2)
	text := prove(t, w, k, 1, 6)
	events := func(f map[string]any) []any { return f["events"].([]any) }
	event := func(f map[string]any, i int) map[string]any { return events(f)[i].(map[string]any) }
	for _, tt := range []struct {
		name, says string
		forge      func(f map[string]any)
	}{
		{"the last event is left out", "version 2 is not the case's last one", func(f map[string]any) { f["events"] = events(f)[:2] }},
		{"every event is left out", "version 0 is not the case's last one", func(f map[string]any) { f["events"] = []any{} }},
		{"an event in the middle is left out", "event 2 (610302-2026:5): version 3 does not follow version 1", func(f map[string]any) { f["events"] = []any{events(f)[0], events(f)[2]} }},
		{"the first event is left out", "event 1 (610302-2026:3): version 2 does not follow version 0", func(f map[string]any) { f["events"] = events(f)[1:] }},
		{"a payload is another", "event 2 (610302-2026:3): the event or its path was altered", func(f map[string]any) { event(f, 1)["payload"] = "EgA=" }},
		{"an actor is another", "event 3 (610302-2026:5): the event or its path was altered", func(f map[string]any) { event(f, 2)["headers"].(map[string]any)["gridcase-actor"] = "b" }},
		{"a header is put in that no hash holds", "header Nats-Hidden is no part", func(f map[string]any) { event(f, 0)["headers"].(map[string]any)["Nats-Hidden"] = "b" }},
		{"the events are another case's", "was altered", func(f map[string]any) { f["case"] = id(2) }},
		{"the key is another's", "checkpoint: the signature is not of key", func(f map[string]any) { f["key"] = newKey(t).Public() }},
		{"the root is another's", "checkpoint: ", func(f map[string]any) {
			f["checkpoint"] = strings.Replace(f["checkpoint"].(string), "signed 2026", "signed 2025", 1)
		}},
		{"the format is another", "not of the format", func(f map[string]any) { f["format"] = "gridcase proof 2" }},
		{"a field is put in", "altered at byte", func(f map[string]any) { f["zzz"] = 1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var f map[string]any
			if err := json.Unmarshal(text, &f); err != nil {
				t.Fatal(err)
			}
			tt.forge(f)
			forged, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := evidence.Verify(forged, ""); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the forgery is answered by %v, want %q", err, tt.says)
			}
		})
	}
	t.Run("the whole is signed by another key", func(t *testing.T) {
		t.Parallel()
		if _, err := evidence.Verify(prove(t, w, newKey(t), 1, 6), k.Public()); err == nil || !strings.Contains(err.Error(), "another public key") {
			t.Errorf("it is answered by %v", err)
		}
	})
}

func TestAnUnsoundLogProvesNothing(t *testing.T) {
	t.Parallel()
	w := write(t, 1, 2, 1, 3, 1, 2)
	root := rootOf(t, w, 6)
	signed, err := root.Sign(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := evidence.NewProver(root, signed, id(1), []uint64{1, 3, 5})
	if err != nil {
		t.Fatal(err)
	}
	w.entries[3].Payload = []byte{0x12, 0x00}
	for i := range w.entries {
		if err := p.Take(&w.entries[i]); err != nil {
			t.Fatal(err)
		}
	}
	if f := p.Unsound(); f == nil || f.Code != evidence.RootDiffer {
		t.Errorf("an altered log is found to be %v", f)
	}
}
