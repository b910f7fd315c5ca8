package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// The streams whose names say what they hold.
const (
	casesPrefix = "CASES_"
	rootsPrefix = "ROOTS_"
)

// Report is what a check found.
type Report struct {
	Records uint64
	Events  uint64   // of cases
	Roots   int      // signed roots that the events were held to
	Faults  []string // one line each; none: the archive is sound
}

// Verify checks the whole archive without a server: files, chain, sequences, the chain of each case, and the signed roots by the public key;
// empty: by the one that the manifest names, whose it is the archive can't tell.
func (a *Archive) Verify(ctx context.Context, key string) *Report {
	if key == "" {
		key = a.Key
	}
	r := &Report{}
	roots := a.roots(ctx, key, r)
	for i := range a.Streams {
		s := &a.Streams[i]
		if l, ok := logOf(s.Name); ok {
			a.walk(ctx, s, l, roots[l], r)
			continue
		}
		if !strings.HasPrefix(s.Name, rootsPrefix) { // those are read by now
			a.count(ctx, s, r)
		}
	}
	return r
}

func (r *Report) fault(err error) { r.Faults = append(r.Faults, err.Error()) }

// count reads a stream to its end.
func (a *Archive) count(ctx context.Context, s *Stream, r *Report) {
	for _, err := range a.Records(ctx, s) {
		if err != nil {
			r.fault(err)
			return
		}
		r.Records++
	}
}

// roots are the signed roots, by the log that they are of.
func (a *Archive) roots(ctx context.Context, key string, r *Report) map[evidence.Log][]evidence.Root {
	roots := map[evidence.Log][]evidence.Root{}
	for i := range a.Streams {
		s := &a.Streams[i]
		if !strings.HasPrefix(s.Name, rootsPrefix) {
			continue
		}
		for record, err := range a.Records(ctx, s) {
			if err != nil {
				r.fault(err)
				break
			}
			r.Records++
			root, err := evidence.OpenRoot(string(record.GetPayload()), key)
			if err != nil {
				r.fault(fmt.Errorf("%s: root %d can't be trusted: %w", s.Name, record.GetSequence(), err))
				continue
			}
			r.Roots++
			roots[root.Log] = append(roots[root.Log], root)
		}
	}
	for _, of := range roots {
		slices.SortStableFunc(of, func(a, b evidence.Root) int { return cmp.Compare(a.Size, b.Size) })
	}
	return roots
}

// walk checks the events of one log.
func (a *Archive) walk(ctx context.Context, s *Stream, l evidence.Log, roots []evidence.Root, r *Report) {
	walk := evidence.NewWalk(l, roots, func(f evidence.Finding) { r.Faults = append(r.Faults, f.Text) })
	for record, err := range a.Records(ctx, s) {
		if err != nil {
			r.fault(err)
			return
		}
		r.Records++
		r.Events++
		walk.Take(&evidence.Entry{Seq: record.GetSequence(), Subject: record.GetSubject(), Headers: Headers(record), Payload: record.GetPayload()})
	}
	walk.End(s.End())
}

// Headers are a record's headers as the log takes them.
func Headers(r *gridcasev1.Record) map[string][]string {
	h := make(map[string][]string, len(r.GetHeaders()))
	for _, header := range r.GetHeaders() {
		h[header.GetName()] = header.GetValues()
	}
	return h
}

// logOf is the log that a stream of cases is.
func logOf(name string) (evidence.Log, bool) {
	rest, ok := strings.CutPrefix(name, casesPrefix)
	district, year, ok2 := strings.Cut(rest, "_")
	y, err := strconv.Atoi(year)
	return evidence.Log{District: district, Year: y}, ok && ok2 && err == nil
}
