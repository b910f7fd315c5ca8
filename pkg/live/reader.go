package live

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
)

// ErrSlow ends a reader for whom too much is waiting.
var ErrSlow = errors.New("the reader is too slow")

// The kinds of messages.
const (
	Start     = "start"     // LiveStart: from here on nothing is missed
	Reset     = "reset"     // LiveStart: read the state anew, then nothing is missed from here on
	Freshness = "freshness" // Freshness: the views stopped holding what has happened, or hold it again
	Case      = "case"      // LiveCase
	Area      = "grid"      // LiveGrid
)

// Message is one message of a stream.
type Message struct {
	Kind string
	// At is the reader's place behind this message: who comes back with it misses nothing.
	At   string
	Data []byte // one line of JSON
}

// Reader is one who watches. What waits for it is kept once a case and once an area, the last of each, so that it takes no more memory than
// the hub's bound, however slow the reader is. It is safe for concurrent use.
type Reader struct {
	hub      *Hub
	district *district
	subject  Subject
	user     string
	ready    chan struct{}

	mu      sync.Mutex
	scope   access.Scope
	began   Cursor // where it began; under the district's lock
	at      Cursor // its place: what was taken
	seen    Cursor // how far what it was told goes, taken or waiting
	first   []Message
	cases   map[string]entry
	areas   map[string][]byte
	err     error
	closing sync.Once
}

// Ready is where the reader hears that there may be something to take.
func (r *Reader) Ready() <-chan struct{} { return r.ready }

// sight is what the reader may see now.
func (r *Reader) sight() access.Scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.scope
}

// told notes how far a log is told and puts what of it is the reader's among what waits, both at once: a place that is taken holds all before
// it. Nil: nothing is the reader's.
func (r *Reader) told(p *parcel, year int, to uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[year] = max(r.seen[year], to)
	if p != nil {
		r.put(p)
	}
}

// put adds to what waits: the later of two messages about a case stays, and the last one about an area. It must be called with the lock held.
func (r *Reader) put(p *parcel) {
	if r.err != nil {
		return
	}
	for _, e := range p.cases {
		if old, ok := r.cases[e.id]; !ok || old.seq < e.seq {
			r.cases[e.id] = e
		}
	}
	for code, data := range p.areas {
		r.areas[code] = data
	}
	if len(r.cases)+len(r.areas) > r.hub.o.Buffer {
		r.err = ErrSlow
		r.cases, r.areas, r.first = nil, nil, nil
		r.hub.dropped.Add(1)
	}
	signal(r.ready)
}

// reset forgets what waits: the reader starts anew from a place. It must be called with the district's lock held.
func (r *Reader) reset(at Cursor, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	r.began, r.at, r.seen = at.clone(), at.clone(), at.clone()
	r.cases, r.areas = map[string]entry{}, map[string][]byte{}
	r.first = []Message{{Reset, at.Text(r.district.code), encode(&gridcasev1.LiveStart{Positions: at.Positions(r.district.code), Reset_: why})}}
	signal(r.ready)
}

// freshness tells whether the views hold what has happened.
func (r *Reader) freshness(stale bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	r.first = append(slices.DeleteFunc(r.first, func(m Message) bool { return m.Kind == Freshness }),
		Message{Freshness, r.at.Text(r.district.code), encode(&gridcasev1.Freshness{Stale: stale})})
	signal(r.ready)
}

// Rescope changes what the reader may see. Where that is another scope, it starts anew.
func (r *Reader) Rescope(scope access.Scope) {
	r.district.mu.Lock()
	defer r.district.mu.Unlock()
	r.mu.Lock()
	old := r.scope
	r.scope = scope
	r.mu.Unlock()
	if old.All != scope.All || old.Department != scope.Department || old.User != scope.User || !slices.Equal(old.Areas, scope.Areas) {
		r.reset(r.district.place(), "access.scope")
	}
}

// Take returns what waits and the reader's place behind it; ErrSlow for good once too much was waiting. Counters come first, then the cases
// in the order of each log. The place moves with the last message alone: that a case is gone may be told at a later position than that at
// which it went, so that no place in between holds all before it. Whoever loses the stream between two messages gets all of them again.
func (r *Reader) Take() (messages []Message, at string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, "", r.err
	}
	messages = r.first
	r.first = nil
	place := r.at.Text(r.district.code)
	for _, code := range sortedKeys(r.areas) {
		messages = append(messages, Message{Area, place, r.areas[code]})
	}
	for _, e := range r.inOrder() {
		messages = append(messages, Message{Case, place, e.data})
	}
	r.at = r.seen.clone()
	at = r.at.Text(r.district.code)
	if len(messages) > 0 {
		messages[len(messages)-1].At = at
	}
	clear(r.cases)
	clear(r.areas)
	return messages, at, nil
}

// inOrder are the cases that wait, each log's in its order.
func (r *Reader) inOrder() []entry {
	entries := make([]entry, 0, len(r.cases))
	for _, e := range r.cases {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.year, b.year), cmp.Compare(a.seq, b.seq)) })
	return entries
}

func sortedKeys(m map[string][]byte) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Close ends the reader. Nothing is told to it any more.
func (r *Reader) Close() {
	r.closing.Do(func() {
		r.district.leave(r)
		r.hub.release(r.user)
	})
}
