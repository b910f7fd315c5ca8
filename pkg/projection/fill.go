package projection

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/gridcase/gridcase/pkg/casesort"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

const (
	// sortFrom is from how many events on a stream is worth to be sorted.
	sortFrom = 20_000
	// longestSilence is for how long an event that was known to come may fail to until it is asked whether it is still there.
	longestSilence = 2 * time.Second
	// tellEvery is how often the ledger is told how many events were read to be sorted.
	tellEvery = 250 * time.Millisecond
	// fillBatch is how many sorted events are folded at once.
	fillBatch = 2000
	// sortPause is how long it takes until what can't be sorted now is tried again.
	sortPause = 5 * time.Second
)

// fill folds a stream up to a sequence, case by case, into units that hold nothing of it yet, or goes on with that. It leaves to the following
// what is not worth it or can't be sorted; what has begun so ends so, however long that takes. What comes before a fault of the log is folded.
// One stream is sorted at a time: each takes its room on the disk.
func (r *run) fill(ctx context.Context, end uint64) error {
	at, worth := r.fillable(end)
	if !worth {
		return nil
	}
	sorter, last, err := r.sort(ctx, at, end)
	if err != nil || sorter == nil {
		return err
	}
	defer func() { _ = r.forgo(sorter) }() // nothing of it is needed any more
	if at.fill.end == 0 {
		if err := r.turn(ctx, checkpoint{created: r.stream.Created, fill: filling{end: last.Seq, hash: last.Hash}}); err != nil {
			return err
		}
	}
	if err := r.foldSorted(ctx, sorter, at); err != nil {
		return err
	}
	return r.turn(ctx, checkpoint{created: r.stream.Created, seq: last.Seq, hash: last.Hash})
}

// fillable tells whether the units, all of them equally, are at the beginning of a stream that is worth to be sorted, or in the middle of being filled.
func (r *run) fillable(end uint64) (at checkpoint, worth bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, u := range r.units {
		if i == 0 {
			at = u.at
		}
		if u.at.seq > 0 || u.at.fill != at.fill {
			return at, false
		}
	}
	r.filling = at.fill.end > 0
	return at, len(r.units) > 0 && (r.filling || end >= r.sortFrom)
}

// sort has the events sorted that the units are to be filled with, and returns the last of them; nil where they are to be folded in the order
// of the log.
func (r *run) sort(ctx context.Context, at checkpoint, end uint64) (*casesort.Sorter, eventstore.Event, error) {
	if at.fill.end > 0 {
		return r.sortAgain(ctx, at.fill.end)
	}
	sorter, last, err := r.gather(ctx, end, false)
	if ctx.Err() != nil {
		return nil, last, errors.Join(ctx.Err(), r.forgo(sorter))
	}
	if err != nil && haltReason(err) == "" || last.Seq < r.sortFrom {
		r.logger.Warn("events are not sorted: the view is filled in the order of the log", zap.String("stream", r.stream.Name()), zap.Uint64("came", last.Seq), zap.Error(err))
		return nil, last, r.forgo(sorter)
	}
	return sorter, last, nil // the fault of the log comes again behind them
}

// sortAgain sorts what has begun to be folded so, as soon as it can be sorted.
func (r *run) sortAgain(ctx context.Context, end uint64) (*casesort.Sorter, eventstore.Event, error) {
	for {
		sorter, last, err := r.gather(ctx, end, true)
		if err == nil {
			return sorter, last, nil
		}
		if closed := r.forgo(sorter); ctx.Err() != nil || haltReason(err) != "" {
			return nil, last, errors.Join(cmp.Or(ctx.Err(), err), closed)
		}
		r.logger.Error("events can't be sorted: the view is filled as soon as they can", zap.String("stream", r.stream.Name()), zap.Error(err))
		select {
		case <-ctx.Done():
			return nil, last, ctx.Err()
		case <-time.After(sortPause):
		}
	}
}

// gather has the events up to a sequence sorted, and returns the last of them: that before a fault of the log where there is one. Unless it
// must be all, it does with what has come when the rest is not there any more.
func (r *run) gather(ctx context.Context, end uint64, all bool) (*casesort.Sorter, eventstore.Event, error) {
	var last eventstore.Event
	sorter, err := r.newSorter(ctx)
	if err != nil {
		return nil, last, transient("sort a stream", err)
	}
	following, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var came atomic.Uint64
	if !all {
		go r.watch(following, &came, end, stop)
	}
	var told time.Time
	err = r.log.Follow(following, r.stream, 1, func(stored []eventstore.Event) error {
		if time.Since(told) > tellEvery {
			told = time.Now()
			r.tellSorted(ctx, stored[0].Seq)
		}
		readable, unread := decode(stored)
		for i := range readable {
			if err := sorter.Add(&stored[i]); err != nil {
				return transient("sort a stream", err)
			}
			if last = stored[i]; last.Seq == end {
				return errThere
			}
		}
		came.Store(last.Seq)
		return unread
	})
	if errors.Is(err, errThere) || errors.Is(context.Cause(following), errThere) {
		err = nil
	}
	return sorter, last, err
}

// newSorter waits until nobody else sorts.
func (p *Projector) newSorter(ctx context.Context) (*casesort.Sorter, error) {
	select {
	case p.sorting <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	sorter, err := casesort.New(p.scratch)
	if err != nil {
		<-p.sorting
	}
	return sorter, err
}

// forgo ends a sorter, if there is one: it is somebody else's turn.
func (p *Projector) forgo(sorter *casesort.Sorter) error {
	if sorter == nil {
		return nil
	}
	<-p.sorting
	return sorter.Close()
}

// watch stops a gathering to which nothing comes because the last event that was to come is not there any more.
func (r *run) watch(ctx context.Context, came *atomic.Uint64, end uint64, stop context.CancelCauseFunc) {
	tick := time.NewTicker(longestSilence)
	defer tick.Stop()
	for before := uint64(0); ; before = came.Load() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if came.Load() != before {
			continue
		}
		if _, err := r.log.At(ctx, r.stream, end); errors.Is(err, eventstore.ErrGap) {
			stop(errThere)
		}
	}
}

// tellSorted writes how many events were read to be sorted, for who waits: a failure does no harm.
func (r *run) tellSorted(ctx context.Context, events uint64) {
	r.mu.Lock()
	numbers := numbers(r.units)
	r.mu.Unlock()
	_ = r.update(ctx, `update projection.checkpoints set fill_sorted = $3 where stream = $1 and generation = any($2)`, r.stream.Name(), numbers, int64(events))
}

// foldSorted folds sorted events but for those that are held; the next ones are read meanwhile.
func (r *run) foldSorted(ctx context.Context, sorter *casesort.Sorter, at checkpoint) error {
	batches := make(chan []Event)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer close(batches)
		return eachSorted(sorter, at, func(batch []Event) error {
			select {
			case batches <- batch:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	both.Go(func() error {
		for batch := range batches {
			if err := r.fold(ctx, batch, nil); err != nil {
				return err
			}
		}
		return nil
	})
	return both.Wait()
}

// eachSorted hands on sorted events in batches of whole cases, but for those that are held.
func eachSorted(sorter *casesort.Sorter, at checkpoint, hand func([]Event) error) error {
	batch := make([]Event, 0, fillBatch)
	for stored, err := range sorter.Sorted() {
		if err != nil {
			return transient("read a sorted stream", err)
		}
		if at.fill.end > 0 && at.holds(&stored) {
			continue
		}
		if n := len(batch); n >= fillBatch && stored.CaseID != batch[n-1].CaseID {
			if err := hand(batch); err != nil {
				return err
			}
			batch = make([]Event, 0, fillBatch)
		}
		m, err := stored.Decode()
		if err != nil {
			return err
		}
		batch = append(batch, Event{Event: stored, Message: m})
	}
	return hand(batch)
}

// turn begins or ends the filling of the units.
func (r *run) turn(ctx context.Context, to checkpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.passed("before turn"); err != nil {
		return err
	}
	r.names.RLock()
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		x := newExchange()
		r.hold(x, r.units)
		r.place(x, r.units, to)
		if to.seq > 0 && r.whole() {
			x.Queue(`select pg_notify($1, $2)`, Channel, eventstore.Position{District: r.stream.District, Year: r.stream.Year, Seq: to.seq}.String())
		}
		return x.send(ctx, tx)
	})
	r.names.RUnlock()
	if err != nil {
		return asTransient("fill a view", err)
	}
	for _, u := range r.units {
		u.at = to
		u.shelf.drop()
	}
	r.filling = to.fill.end > 0
	r.at.Store(to.seq)
	if !r.filling { // the folds of new cases do without what the database knows of the tables
		r.acquaint(ctx, int(to.seq))
	}
	return r.passed("after turn")
}
