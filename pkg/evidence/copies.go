package evidence

import (
	"fmt"
	"strconv"
)

// Print is what one copy of a stream holds at a sequence.
type Print struct {
	Seq  uint64
	Hash Hash
}

// CompareCopies reports where two servers' copies of the same stretch of a stream differ, named as in positions. Both are in
// the order of their sequences.
func CompareCopies(stream, server string, held []Print, other string, otherHeld []Print, report func(Finding)) {
	for len(held) > 0 || len(otherHeld) > 0 {
		if n := ahead(held, otherHeld); n > 0 {
			report(missing(stream, other, server, held[0].Seq, n))
			held = held[n:]
			continue
		}
		if n := ahead(otherHeld, held); n > 0 {
			report(missing(stream, server, other, otherHeld[0].Seq, n))
			otherHeld = otherHeld[n:]
			continue
		}
		if held[0].Hash != otherHeld[0].Hash {
			at := place(stream, held[0].Seq)
			report(Finding{Code: CopyDiffer, Position: at, Text: fmt.Sprintf("servers %s and %s hold different events at %s", server, other, at)})
		}
		held, otherHeld = held[1:], otherHeld[1:]
	}
}

// ahead is how many of the first ones stand before everything in the others.
func ahead(held, others []Print) int {
	n := 0
	for n < len(held) && (len(others) == 0 || held[n].Seq < others[0].Seq) {
		n++
	}
	return n
}

func missing(stream, lacks, has string, first uint64, n int) Finding {
	at := place(stream, first)
	stretch := at
	if n > 1 {
		stretch = fmt.Sprintf("%s and the %d behind it", stretch, n-1)
	}
	return Finding{Code: CopyDiffer, Position: at, Text: fmt.Sprintf("server %s misses %s, which server %s has", lacks, stretch, has)}
}

func place(stream string, seq uint64) string { return stream + ":" + strconv.FormatUint(seq, 10) }
