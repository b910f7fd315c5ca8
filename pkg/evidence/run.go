package evidence

import "fmt"

// run goes along the sequences of one stream and reports those that are missing.
type run struct {
	name   string // of the stream, in positions: "610302-2026", "WORKS_610302"
	noun   string // what the stream is made of
	report func(Finding)

	last  uint64 // sequence
	count uint64
	whole bool // no sequence was missing
}

func newRun(name, noun string, report func(Finding)) run {
	return run{name: name, noun: noun, report: report, whole: true}
}

// at is a position in the stream.
func (r *run) at(seq uint64) string { return place(r.name, seq) }

// next goes on to a sequence. False: it was there before.
func (r *run) next(seq uint64) bool {
	if seq <= r.last {
		r.report(Finding{Code: Event, Position: r.at(seq), Text: r.at(seq) + " comes twice, or out of order"})
		return false
	}
	r.miss(seq - 1)
	r.last = seq
	r.count++
	return true
}

// miss reports the sequences up to and including one that should have come.
func (r *run) miss(until uint64) {
	first := r.last + 1
	if until < first {
		return
	}
	r.whole = false
	text := r.at(first) + " is missing"
	if n := until - r.last; n > 1 {
		text = fmt.Sprintf("%s to %d are missing: %d %s", r.at(first), until, n, r.noun)
	}
	r.report(Finding{Code: Gap, Position: r.at(first), Text: text})
	r.last = until
}

// Last is the sequence of the last one.
func (r *run) Last() uint64 { return r.last }

// Events is how many there were.
func (r *run) Events() uint64 { return r.count }

// End ends the walk at the last sequence that the stream's server names.
func (r *run) End(last uint64) { r.miss(last) }
