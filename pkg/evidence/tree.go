package evidence

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is a Merkle tree (RFC 6962) that grows leaf by leaf. It keeps what its root needs, a few dozen hashes, and what it was asked to keep
// for a proof. The zero value is the empty tree.
type Tree struct {
	size int64
	edge []Hash // the roots of the complete subtrees, the largest first: one for each bit of size
	kept map[int64]Hash
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return uint64(t.size) }

// Append adds a leaf.
func (t *Tree) Append(leaf []byte) {
	h := tlog.RecordHash(leaf)
	t.keep(0, t.size, h)
	n := t.size
	for level := 1; n&1 == 1; level++ {
		last := len(t.edge) - 1
		h = tlog.NodeHash(t.edge[last], h)
		t.edge = t.edge[:last]
		n >>= 1
		t.keep(level, n, h)
	}
	t.edge = append(t.edge, h)
	t.size++
}

func (t *Tree) keep(level int, n int64, h Hash) {
	if len(t.kept) == 0 {
		return
	}
	at := tlog.StoredHashIndex(level, n)
	if _, wanted := t.kept[at]; wanted {
		t.kept[at] = h
	}
}

// Root is the hash of the whole tree.
func (t *Tree) Root() Hash {
	if t.size == 0 {
		root, _ := tlog.TreeHash(0, nil) // of nothing: it reads nothing
		return root
	}
	root := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.edge[i], root)
	}
	return root
}

// Keep makes the tree keep, while it grows, what proofs of these leaves need once it has size leaves.
func (t *Tree) Keep(size uint64, leaves ...uint64) error {
	if t.kept == nil {
		t.kept = map[int64]Hash{}
	}
	for _, leaf := range leaves {
		if _, err := tlog.ProveRecord(int64(size), int64(leaf), tlog.HashReaderFunc(t.want)); err != nil {
			return fmt.Errorf("plan a proof of leaf %d of %d: %w", leaf, size, err)
		}
	}
	return nil
}

// Prove returns the path from a leaf that Keep was told of to the root of a tree of size leaves.
func (t *Tree) Prove(size, leaf uint64) ([]Hash, error) {
	path, err := tlog.ProveRecord(int64(size), int64(leaf), tlog.HashReaderFunc(t.read))
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", leaf, size, err)
	}
	return path, nil
}

// want notes which hashes are needed.
func (t *Tree) want(indexes []int64) ([]Hash, error) {
	for _, i := range indexes {
		t.kept[i] = Hash{}
	}
	return make([]Hash, len(indexes)), nil
}

func (t *Tree) read(indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	for k, i := range indexes {
		h, ok := t.kept[i]
		if !ok || h == (Hash{}) {
			return nil, fmt.Errorf("hash %d was not kept", i)
		}
		hashes[k] = h
	}
	return hashes, nil
}

// checkPath tells whether a leaf stands under a root.
func checkPath(path []Hash, size, leaf uint64, root Hash, data []byte) bool {
	return tlog.CheckRecord(path, int64(size), root, int64(leaf), tlog.RecordHash(data)) == nil
}
