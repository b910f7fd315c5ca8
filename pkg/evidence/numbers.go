package evidence

import (
	"fmt"
	"strconv"
	"strings"
)

// NumbersWalk goes along the counters of case numbers and reports one whose value is no number. A counter keeps its newest value alone, so
// sequences may be missing.
type NumbersWalk struct {
	run
	counters map[string]bool
}

// NewNumbersWalk returns a walk along the counters.
func NewNumbersWalk(report func(Finding)) *NumbersWalk {
	return &NumbersWalk{run: newRun("KV_NUMBERS", "values", report), counters: map[string]bool{}}
}

// Take takes the next value.
func (w *NumbersWalk) Take(e *Entry) {
	w.last = e.Seq
	w.count++
	w.counters[e.Subject] = true
	if _, err := strconv.ParseUint(string(e.Payload), 10, 64); err != nil {
		w.report(Finding{Code: Event, Position: w.at(e.Seq), Subject: e.Subject,
			Text: fmt.Sprintf("counter %s holds no number (%s)", strings.TrimPrefix(e.Subject, "$KV.NUMBERS."), w.at(e.Seq))})
	}
}

// End ends the walk: what is behind the last value was replaced.
func (w *NumbersWalk) End(uint64) {}

// Subjects is how many counters there were.
func (w *NumbersWalk) Subjects() uint64 { return uint64(len(w.counters)) }
