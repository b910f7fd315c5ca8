package evidence

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Walk goes along a log, event by event, and reports what is wrong with it: a sequence that is missing, an event that can't be read, a case
// whose events form no chain, a root that was signed of another log. It goes on behind whatever it finds.
type Walk struct {
	log    Log
	report func(Finding)
	expect []Root // signed roots that are still ahead, by size
	proven uint64 // the size of the last root that was right

	last  uint64 // sequence
	whole bool   // no sequence was missing, so that the tree is the log's
	tree  Tree
	heads heads
}

// NewWalk returns a walk along a log that compares it with its signed roots, in the order of their sizes.
func NewWalk(l Log, roots []Root, report func(Finding)) *Walk {
	return &Walk{log: l, report: report, expect: roots, whole: true, heads: heads{}}
}

// Take takes the next event.
func (w *Walk) Take(e *Entry) {
	if e.Seq <= w.last {
		w.report(Finding{Code: Event, Position: w.log.At(e.Seq), Text: w.log.At(e.Seq) + " comes twice, or out of order"})
		return
	}
	w.miss(e.Seq - 1)
	w.last = e.Seq
	hash := e.Hash()
	w.tree.Append(hash[:])
	w.read(e, hash)
	w.compare()
}

// miss reports the sequences up to and including one that should have come.
func (w *Walk) miss(until uint64) {
	first := w.last + 1
	if until < first {
		return
	}
	w.whole = false
	text := w.log.At(first) + " is missing"
	if n := until - w.last; n > 1 {
		text = fmt.Sprintf("%s to %d are missing: %d events", w.log.At(first), until, n)
	}
	w.report(Finding{Code: Gap, Position: w.log.At(first), Text: text})
	w.last = until
}

// read checks the event by itself, and against the last one of its case.
func (w *Walk) read(e *Entry, hash Hash) {
	id, ours := strings.CutPrefix(e.Subject, w.log.Subject(""))
	key, valid := parseCase(id)
	if !ours || !valid {
		w.report(Finding{Code: Event, Position: w.log.At(e.Seq), Text: fmt.Sprintf("%s is of no case of this log", w.log.At(e.Seq))})
		return
	}
	env, err := gridcasev1.ParseEnvelope(e.Headers)
	if err == nil {
		err = readable(e, &env)
	}
	if err != nil {
		w.fault(Event, id, env.Version, e.Seq, err.Error())
	}
	now := head{version: env.Version, seq: e.Seq, at: env.Time.UnixNano(), hash: hash}
	w.follows(id, w.heads[key], now, &env)
	w.heads[key] = now
}

// readable tells what keeps an event from being read.
func readable(e *Entry, env *gridcasev1.Envelope) error {
	if env.Subject != e.Subject {
		return fmt.Errorf("its header says that it is of %s", env.Subject)
	}
	m := gridcasev1.NewEvent(env.Type)
	if m == nil {
		return fmt.Errorf("its type %s is not known to this build", env.Type)
	}
	if proto.Unmarshal(e.Payload, m) != nil {
		return fmt.Errorf("its payload is no %s", env.Type)
	}
	return nil
}

// follows checks an event against the one before it.
func (w *Walk) follows(id string, before, now head, env *gridcasev1.Envelope) {
	switch {
	case now.version != before.version+1 && before.version == 0:
		w.fault(Chain, id, now.version, now.seq, "it is the first in the log")
	case now.version != before.version+1:
		w.fault(Chain, id, now.version, now.seq, fmt.Sprintf("it follows version %d of %s", before.version, w.log.At(before.seq)))
	case before.version == 0 && env.Prev != "":
		w.fault(Chain, id, now.version, now.seq, "the first event names one before it")
	case before.version > 0 && env.Prev != hex.EncodeToString(before.hash[:]):
		w.fault(Chain, id, now.version, now.seq, fmt.Sprintf("version %d (%s) does not match its hash in this one: one of the two was altered", before.version, w.log.At(before.seq)))
	case before.version > 0 && now.at < before.at:
		w.fault(Chain, id, now.version, now.seq, fmt.Sprintf("its time goes back, from %s to %s", instant(before.at), instant(now.at)))
	}
}

func instant(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format(time.RFC3339Nano)
}

func (w *Walk) fault(code, id string, version, seq uint64, text string) {
	name := w.log.District + "/" + id
	w.report(Finding{Code: code, Position: w.log.At(seq), Case: name, Text: fmt.Sprintf("case %s version %d: %s (%s)", name, version, text, w.log.At(seq))})
}

// Last is the sequence of the last event.
func (w *Walk) Last() uint64 { return w.last }

// Events is how many events there were.
func (w *Walk) Events() uint64 { return w.tree.Size() }

// Cases is how many cases there were.
func (w *Walk) Cases() uint64 { return uint64(len(w.heads)) }
