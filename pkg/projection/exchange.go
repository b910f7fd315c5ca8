package projection

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// Exchange is what is asked of the database at once: the statements of all views go in one message, and their answers come in one.
type Exchange struct {
	*pgx.Batch
	schema string   // of the view that is asking
	shelf  *shelves // of the unit that is asking; nil where it keeps nothing
	begins bool     // what is written is about cases of which nothing was written before
}

func newExchange() *Exchange { return &Exchange{Batch: &pgx.Batch{}} }

// Table is one of the view's tables, as a statement names it.
func (x *Exchange) Table(name string) string { return x.schema + "." + name }

// of lets a view queue its statements. What goes wrong in them, or in the reading of their answers, is the view's.
func (x *Exchange) of(u *unit, queue func(*Exchange) error) error {
	before := x.Len()
	x.schema, x.shelf = pgx.Identifier{u.generation.schema}.Sanitize(), u.shelf
	if err := u.attribute(guarded(func() error { return queue(x) })); err != nil {
		return err
	}
	for _, q := range x.QueuedQueries[before:] {
		read := q.Fn
		q.Fn = func(answers pgx.BatchResults) error {
			return u.attribute(guarded(func() error {
				if read != nil {
					return read(answers)
				}
				_, err := answers.Exec()
				return err
			}))
		}
	}
	return nil
}

// attribute says of an error whose it is: the view's, which refuses an event, or the database's.
func (u *unit) attribute(err error) error {
	if no := refused(u, err); no != nil {
		return no
	}
	return asTransient("apply to view "+u.generation.view.Name(), err)
}

// send exchanges what was queued, if anything was.
func (x *Exchange) send(ctx context.Context, tx pgx.Tx) error {
	if x.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, x.Batch).Close()
}

// Apply folds a batch into one view alone, whose tables are in a schema, in two exchanges.
func Apply(ctx context.Context, tx pgx.Tx, v View, schema string, batch []Event) error {
	err := apply(ctx, tx, &unit{generation: &generation{view: v, schema: schema}}, batch)
	var known *transientError
	if errors.As(err, &known) {
		return known.error
	}
	return err
}

func apply(ctx context.Context, tx pgx.Tx, u *unit, batch []Event) error {
	s := &share{unit: u, batch: batch}
	for _, queue := range []func(*Exchange) error{s.read, s.write} {
		x := newExchange()
		if err := queue(x); err != nil {
			return err
		}
		if err := x.send(ctx, tx); err != nil {
			return asTransient("apply to view "+u.generation.view.Name(), err)
		}
	}
	return nil
}

// share is what one unit folds of a batch.
type share struct {
	*unit
	batch   []Event
	waiting []Event // of parked cases
	next    checkpoint
	fold    Fold
}

func (s *share) read(x *Exchange) error {
	if len(s.batch) == 0 {
		return nil
	}
	return x.of(s.unit, func(x *Exchange) error {
		s.fold = s.generation.view.Fold(s.batch)
		s.fold.Read(x)
		return nil
	})
}

func (s *share) write(x *Exchange) error {
	if len(s.batch) == 0 {
		return nil
	}
	return x.of(s.unit, s.fold.Write)
}
