package projection

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// wideFrom is from how many events on a batch is worth two transactions.
	wideFrom = 128
	// wideConns is how many connections a batch takes that is written so: each half one, and one to read for the next batch.
	wideConns = 4
)

// wideRoom is how many batches may be written so at a time: none where the connections might not suffice.
func wideRoom(pool *pgxpool.Pool) int {
	if pool.Config().MaxConns < wideConns {
		return 0
	}
	return 1
}

// errAbandoned: a half is not committed because the other one can't be.
var errAbandoned = errors.New("the other half of the batch was not written")

// writing is a batch that is written.
type writing struct {
	*run
	batch, next []Event // next comes behind it, where that is known
	begins      bool
}

// write folds a batch into every unit that misses it and moves the checkpoints. A large one is written in two halves, each of some units, in a
// transaction of its own: the database works on both at once. None is committed before both are written.
func (r *run) write(ctx context.Context, batch, next []Event, begins bool) error {
	if err := r.passed("before begin"); err != nil {
		return err
	}
	r.names.RLock()
	defer r.names.RUnlock()
	w := &writing{r, batch, next, begins}
	first, second := r.shares(batch), []*share(nil)
	if uint64(len(batch)) >= r.wideFrom {
		select {
		case r.writingWide <- struct{}{}:
			defer func() { <-r.writingWide }()
			first, second = r.halves(first)
		default: // others write so already
		}
	}
	other := w.begin(ctx, second)
	defer other.end()
	err := w.transact(ctx, first, func(x *Exchange) { r.tell(x, batch[len(batch)-1].Position()) }, other.commit)
	if err != nil {
		return err
	}
	return r.passed("after commit")
}

// halves parts what units fold by the place of their views in the list: one half may be empty.
func (r *run) halves(shares []*share) (first, second []*share) {
	for _, s := range shares {
		place := slices.IndexFunc(r.views, func(v View) bool { return v.Name() == s.generation.view.Name() })
		if place%2 == 0 {
			first = append(first, s)
		} else {
			second = append(second, s)
		}
	}
	if len(first) == 0 {
		return second, nil
	}
	return first, second
}

// transact writes what some units fold. also asks for what else is to be done with it, and last comes before the commit. What the next batch
// starts from is read beside it.
func (w *writing) transact(ctx context.Context, shares []*share, also func(*Exchange), last func() error) error {
	early := func() {}
	err := pgx.BeginTxFunc(ctx, w.pool, pgx.TxOptions{BeginQuery: begin(w.batch)}, func(tx pgx.Tx) error {
		if err := w.readAll(ctx, tx, shares); err != nil {
			return err
		}
		early = w.readEarly(ctx, shares)
		if err := w.writeAll(ctx, tx, shares, also); err != nil {
			return err
		}
		return last()
	})
	early()
	if err != nil {
		for _, s := range shares {
			s.shelf.drop()
		}
		return asTransient("apply a batch", err) // a commit whose outcome is unknown too: the next term reads the checkpoint first
	}
	for _, s := range shares {
		s.at = s.next
	}
	return nil
}

// readAll keeps the office and the checkpoints for the transaction, and reads what the folds start from.
func (w *writing) readAll(ctx context.Context, tx pgx.Tx, shares []*share) error {
	x := newExchange()
	w.hold(x, unitsOf(shares))
	for _, s := range shares {
		if err := s.read(x); err != nil {
			return err
		}
	}
	return x.send(ctx, tx)
}

// writeAll folds, writes what has changed, and moves the checkpoints.
func (w *writing) writeAll(ctx context.Context, tx pgx.Tx, shares []*share, also func(*Exchange)) error {
	x := newExchange()
	x.begins = w.begins
	for _, s := range shares {
		s.count(x)
		if err := s.write(x); err != nil {
			return err
		}
		if err := w.passed("after " + s.generation.view.Name()); err != nil {
			return err
		}
	}
	w.move(x, shares)
	also(x)
	return x.send(ctx, tx)
}

func unitsOf(shares []*share) []*unit {
	units := make([]*unit, len(shares))
	for i, s := range shares {
		units[i] = s.unit
	}
	return units
}

// half is the half of a batch that is written over a connection of its own, if there is one.
type half struct {
	*run
	written        chan struct{} // closed when it could be committed
	let, abandoned chan struct{} // closed when it is to be, and when it is not to be any more
	ended          chan struct{}
	failed         error // once it has ended
}

// begin begins to write the shares of the other half.
func (w *writing) begin(ctx context.Context, shares []*share) *half {
	h := &half{w.run, make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{}), nil}
	if len(shares) == 0 {
		close(h.written)
		close(h.ended)
		return h
	}
	go func() { // ends with the transaction
		defer close(h.ended)
		h.failed = w.transact(ctx, shares, func(*Exchange) {}, h.wait)
	}()
	return h
}

// wait returns when it is known whether the half is to be committed.
func (h *half) wait() error {
	close(h.written)
	select {
	case <-h.let:
		return nil
	case <-h.abandoned:
		return errAbandoned
	}
}

// commit has the half committed, as the last step before the other one is.
func (h *half) commit() error {
	if err := h.passed("before commit"); err != nil {
		return err
	}
	select {
	case <-h.written:
	case <-h.ended:
	}
	close(h.let)
	if <-h.ended; h.failed != nil {
		return h.failed
	}
	return h.passed("between commits")
}

// end returns when the half has ended: without a commit, unless it was asked for.
func (h *half) end() {
	close(h.abandoned)
	<-h.ended
}
