package live

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// missed are the last heads of the cases that changed since a reader's place, by the log's year.
type missed map[int][]eventstore.Head

// resume joins a reader at the place where it was and puts among what waits for it what it has missed: from memory, else from the log. lost
// says why that can't be done any more; the reader is to start anew then.
func (h *Hub) resume(ctx context.Context, r *Reader, after Cursor) (lost string, err error) {
	if !r.district.filled() {
		return "", errAway()
	}
	for year, seq := range after {
		if lost, err := h.known(ctx, r.district, year, seq); lost != "" || err != nil {
			return lost, err
		}
	}
	found, reached := missed{}, after.clone()
	for budget, joined := h.o.Reach, false; !joined; {
		if budget, err = h.fromLog(ctx, r.district, found, reached, budget); errors.Is(err, errFar) {
			return "log.far", nil
		}
		if err != nil {
			return "", err
		}
		joined = r.joinFrom(after, reached, found) // memory may have moved on meanwhile
	}
	err = h.catchUp(ctx, r, found, after)
	if errors.Is(err, errFar) {
		return "log.far", nil
	}
	return "", err
}

// filled tells whether memory holds what each log had when it was found.
func (d *district) filled() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.logs {
		if t.ring.next <= t.told {
			return false
		}
	}
	return true
}

// known tells whether a place can be one of the log's as it is: the log may have been made anew, or restored from what is older.
func (h *Hub) known(ctx context.Context, d *district, year int, seq uint64) (lost string, err error) {
	d.mu.Lock()
	t := d.logs[year]
	ahead := seq > 0 && (t == nil || seq >= t.ring.next)
	d.mu.Unlock()
	if !ahead {
		return "", nil
	}
	s, err := h.o.Log.Stream(ctx, d.code, year)
	if errors.Is(err, eventstore.ErrNoStream) || err == nil && s.Last < seq {
		return "log.shorter", nil
	}
	return "", err
}

// errFar: the reader is so far behind that reading its state anew is cheaper.
var errFar = errors.New("too far behind")

// page is how many events are read from the log at once.
const page = 500

// fromLog reads what is no longer in memory, from what was reached on: the last heads of the cases. Few readers are helped at a time, and no
// one over more events than the budget, of which the rest is returned.
func (h *Hub) fromLog(ctx context.Context, d *district, found missed, reached Cursor, budget int) (rest int, err error) {
	gaps, total := d.gaps(reached)
	if total == 0 {
		return budget, nil
	}
	if total > uint64(budget) {
		return 0, errFar
	}
	select {
	case h.helping <- struct{}{}:
		defer func() { <-h.helping }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for _, g := range gaps {
		year := g.stream.Year
		for reached[year] < g.to {
			events, err := h.o.Log.Read(ctx, g.stream, reached[year]+1, page)
			if err != nil {
				return 0, err
			}
			if len(events) == 0 {
				return 0, &fault.Error{Kind: fault.Unavailable, Code: "live.behind", Text: "the log can't be read as far as it goes; try again"}
			}
			for i := range events {
				found[year] = append(found[year], events[i].Head())
			}
			found[year], reached[year] = newest(found[year]), events[len(events)-1].Seq
			budget -= len(events)
		}
	}
	return budget, nil
}

// gap is what of a log is no longer in memory, behind a reader's place.
type gap struct {
	stream eventstore.Stream
	to     uint64
}

func (d *district) gaps(after Cursor) (gaps []gap, total uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for year, t := range d.logs {
		if at := after[year]; at+1 < t.ring.first {
			gaps = append(gaps, gap{t.stream, t.ring.first - 1})
			total += t.ring.first - 1 - at
		}
	}
	return gaps, total
}

// joinFrom joins the reader to the others at its old place and adds what is in memory behind what was reached. It fails where that is no
// longer there.
func (r *Reader) joinFrom(after, reached Cursor, found missed) bool {
	d := r.district
	d.mu.Lock()
	defer d.mu.Unlock()
	for year, t := range d.logs {
		if t.told > reached[year] && !t.ring.holds(reached[year], t.told) {
			return false
		}
	}
	for year, t := range d.logs {
		if t.told > reached[year] {
			found[year] = newest(append(found[year], t.ring.latest(reached[year], t.told)...))
		}
	}
	r.start(after)
	return true
}

// catchUp puts what a reader has missed among what waits for it.
func (h *Hub) catchUp(ctx context.Context, r *Reader, found missed, after Cursor) error {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, heads := range found {
		if err := h.o.Tracker.Await(soon, heads[len(heads)-1].Position()); err != nil {
			return viewsAway(err)
		}
	}
	d := r.district
	if err := d.enterTurn(ctx); err != nil {
		return err
	}
	defer d.leaveTurn()
	p := &parcel{areas: map[string][]byte{}}
	for year, heads := range found {
		for chunk := range slices.Chunk(heads, mostAtOnce) {
			n, err := h.join(ctx, d.code, chunk, after[year])
			if err != nil {
				return viewsAway(err)
			}
			d.sort(n, r, after[year], p)
		}
	}
	if len(p.cases)+len(p.areas) > h.o.Buffer/2 { // the rest is for what happens until it is taken
		return errFar
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(p)
	return nil
}

// sort puts into a parcel what of some news is a reader's.
func (d *district) sort(n *news, r *Reader, since uint64, p *parcel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range n.changes {
		if e, ok := r.entry(c, since); ok {
			p.cases = append(p.cases, e)
		}
	}
	for i, a := range n.areas {
		if r.subject.Queue == "" && strings.HasPrefix(a.GetCode(), r.subject.Area) {
			p.areas[a.GetCode()] = n.area(i)
		}
	}
}

// viewsAway is what a reader hears that can't be told what it has missed.
func viewsAway(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "views.unavailable", After: patience, Cause: cause,
		Text: "the read models can't be read now, so what you have missed can't be told; come back with the same place"}
}

// newest leaves the last head of each case, in the order of the log.
func newest(heads []eventstore.Head) []eventstore.Head {
	last := make(map[string]eventstore.Head, len(heads))
	for _, h := range heads {
		if h.Seq > last[h.CaseID].Seq {
			last[h.CaseID] = h
		}
	}
	return slices.SortedFunc(maps.Values(last), func(a, b eventstore.Head) int { return cmp.Compare(a.Seq, b.Seq) })
}
