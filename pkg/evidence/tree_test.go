package evidence_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// TestATreeIsThatOfTransparencyLogs holds the tree to the library that keeps every hash.
func TestATreeIsThatOfTransparencyLogs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Uint64Range(1, 200).Draw(t, "size")
		more := rapid.Uint64Range(0, 50).Draw(t, "more")
		leaf := rapid.Uint64Range(0, size-1).Draw(t, "leaf")
		var tree evidence.Tree
		if err := tree.Keep(size, leaf); err != nil {
			t.Fatal(err)
		}
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			hashes := make([]tlog.Hash, len(indexes))
			for i, at := range indexes {
				hashes[i] = stored[at]
			}
			return hashes, nil
		})
		for n := range size + more {
			data := binary.BigEndian.AppendUint64(nil, n)
			tree.Append(data)
			hashes, err := tlog.StoredHashes(int64(n), data, reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hashes...)
			if want, err := tlog.TreeHash(int64(n+1), reader); err != nil || tree.Root() != want {
				t.Fatalf("the root of %d leaves is %v, want %v (%v)", n+1, tree.Root(), want, err)
			}
		}
		path, err := tree.Prove(size, leaf)
		if err != nil {
			t.Fatal(err)
		}
		root, err := tlog.TreeHash(int64(size), reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(path, int64(size), root, int64(leaf), tlog.RecordHash(binary.BigEndian.AppendUint64(nil, leaf))); err != nil {
			t.Errorf("leaf %d of %d is not proven: %v", leaf, size, err)
		}
	})
}

func TestAProofThatWasNotAskedForIsRefused(t *testing.T) {
	t.Parallel()
	var tree evidence.Tree
	if err := tree.Keep(4, 9); err == nil {
		t.Error("a leaf behind the end is planned")
	}
	if err := tree.Keep(4, 1); err != nil {
		t.Fatal(err)
	}
	tree.Append([]byte("a"))
	if _, err := tree.Prove(4, 1); err == nil {
		t.Error("a tree of one leaf proves one of four")
	}
}
