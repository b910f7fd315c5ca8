package evidence

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// head is the last event of a case.
type head struct {
	version uint64
	seq     uint64
	at      int64 // effective time, Unix nanoseconds
	hash    Hash
}

// heads are the last events of all cases of a log.
type heads map[caseKey]head

// leaf is what the tree of the heads holds of one case.
func (h head) leaf(k caseKey) []byte {
	b := make([]byte, 0, len(k)+8+len(h.hash))
	b = binary.BigEndian.AppendUint64(append(b, k[:]...), h.version)
	return append(b, h.hash[:]...)
}

// order is the cases in the order of their ids, which is that of their leaves.
func (h heads) order() []caseKey {
	return slices.SortedFunc(maps.Keys(h), compareKeys)
}

func compareKeys(a, b caseKey) int { return bytes.Compare(a[:], b[:]) }

// root is the hash of the tree of the heads.
func (h heads) root() Hash {
	var t Tree
	for _, k := range h.order() {
		t.Append(h[k].leaf(k))
	}
	return t.Root()
}

// prove returns where a case's head stands in the tree, and the path to its root.
func (h heads) prove(k caseKey) (index uint64, path []Hash, err error) {
	order := h.order()
	at, ok := slices.BinarySearchFunc(order, k, compareKeys)
	if !ok {
		return 0, nil, fmt.Errorf("case %x is not among the %d of the log", k, len(order))
	}
	var t Tree
	if err := t.Keep(uint64(len(order)), uint64(at)); err != nil {
		return 0, nil, err
	}
	for _, k := range order {
		t.Append(h[k].leaf(k))
	}
	path, err = t.Prove(uint64(len(order)), uint64(at))
	return uint64(at), path, err
}
