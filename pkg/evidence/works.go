package evidence

import (
	"fmt"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// WorksWalk goes along the log of a district's works programme and reports what is wrong with it: a sequence that is missing, an event that
// can't be read, a project whose events form no chain. It goes on behind whatever it finds.
type WorksWalk struct {
	run
	district string
	heads    map[string]head // by the project's code
}

// NewWorksWalk returns a walk along a district's works programme.
func NewWorksWalk(district string, report func(Finding)) *WorksWalk {
	return &WorksWalk{run: newRun("WORKS_"+district, "events", report), district: district, heads: map[string]head{}}
}

// Take takes the next event.
func (w *WorksWalk) Take(e *Entry) {
	if !w.next(e.Seq) {
		return
	}
	code, ours := strings.CutPrefix(e.Subject, "works."+w.district+".")
	if !ours || code == "" || strings.Contains(code, ".") {
		w.report(Finding{Code: Event, Position: w.at(e.Seq), Subject: e.Subject, Text: w.at(e.Seq) + " is of no project of this district"})
		return
	}
	env, err := gridcasev1.ParseEnvelope(e.Headers)
	if err == nil {
		err = readable(e, &env)
	}
	if err != nil {
		w.fault(Event, e, env.Version, err.Error())
	}
	now := head{version: env.Version, seq: e.Seq, at: env.Time.UnixNano(), hash: e.Hash()}
	if wrong := w.breach(w.heads[code], now, env.Prev); wrong != "" {
		w.fault(Chain, e, env.Version, wrong)
	}
	w.heads[code] = now
}

func (w *WorksWalk) fault(code string, e *Entry, version uint64, text string) {
	project := strings.TrimPrefix(e.Subject, "works."+w.district+".")
	w.report(Finding{Code: code, Position: w.at(e.Seq), Subject: e.Subject,
		Text: fmt.Sprintf("project %s/%s version %d: %s (%s)", w.district, project, version, text, w.at(e.Seq))})
}

// Subjects is how many projects there were.
func (w *WorksWalk) Subjects() uint64 { return uint64(len(w.heads)) }
