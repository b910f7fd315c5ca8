package evidence

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// RootsWalk goes along the signed roots of a district's logs and reports what is wrong with them: a sequence that is missing, a root that the
// key did not sign or that is of another log than its subject says, one that covers no more events than the one before it or was signed
// earlier. Whether a log holds its roots, a Walk along the log tells. That there is one of every day nobody promises: a log that did not
// grow has none, and neither has a day on which nothing ran.
type RootsWalk struct {
	run
	district, key string
	newest        map[Log]Root
}

// NewRootsWalk returns a walk along a district's signed roots. The key is the public one.
func NewRootsWalk(district, key string, report func(Finding)) *RootsWalk {
	return &RootsWalk{run: newRun("ROOTS_"+district, "roots", report), district: district, key: key, newest: map[Log]Root{}}
}

// Take takes the next root.
func (w *RootsWalk) Take(e *Entry) {
	if !w.next(e.Seq) {
		return
	}
	root, err := OpenRoot(string(e.Payload), w.key)
	if err != nil {
		w.fault(e, fmt.Sprintf("root %s can't be trusted: %v", w.at(e.Seq), err))
		return
	}
	if subject := fmt.Sprintf("roots.%s.%04d", root.Log.District, root.Log.Year); subject != e.Subject || root.Log.District != w.district {
		w.fault(e, fmt.Sprintf("root %s lies under %s, but was signed of %s", w.at(e.Seq), e.Subject, root.Log))
		return
	}
	before, later := w.newest[root.Log]
	switch {
	case later && root.Size <= before.Size:
		w.fault(e, fmt.Sprintf("root %s of %s covers %d events, the one before it %d", w.at(e.Seq), root.Log, root.Size, before.Size))
	case later && root.SignedAt.Before(before.SignedAt):
		w.fault(e, fmt.Sprintf("root %s of %s was signed at %s, the one before it at %s", w.at(e.Seq), root.Log, root.SignedAt.Format(time.RFC3339), before.SignedAt.Format(time.RFC3339)))
	}
	w.newest[root.Log] = root
}

func (w *RootsWalk) fault(e *Entry, text string) {
	w.report(Finding{Code: RootDiffer, Position: w.at(e.Seq), Subject: e.Subject, Text: text})
}

// Lost reports the logs that have a root, but are not among those that are there.
func (w *RootsWalk) Lost(there []Log) {
	for _, l := range slices.SortedFunc(maps.Keys(w.newest), func(a, b Log) int { return a.Year - b.Year }) {
		if root := w.newest[l]; !slices.Contains(there, l) {
			w.report(Finding{Code: RootDiffer, Position: l.At(root.Size), Text: fmt.Sprintf("%s, whose root of %d events was signed at %s, is not there", l, root.Size, root.SignedAt.Format(time.RFC3339))})
		}
	}
}

// Subjects is how many logs there were roots of.
func (w *RootsWalk) Subjects() uint64 { return uint64(len(w.newest)) }
