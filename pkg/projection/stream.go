package projection

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// streamRun is the following of one stream in one term.
type streamRun struct {
	projector *Projector
	stream    eventstore.Stream
	epoch     int64
	done      map[string]checkpoint // by the view's schema
}

// start reads the checkpoints and compares them with the log: a stream that was made anew or rewound is not the one that the views hold.
func (r *streamRun) start(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, r.projector.pool, func(tx pgx.Tx) (err error) {
		r.done, err = readCheckpoints(ctx, tx, r.stream.Name())
		return err
	})
	if err != nil {
		return asTransient("start a stream", err)
	}
	halted := false
	for schema, c := range r.done {
		if err := r.compare(ctx, schema, c); err != nil {
			return err
		}
		halted = halted || c.halted != ""
	}
	if halted { // what halted it was mended, or halts it again
		return r.mark(ctx, "")
	}
	return nil
}

func (r *streamRun) compare(ctx context.Context, schema string, c checkpoint) error {
	if c.seq == 0 {
		return nil
	}
	if !c.created.Equal(r.stream.Created) {
		return fmt.Errorf("%s was made at %s, but view %s holds one that was made at %s", r.stream.Name(), r.stream.Created, schema, c.created)
	}
	e, err := r.projector.log.At(ctx, r.stream, c.seq)
	var away *fault.Error
	if errors.As(err, &away) {
		return transient("compare the checkpoint", err)
	}
	if err != nil {
		return fmt.Errorf("compare the checkpoint of view %s: %w", schema, err)
	}
	if e.Hash != c.hash {
		return fmt.Errorf("%s was rewound: the event at %d is not the one that view %s holds", r.stream.Name(), c.seq, schema)
	}
	return nil
}

// next is the first sequence that a view misses.
func (r *streamRun) next() uint64 {
	least := uint64(math.MaxUint64)
	for _, v := range r.projector.views {
		least = min(least, r.done[Schema(v)].seq)
	}
	if least == math.MaxUint64 {
		return 1
	}
	return least + 1
}

// apply folds a batch into every view that misses it and moves the checkpoints, in one transaction.
func (r *streamRun) apply(ctx context.Context, stored []eventstore.Event) error {
	batch, err := decode(stored)
	if err != nil {
		return err
	}
	p := r.projector
	if err := p.pass("before begin"); err != nil {
		return err
	}
	next := map[string]checkpoint{}
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, r.epoch); err != nil {
			return err
		}
		if err := r.unmoved(ctx, tx); err != nil {
			return err
		}
		if err := p.pass("before fold"); err != nil {
			return err
		}
		for _, v := range p.views {
			c, err := r.fold(ctx, tx, v, batch)
			if err != nil {
				return err
			}
			next[Schema(v)] = c
			if err := p.pass("after " + v.Name()); err != nil {
				return err
			}
		}
		if err := notify(ctx, tx, batch[len(batch)-1].Position()); err != nil {
			return err
		}
		return p.pass("before commit")
	})
	var no *refusedError
	if errors.As(err, &no) && len(stored) > 1 {
		return r.applySingly(ctx, stored)
	}
	if err != nil {
		return asTransient("apply a batch", err) // a commit whose outcome is unknown too: the next term reads the checkpoint first
	}
	r.done = next
	p.applied(len(batch))
	return p.pass("after commit")
}

// applySingly goes up to the event that a view refuses, so that its reason names it.
func (r *streamRun) applySingly(ctx context.Context, stored []eventstore.Event) error {
	for i := range stored {
		if err := r.apply(ctx, stored[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// unmoved locks the checkpoints and refuses to write over others than this run's own.
func (r *streamRun) unmoved(ctx context.Context, tx pgx.Tx) error {
	now, err := readCheckpoints(ctx, tx, r.stream.Name())
	if err != nil {
		return err
	}
	for _, v := range r.projector.views {
		if held, mine := now[Schema(v)], r.done[Schema(v)]; held.seq != mine.seq || held.hash != mine.hash {
			return transient("apply to view "+v.Name(), errMoved)
		}
	}
	return nil
}

// fold applies to one view what it misses of the batch.
func (r *streamRun) fold(ctx context.Context, tx pgx.Tx, v View, batch []Event) (checkpoint, error) {
	c := r.done[Schema(v)]
	missing := batch
	for len(missing) > 0 && missing[0].Seq <= c.seq {
		missing = missing[1:]
	}
	if len(missing) == 0 {
		return c, nil
	}
	if _, err := tx.Exec(ctx, "set local search_path to "+pgx.Identifier{Schema(v)}.Sanitize()); err != nil {
		return c, transient("choose the view's schema", err)
	}
	if err := v.Apply(ctx, tx, missing); err != nil {
		if refused(err) {
			return c, &refusedError{fmt.Errorf("view %s can't hold the event at %s: %w", v.Name(), missing[0].Position(), err)}
		}
		return c, transient("apply to view "+v.Name(), err)
	}
	last := &missing[len(missing)-1]
	c = checkpoint{seq: last.Seq, hash: last.Hash, created: r.stream.Created}
	return c, writeCheckpoint(ctx, tx, v, r.stream.Name(), c)
}

// mark writes why the stream is halted beside the checkpoints, for readers; empty: it is not.
func (r *streamRun) mark(ctx context.Context, reason string) error {
	err := pgx.BeginFunc(ctx, r.projector.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, r.epoch); err != nil {
			return err
		}
		for _, v := range r.projector.views {
			c, ok := r.done[Schema(v)]
			if !ok {
				c = checkpoint{created: r.stream.Created}
			}
			c.halted = reason
			if err := writeCheckpoint(ctx, tx, v, r.stream.Name(), c); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `select pg_notify($1, '')`, Channel)
		return err
	})
	return asTransient("mark a halt", err)
}

// decode reads the messages; one that this build can't read ends the projection.
func decode(stored []eventstore.Event) ([]Event, error) {
	batch := make([]Event, len(stored))
	for i := range stored {
		m, err := stored[i].Decode()
		if err != nil {
			return nil, err
		}
		batch[i] = Event{Event: stored[i], Message: m}
	}
	return batch, nil
}

// notify tells readers the new position when the transaction commits.
func notify(ctx context.Context, tx pgx.Tx, at eventstore.Position) error {
	if _, err := tx.Exec(ctx, `select pg_notify($1, $2)`, Channel, at.String()); err != nil {
		return transient("tell readers the position", err)
	}
	return nil
}

// refusedError is a view's refusal of an event, which no retry mends: it halts the stream.
type refusedError struct{ error }

// refused tells whether the database said no to the data (classes 22 and 23), rather than not being able to work.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

// asTransient marks a failure as the database's, unless it says already what it is.
func asTransient(act string, err error) error {
	var known *transientError
	var step *stepError
	var no *refusedError
	if err == nil || errors.As(err, &known) || errors.As(err, &step) || errors.As(err, &no) || errors.Is(err, errFenced) {
		return err
	}
	return transient(act, err)
}
