package evidence

import (
	"fmt"
	"time"
)

// Root is the state of the log as far as it was walked; false where sequences were missing, since then there is none.
func (w *Walk) Root(now time.Time) (Root, bool) {
	return Root{Log: w.log, Size: w.tree.Size(), Hash: w.tree.Root(), Cases: w.Cases(), Heads: w.heads.root(), SignedAt: now}, w.whole
}

// compare holds the tree to the signed roots of its size.
func (w *Walk) compare() {
	for len(w.expect) > 0 && w.expect[0].Size <= w.last {
		root := w.expect[0]
		w.expect = w.expect[1:]
		if !w.whole {
			continue // that events are missing was reported
		}
		if root.Size != w.last || root.Hash != w.tree.Root() {
			w.differs(&root, fmt.Sprintf("one of the events from %s to %d was altered, put in or taken out", w.at(w.proven+1), root.Size))
			continue
		}
		// The cases are sorted for the newest root alone: they follow from the events, which every root holds.
		if len(w.expect) == 0 && (root.Cases != w.Cases() || root.Heads != w.heads.root()) {
			w.differs(&root, "the cases are not those of its events")
			continue
		}
		w.proven = root.Size
	}
}

func (w *Walk) differs(root *Root, text string) {
	w.report(Finding{Code: RootDiffer, Position: w.at(root.Size), Text: fmt.Sprintf("%s is not the log whose root of %d events was signed at %s: %s", w.log, root.Size, root.SignedAt.Format(time.RFC3339), text)})
}

// End ends the walk at the last sequence that the log's server names.
func (w *Walk) End(last uint64) {
	w.run.End(last)
	w.compare()
	for i := range w.expect {
		root := &w.expect[i]
		w.differs(root, fmt.Sprintf("it ends at %s", w.at(w.last)))
	}
	w.expect = nil
}
