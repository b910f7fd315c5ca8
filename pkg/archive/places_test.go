package archive_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gridcase/gridcase/pkg/archive"
	"github.com/gridcase/gridcase/pkg/archive/s3test"
)

// server is the one that the environment names.
var server *s3test.Server

func TestMain(m *testing.M) { s3test.Main(m, &server) }

// places are where an archive may lie.
func places(t *testing.T) map[string]string {
	return map[string]string{
		"a directory": filepath.Join(t.TempDir(), "copy"),
		"a bucket":    server.Bucket(t, strings.ToLower(t.Name())),
	}
}

// TestOfTwoWritingsAtOnceOneWins: both read the same manifest. Who saves second is told, and the archive is the first one's, whole.
func TestOfTwoWritingsAtOnceOneWins(t *testing.T) {
	t.Parallel()
	for what, where := range places(t) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if err := add(t.Context(), where, 10, false); err != nil {
				t.Fatal(err)
			}
			first, second := extended(t, where, 30), extended(t, where, 20)
			if err := first.Save(t.Context(), time.Unix(3, 0)); err != nil {
				t.Fatal(err)
			}
			if err := second.Save(t.Context(), time.Unix(4, 0)); !errors.Is(err, archive.ErrChanged) {
				t.Errorf("the second writing is told %v", err)
			}
			holds(t.Context(), t, where, 30)
			if err := first.Save(t.Context(), time.Unix(5, 0)); err != nil {
				t.Errorf("who saved last can't save on: %v", err)
			}
		})
	}
}

// TestOfManySavesInOneInstantOneWins: whatever each of them saw before.
func TestOfManySavesInOneInstantOneWins(t *testing.T) {
	t.Parallel()
	for what, where := range places(t) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if err := add(t.Context(), where, 10, false); err != nil {
				t.Fatal(err)
			}
			var saved [16]error
			var together sync.WaitGroup
			begin := make(chan struct{})
			for i := range saved {
				a := extended(t, where, 20+uint64(i))
				together.Go(func() {
					<-begin
					saved[i] = a.Save(t.Context(), time.Unix(3, 0))
				})
			}
			close(begin)
			together.Wait()
			winner := slices.Index(saved[:], nil)
			if winner < 0 {
				t.Fatalf("no save wins: %v", saved)
			}
			for i, err := range saved {
				if i != winner && !errors.Is(err, archive.ErrChanged) {
					t.Errorf("beside the one that won, a save ends with %v", err)
				}
			}
			holds(t.Context(), t, where, 20+uint64(winner))
		})
	}
}

// extended is an archive with more records, not saved.
func extended(t *testing.T, where string, until uint64) *archive.Archive {
	t.Helper()
	a, err := archive.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	w, err := a.Append(works, time.Unix(1, 0), false)
	if err != nil {
		t.Fatal(err)
	}
	for w.Next() <= until {
		if err := w.Add(t.Context(), record(w.Next())); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAnArchiveIsNotBegunAmongOtherFiles: a place that holds another archive further down is not empty.
func TestAnArchiveIsNotBegunAmongOtherFiles(t *testing.T) {
	t.Parallel()
	for what, where := range places(t) {
		if err := add(t.Context(), where, 10, false); err != nil {
			t.Fatal(what, err)
		}
		around := strings.TrimSuffix(where, "/copy")
		if _, err := archive.Open(t.Context(), around); !errors.Is(err, archive.ErrNone) {
			t.Errorf("%s: there is an archive around the archive: %v", what, err)
		}
		if _, err := archive.Begin(t.Context(), around); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("%s: beginning an archive around another ends with %v", what, err)
		}
	}
}

// TestWhatIsUnpackedInMemoryIsBounded: large records are cut into segments before there are many of them.
func TestWhatIsUnpackedInMemoryIsBounded(t *testing.T) {
	t.Parallel()
	a, err := archive.Begin(t.Context(), filepath.Join(t.TempDir(), "copy"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := a.Append(works, time.Unix(1, 0), false)
	if err != nil {
		t.Fatal(err)
	}
	for w.Next() <= 20 {
		r := record(w.Next())
		r.Payload = make([]byte, 8<<20)
		if err := w.Add(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint64{8, 8, 4} {
		if s := a.Stream(works).Segments; len(s) != 3 || s[i].Count != want {
			t.Fatalf("20 records of 8 MiB are cut into %+v", s)
		}
	}
}
