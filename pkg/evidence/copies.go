package evidence

import "fmt"

// Print is what one copy of a log holds at a sequence.
type Print struct {
	Seq  uint64
	Hash Hash
}

// CompareCopies reports where two servers' copies of the same stretch of a log differ. Both are in the order of their sequences.
func CompareCopies(l Log, server string, held []Print, other string, otherHeld []Print, report func(Finding)) {
	for len(held) > 0 || len(otherHeld) > 0 {
		if n := ahead(held, otherHeld); n > 0 {
			report(missing(l, other, server, held[0].Seq, n))
			held = held[n:]
			continue
		}
		if n := ahead(otherHeld, held); n > 0 {
			report(missing(l, server, other, otherHeld[0].Seq, n))
			otherHeld = otherHeld[n:]
			continue
		}
		if held[0].Hash != otherHeld[0].Hash {
			at := l.At(held[0].Seq)
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

func missing(l Log, lacks, has string, first uint64, n int) Finding {
	stretch := l.At(first)
	if n > 1 {
		stretch = fmt.Sprintf("%s and the %d events behind it", stretch, n-1)
	}
	return Finding{Code: CopyDiffer, Position: l.At(first), Text: fmt.Sprintf("server %s misses %s, which server %s has", lacks, stretch, has)}
}
