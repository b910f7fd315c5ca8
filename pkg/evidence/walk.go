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
	run
	log    Log
	expect []Root // signed roots that are still ahead, by size
	proven uint64 // the size of the last root that was right
	tree   Tree   // the log's, if no sequence was missing
	heads  heads
}

// NewWalk returns a walk along a log that compares it with its signed roots, in the order of their sizes.
func NewWalk(l Log, roots []Root, report func(Finding)) *Walk {
	return &Walk{run: newRun(l.String(), "events", report), log: l, expect: roots, heads: heads{}}
}

// Take takes the next event.
func (w *Walk) Take(e *Entry) {
	if !w.next(e.Seq) {
		return
	}
	hash := e.Hash()
	w.tree.Append(hash[:])
	w.read(e, hash)
	w.compare()
}

// read checks the event by itself, and against the last one of its case.
func (w *Walk) read(e *Entry, hash Hash) {
	id, ours := strings.CutPrefix(e.Subject, w.log.Subject(""))
	key, valid := parseCase(id)
	if !ours || !valid {
		w.report(Finding{Code: Event, Position: w.at(e.Seq), Text: fmt.Sprintf("%s is of no case of this log", w.at(e.Seq))})
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
	if wrong := w.breach(w.heads[key], now, env.Prev); wrong != "" {
		w.fault(Chain, id, now.version, now.seq, wrong)
	}
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

// breach tells what is wrong between an event and the one before it of its case or project; empty: nothing.
func (r *run) breach(before, now head, prev string) string {
	switch {
	case now.version != before.version+1 && before.version == 0:
		return "it is the first in the log"
	case now.version != before.version+1:
		return fmt.Sprintf("it follows version %d of %s", before.version, r.at(before.seq))
	case before.version == 0 && prev != "":
		return "the first event names one before it"
	case before.version > 0 && prev != hex.EncodeToString(before.hash[:]):
		return fmt.Sprintf("version %d (%s) does not match its hash in this one: one of the two was altered", before.version, r.at(before.seq))
	case before.version > 0 && now.at < before.at:
		return fmt.Sprintf("its time goes back, from %s to %s", instant(before.at), instant(now.at))
	}
	return ""
}

func instant(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format(time.RFC3339Nano)
}

func (w *Walk) fault(code, id string, version, seq uint64, text string) {
	name := w.log.District + "/" + id
	w.report(Finding{Code: code, Position: w.at(seq), Case: name, Text: fmt.Sprintf("case %s version %d: %s (%s)", name, version, text, w.at(seq))})
}

// Cases is how many cases there were.
func (w *Walk) Cases() uint64 { return uint64(len(w.heads)) }
