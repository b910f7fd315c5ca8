package live

import (
	"context"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Subscription is what a reader asks for.
type Subscription struct {
	Subject
	Scope access.Scope // what the reader may see; its district is the one that is watched
	User  string
	After Cursor // where the reader goes on; nil: from here on
}

// Subscribe adds a reader, to be closed. Its first message is Start, or Reset where what it has missed can't be told any more: then its
// place is the present. The outcomes beside are Unavailable faults: the hub has just started, the views can't be read, or there are too many
// readers.
func (h *Hub) Subscribe(ctx context.Context, s Subscription) (*Reader, error) {
	if err := h.admit(s.User); err != nil {
		return nil, err
	}
	d := h.district(s.Scope.District)
	r := &Reader{hub: h, district: d, subject: s.Subject, user: s.User, scope: s.Scope, ready: make(chan struct{}, 1), cases: map[string]entry{}, areas: map[string][]byte{}}
	if err := h.begin(ctx, r, s.After); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// begin finds the reader's place and joins it to the others.
func (h *Hub) begin(ctx context.Context, r *Reader, after Cursor) error {
	lost := ""
	if after != nil {
		var err error
		if lost, err = h.resume(ctx, r, after); err != nil || lost == "" {
			return err
		}
	}
	d := r.district
	d.mu.Lock()
	defer d.mu.Unlock()
	r.start(d.place())
	if lost != "" {
		r.reset(d.place(), lost)
	}
	return nil
}

// start joins the reader to the others at a place. It must be called with the district's lock held.
func (r *Reader) start(at Cursor) {
	d := r.district
	r.began, r.at, r.seen = at.clone(), at.clone(), d.place()
	for year, seq := range at {
		r.seen[year] = max(r.seen[year], seq)
	}
	r.first = []Message{{Start, at.Text(d.code), encode(&gridcasev1.LiveStart{Positions: at.Positions(d.code)})}}
	d.join(r)
	if len(d.stale) > 0 {
		r.freshness(true)
	}
	signal(r.ready)
}

// admit counts a reader in, or refuses it.
func (h *Hub) admit(user string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.started:
		return errAway()
	case h.readers >= h.o.Readers:
		return &fault.Error{Kind: fault.Unavailable, Code: "live.full", After: 10 * time.Second, Text: "this server has as many live streams as it takes; try again later"}
	case h.users[user] >= h.o.PerUser:
		return &fault.Error{Kind: fault.Unavailable, Code: "live.too_many", After: 10 * time.Second, Text: "you have as many live streams open as one user may; close one of them first"}
	}
	h.readers++
	h.users[user]++
	return nil
}

func errAway() error {
	return &fault.Error{Kind: fault.Unavailable, Code: "live.away", After: time.Second, Text: "this server has just started and does not follow the logs yet; try again"}
}

// release counts a reader out.
func (h *Hub) release(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers--
	if h.users[user]--; h.users[user] == 0 {
		delete(h.users, user)
	}
}

// Readers is how many there are.
func (h *Hub) Readers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.readers
}

// Dropped is how many readers were ended since they were too slow, those that NoteDropped told of included.
func (h *Hub) Dropped() uint64 { return h.dropped.Load() }

// NoteDropped counts a reader that was ended since nothing could be written to it.
func (h *Hub) NoteDropped() { h.dropped.Add(1) }

// Lag is for how long the oldest change that was not told has been here; 0 where all are told.
func (h *Hub) Lag() (longest time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.districts {
		d.mu.Lock()
		for _, t := range d.logs {
			if !t.since.IsZero() {
				longest = max(longest, time.Since(t.since))
			}
		}
		d.mu.Unlock()
	}
	return longest
}
