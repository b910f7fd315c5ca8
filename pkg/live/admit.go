package live

import (
	"context"
	"maps"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// admit lets somebody watch, from now on or from an earlier cursor on.
func (d *district) admit(ctx context.Context, watching Watching) (*Watcher, error) {
	if err := d.await(ctx); err != nil {
		return nil, err
	}
	after := cursor(nil)
	if watching.After != "" {
		var err error
		if after, err = parseCursor(d.code, watching.After); err != nil {
			return nil, err
		}
	}
	if watching.Queue != "" {
		if err := d.draw(ctx); err != nil {
			return nil, err
		}
	}
	w := newWatcher(d, watching)
	from, resumes := d.seat(w, after)
	if !resumes {
		return w, nil
	}
	if err := d.catchUp(ctx, w, after, from); err != nil {
		d.dismiss(w)
		return nil, err
	}
	return w, nil
}

// await waits until the district's logs are known.
func (d *district) await(ctx context.Context) error {
	select {
	case <-d.open:
		return nil
	case <-d.life.Done():
		return errAway(ErrEnded)
	case <-ctx.Done():
		return errAway(ctx.Err())
	}
}

// draw draws the board of the queues, where nobody watched one before.
func (d *district) draw(ctx context.Context) error {
	d.mu.Lock()
	drawn := d.board != nil
	d.mu.Unlock()
	if drawn {
		return nil
	}
	board, err := d.hub.o.Views.Waiting(ctx, d.code, nil)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.board == nil {
		d.board = board
	}
	return nil
}

// seat takes a watcher in, and returns what was told up to then and whether there is something to catch up. One who begins, or whose
// cursor this log does not have, or who watches a queue that moved meanwhile, reads the state first.
func (d *district) seat(w *Watcher, after cursor) (at cursor, resumes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[w] = true
	at = maps.Clone(d.shown)
	behind, ok := d.distance(after)
	switch {
	case ok && behind == 0:
		w.tell(nil, at.text(d.code))
		return at, false
	case !ok || w.w.Queue != "" || behind > uint64(d.hub.o.Backlog):
		w.restart(d.reset(), at.text(d.code))
		return at, false
	}
	return at, true
}

// distance is how many events a cursor is behind what was told; false where there is no cursor, or it is none of this log's. The lock is held.
func (d *district) distance(after cursor) (events uint64, ok bool) {
	if after == nil {
		return 0, false
	}
	for year, seq := range after {
		if seq > d.read[year] {
			return 0, false
		}
	}
	for year, seq := range d.shown {
		events += seq - min(seq, after[year])
	}
	return events, true
}

// catchUp tells a watcher who comes back what happened meanwhile. What happens from now on waits behind it.
func (d *district) catchUp(ctx context.Context, w *Watcher, after, upTo cursor) error {
	missed := changes{upTo: upTo}
	for _, p := range upTo.positions(d.code) {
		if err := d.reread(ctx, &missed, p, after[p.Year]); err != nil {
			return err
		}
	}
	t, err := d.ofAreas(ctx, &missed)
	if err != nil {
		return err
	}
	w.precede(newsOf(&missed, t, []int{len(w.w.Area)})[w.w.subject()], upTo.text(d.code))
	return nil
}

// reread reads what a log told up to a position.
func (d *district) reread(ctx context.Context, into *changes, upTo eventstore.Position, after uint64) error {
	s := eventstore.Stream{District: upTo.District, Year: upTo.Year}
	for after < upTo.Seq {
		events, err := d.hub.o.Log.Read(ctx, s, after+1, int(min(upTo.Seq-after, 500)))
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return &fault.Error{Kind: fault.Unavailable, Code: "live.unavailable", Text: "a copy of the log is behind; try again"}
		}
		for i := range events {
			into.add(&events[i], d.hub.o.Backlog+1)
		}
		after = events[len(events)-1].Seq
	}
	return nil
}

// dismiss lets a watcher go. The board goes with the last who watches a queue.
func (d *district) dismiss(w *Watcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watchers, w)
	for other := range d.watchers {
		if other.w.Queue != "" {
			return
		}
	}
	d.board = nil
}
