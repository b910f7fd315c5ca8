package live

import (
	"slices"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// ring is a log's newest heads: those of the sequences from first on, below next.
type ring struct {
	size, base  uint64            // how many there are at most; the sequence of the first one ever
	heads       []eventstore.Head // by sequence behind base modulo size; it grows up to size
	first, next uint64
}

// newRing returns an empty ring that a sequence comes into next.
func newRing(size int, next uint64) *ring {
	return &ring{size: uint64(size), base: next, first: next, next: next}
}

func (r *ring) place(seq uint64) uint64 { return (seq - r.base) % r.size }

// push adds the next head. The oldest one goes where there is no room.
func (r *ring) push(h eventstore.Head) {
	if uint64(len(r.heads)) < r.size {
		r.heads = append(r.heads, h)
	} else {
		r.heads[r.place(h.Seq)] = h
	}
	r.next = h.Seq + 1
	if r.next-r.first > r.size {
		r.first = r.next - r.size
	}
}

// holds tells whether everything behind a sequence is here, up to another one.
func (r *ring) holds(after, to uint64) bool { return after+1 >= r.first && to < r.next }

// latest returns the last head of each case behind a sequence, up to and including another one, in the order of the log.
func (r *ring) latest(after, to uint64) []eventstore.Head {
	var heads []eventstore.Head
	seen := map[string]bool{}
	for seq := to; seq > after; seq-- {
		h := r.heads[r.place(seq)]
		if !seen[h.CaseID] {
			seen[h.CaseID] = true
			heads = append(heads, h)
		}
	}
	slices.Reverse(heads)
	return heads
}
