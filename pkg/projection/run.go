package projection

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// run folds one stream into some generations, each batch in one transaction.
type run struct {
	*term
	stream eventstore.Stream
	late   bool // of one generation that has not caught up yet

	mu    sync.Mutex // held while a batch is applied, and whenever the units change
	units []*unit
	at    atomic.Uint64 // the last sequence that was applied
}

// unit is one generation in one stream.
type unit struct {
	generation *generation
	at         checkpoint
	parked     map[string]bool // the cases that it can't go on with, by id
}

// apply folds a batch. What comes before an event that this build can't read is folded first.
func (r *run) apply(ctx context.Context, stored []eventstore.Event) error {
	batch, unread := decode(stored)
	if len(batch) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := r.settle(ctx, batch); err != nil {
			return err
		}
		r.at.Store(batch[len(batch)-1].Seq)
		r.applied(len(batch))
	}
	return unread
}

// settle writes a batch. Where a view refuses it, the batch is halved until the event stands alone: its case is parked in that view, and
// the rest flows on.
func (r *run) settle(ctx context.Context, batch []Event) error {
	for {
		err := r.write(ctx, batch)
		var no *refusal
		if !errors.As(err, &no) {
			return err
		}
		if half := len(batch) / 2; half > 0 {
			if err := r.settle(ctx, batch[:half]); err != nil {
				return err
			}
			return r.settle(ctx, batch[half:])
		}
		if err := r.park(ctx, no, &batch[0]); err != nil {
			return err
		}
	}
}

// write folds a batch into every unit that misses it and moves the checkpoints, in one transaction.
func (r *run) write(ctx context.Context, batch []Event) error {
	if err := r.passed("before begin"); err != nil {
		return err
	}
	r.names.RLock()
	defer r.names.RUnlock()
	next := make([]checkpoint, len(r.units))
	err := pgx.BeginTxFunc(ctx, r.pool, pgx.TxOptions{BeginQuery: Keyed}, func(tx pgx.Tx) error {
		if err := r.hold(ctx, tx); err != nil {
			return err
		}
		if err := r.passed("before fold"); err != nil {
			return err
		}
		for i, u := range r.units {
			c, err := r.fold(ctx, tx, u, batch)
			if err != nil {
				return err
			}
			next[i] = c
			if err := r.passed("after " + u.generation.view.Name()); err != nil {
				return err
			}
		}
		if err := r.move(ctx, tx, next, batch[len(batch)-1].Position()); err != nil {
			return err
		}
		return r.passed("before commit")
	})
	if err != nil {
		return asTransient("apply a batch", err) // a commit whose outcome is unknown too: the next term reads the checkpoint first
	}
	for i, u := range r.units {
		u.at = next[i]
	}
	return r.passed("after commit")
}

// passed calls the step hook. What catches up has steps of its own.
func (r *run) passed(step string) error {
	if r.late {
		step = "late " + step
	}
	return r.pass(step)
}

// hold keeps the office and the checkpoints for the transaction, in one exchange, and refuses to write over others than this run's own.
func (r *run) hold(ctx context.Context, tx pgx.Tx) error {
	b := &pgx.Batch{}
	b.Queue(holdOffice)
	b.Queue(`select generation, seq, hash from projection.checkpoints where stream = $1 and generation = any($2) for update`, r.stream.Name(), r.numbers())
	if r.late {
		b.Queue(`set local synchronous_commit = off`) // the swap is what has to last, and what lasts of it lasts of all before it
	}
	answers := tx.SendBatch(ctx, b)
	defer answers.Close()
	if err := held(answers.QueryRow(), r.epoch); err != nil {
		return err
	}
	rows, err := answers.Query()
	if err != nil {
		return transient("read checkpoints", err)
	}
	now := map[int]checkpoint{}
	var number int
	var c checkpoint
	_, err = pgx.ForEachRow(rows, []any{&number, &c.seq, &c.hash}, func() error {
		now[number] = c
		return nil
	})
	if err != nil {
		return transient("read checkpoints", err)
	}
	for _, u := range r.units {
		if c, ok := now[u.generation.number]; !ok || c.seq != u.at.seq || c.hash != u.at.hash {
			return transient("apply to view "+u.generation.view.Name(), errMoved)
		}
	}
	return answers.Close()
}

func (r *run) numbers() []int {
	numbers := make([]int, len(r.units))
	for i, u := range r.units {
		numbers[i] = u.generation.number
	}
	return numbers
}

// move writes the checkpoints and tells readers the new position, in one exchange. While a view that serves is not among the units, readers
// look for themselves.
func (r *run) move(ctx context.Context, tx pgx.Tx, next []checkpoint, at eventstore.Position) error {
	seqs, hashes := make([]int64, len(next)), make([]string, len(next))
	for i, c := range next {
		seqs[i], hashes[i] = int64(c.seq), c.hash
	}
	b := &pgx.Batch{}
	b.Queue(`update projection.checkpoints c set seq = n.seq, hash = n.hash, stream_created = $2, halted = '' from unnest($3::int[], $4::bigint[], $5::text[]) n(generation, seq, hash)
		where c.stream = $1 and c.generation = n.generation`, r.stream.Name(), r.stream.Created, r.numbers(), seqs, hashes)
	if r.whole() {
		b.Queue(`select pg_notify($1, $2)`, Channel, at.String())
	}
	return asTransient("move the checkpoints", tx.SendBatch(ctx, b).Close())
}

// whole tells whether every view that this build has is served out of this run.
func (r *run) whole() bool {
	serving := 0
	for _, u := range r.units {
		if u.generation.state == Serving {
			serving++
		}
	}
	return serving == len(r.views)
}

// fold applies to one unit what it misses of a batch, but for the cases that are parked.
func (r *run) fold(ctx context.Context, tx pgx.Tx, u *unit, batch []Event) (checkpoint, error) {
	missing := batch
	for len(missing) > 0 && missing[0].Seq <= u.at.seq {
		missing = missing[1:]
	}
	if len(missing) == 0 {
		return u.at, nil
	}
	last := &missing[len(missing)-1]
	next := checkpoint{seq: last.Seq, hash: last.Hash, created: r.stream.Created}
	if len(u.parked) > 0 {
		flowing, err := divert(ctx, tx, u, missing)
		if err != nil || len(flowing) == 0 {
			return next, err
		}
		missing = flowing
	}
	return next, applyTo(ctx, tx, u, missing)
}

// applyTo lets a view fold events into its generation.
func applyTo(ctx context.Context, tx pgx.Tx, u *unit, batch []Event) error {
	if _, err := tx.Exec(ctx, "set local search_path to "+pgx.Identifier{u.generation.schema}.Sanitize()); err != nil {
		return transient("choose the view's schema", err)
	}
	err := guarded(func() error { return u.generation.view.Apply(ctx, tx, batch) })
	if no := refused(u, err); no != nil {
		return no
	}
	return asTransient("apply to view "+u.generation.view.Name(), err)
}

// decode reads the messages up to the first one that this build can't read, whose error it returns.
func decode(stored []eventstore.Event) ([]Event, error) {
	batch := make([]Event, len(stored))
	for i := range stored {
		m, err := stored[i].Decode()
		if err != nil {
			return batch[:i], err
		}
		batch[i] = Event{Event: stored[i], Message: m}
	}
	return batch, nil
}
