package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/archive"
)

const works = "WORKS_610302"

// record is what a stream holds at a sequence.
func record(seq uint64) *gridcasev1.Record {
	return &gridcasev1.Record{Sequence: seq, Subject: fmt.Sprintf("works.610302.project-%d", seq%7), Payload: fmt.Appendf(nil, "payload of %d", seq),
		Headers: []*gridcasev1.RecordHeader{{Name: "ce-id", Values: []string{fmt.Sprint(seq)}}}}
}

// add archives a stream up to a sequence; unsaved: the process ends before the manifest is written.
func add(ctx context.Context, where string, until uint64, unsaved bool) error {
	a, err := archive.Begin(ctx, where)
	if err != nil {
		return err
	}
	w, err := a.Append(works, time.Unix(1, 0), false)
	if err != nil {
		return err
	}
	for w.Next() <= until {
		if err := w.Add(ctx, record(w.Next())); err != nil {
			return err
		}
	}
	if err := w.Close(ctx); err != nil || unsaved {
		return err
	}
	return a.Save(ctx, time.Unix(2, 0))
}

// TestAnArchiveHoldsWhatWasPutIntoIt: in however many runs, some of which end before they are done.
func TestAnArchiveHoldsWhatWasPutIntoIt(t *testing.T) {
	t.Parallel()
	for what, place := range places(t) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ctx, runs := t.Context(), 0
			rapid.Check(t, func(t *rapid.T) {
				runs++
				where, last := fmt.Sprint(place, "/", runs), uint64(0)
				for range rapid.IntRange(1, 6).Draw(t, "runs") {
					until := last + rapid.Uint64Range(0, 50).Draw(t, "more")
					unsaved := rapid.Bool().Draw(t, "cut off")
					if err := add(ctx, where, until, unsaved); err != nil {
						t.Fatal(err)
					}
					if !unsaved {
						last = until
					}
				}
				if err := add(ctx, where, last, false); err != nil {
					t.Fatal(err)
				}
				holds(ctx, t, where, last)
			})
		})
	}
}

// holds fails the test unless the archive holds the records up to last, and is sound.
func holds(ctx context.Context, t rapid.TB, where string, last uint64) {
	t.Helper()
	a, err := archive.Open(ctx, where)
	if err != nil {
		t.Fatal(err)
	}
	next := uint64(1)
	for r, err := range a.Records(ctx, a.Stream(works)) {
		if err != nil || !proto.Equal(r, record(next)) {
			t.Fatalf("record %d is %v, %v", next, r, err)
		}
		next++
	}
	if next != last+1 || a.Stream(works).Count() != last || a.Stream(works).End() != last {
		t.Fatalf("%d records, the manifest says %d up to %d, want %d", next-1, a.Stream(works).Count(), a.Stream(works).End(), last)
	}
	if r := a.Verify(ctx, ""); len(r.Faults) > 0 || r.Records != last {
		t.Fatalf("%d records are sound of %d: %v", r.Records, last, r.Faults)
	}
}

func TestARecordOutOfItsPlaceIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := add(t.Context(), dir, 5, false); err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{4, 5, 7} {
		a, err := archive.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := a.Append(works, time.Unix(1, 0), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(t.Context(), record(seq)); err == nil {
			t.Errorf("record %d was taken behind 5", seq)
		}
	}
}

func TestWhatIsNoArchiveIsLeftAlone(t *testing.T) {
	t.Parallel()
	if _, err := archive.Open(t.Context(), t.TempDir()); !errors.Is(err, archive.ErrNone) {
		t.Errorf("an empty directory is opened: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letters.txt"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Begin(t.Context(), dir); err == nil {
		t.Error("an archive was begun among somebody's letters")
	}
}

// damaged is an archive of three segments that something was done to.
func damaged(t *testing.T, harm func(t *testing.T, dir string, m *archive.Manifest)) *archive.Report {
	t.Helper()
	dir := t.TempDir()
	for _, until := range []uint64{20, 40, 60} {
		if err := add(t.Context(), dir, until, false); err != nil {
			t.Fatal(err)
		}
	}
	a, err := archive.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	harm(t, dir, &a.Manifest)
	text, err := json.Marshal(&a.Manifest)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a, err = archive.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return a.Verify(t.Context(), "")
}

func TestWhateverIsWrongWithAnArchiveIsNamed(t *testing.T) {
	t.Parallel()
	segment := func(dir string, m *archive.Manifest, i int) string {
		return filepath.Join(dir, m.Streams[0].Segments[i].File)
	}
	change := func(change func(b []byte) []byte) func(*testing.T, string, *archive.Manifest) {
		return func(t *testing.T, dir string, m *archive.Manifest) {
			b, err := os.ReadFile(segment(dir, m, 1))
			if err == nil {
				err = os.WriteFile(segment(dir, m, 1), change(b), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, harm := range map[string]func(*testing.T, string, *archive.Manifest){
		"nothing": func(*testing.T, string, *archive.Manifest) {},
		"a flipped bit": change(func(b []byte) []byte {
			b[len(b)/2] ^= 1
			return b
		}),
		"a truncated file": change(func(b []byte) []byte { return b[:len(b)-3] }),
		"a file that is gone": func(t *testing.T, dir string, m *archive.Manifest) {
			if err := os.Remove(segment(dir, m, 1)); err != nil {
				t.Fatal(err)
			}
		},
		"two files that changed places": func(t *testing.T, _ string, m *archive.Manifest) {
			s := m.Streams[0].Segments
			s[0].File, s[1].File = s[1].File, s[0].File
		},
		"a segment that is taken out": func(_ *testing.T, _ string, m *archive.Manifest) {
			m.Streams[0].Segments = append(m.Streams[0].Segments[:1], m.Streams[0].Segments[2])
		},
		"the last segment that is taken out": func(_ *testing.T, _ string, m *archive.Manifest) { m.Streams[0].Segments = m.Streams[0].Segments[:2] },
		"another count":                      func(_ *testing.T, _ string, m *archive.Manifest) { m.Streams[0].Segments[1].Count = 19 },
		"another first sequence":             func(_ *testing.T, _ string, m *archive.Manifest) { m.Streams[0].Segments[0].First = 2 },
		"a file outside of the archive":      func(_ *testing.T, _ string, m *archive.Manifest) { m.Streams[0].Segments[0].File = "../../etc/passwd" },
	} {
		if r := damaged(t, harm); (len(r.Faults) == 0) != (what == "nothing") {
			t.Errorf("%s: %v", what, r.Faults)
		}
	}
}
