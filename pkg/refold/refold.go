// Package refold folds the log afresh beside the views and says where they differ. It owns the comparison, of drawn cases or of the whole,
// and leaves nothing behind: it works in one transaction that is rolled back. It never mends a view, and it never tells a row's values.
//
// # Decisions
//
// 2026-11: the views go on while they are compared. So all is read in one snapshot: the checkpoints, the rows as they are there, and from
// the log the events up to the checkpoints. A whole comparison holds the snapshot as long as it folds, about a minute for a million events;
// until then the database keeps the rows that the views replace.
package refold

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
)

// Log is what a fresh fold needs of the event store.
type Log interface {
	Streams(ctx context.Context) ([]eventstore.Stream, error)
	Read(ctx context.Context, s eventstore.Stream, from uint64, limit int) ([]eventstore.Event, error)
	Load(ctx context.Context, c eventstore.Case, after, version uint64, prev string) ([]eventstore.Event, error)
	At(ctx context.Context, s eventstore.Stream, seq uint64) (eventstore.Event, error)
}

// Refold compares views with a fresh fold.
type Refold struct {
	Pool  *pgxpool.Pool
	Log   Log
	Views []projection.View
	// Told is told how many events are folded, of how many; what it returns ends the comparison. It may be nil.
	Told func(done, total uint64) error
}

// Difference is a place where a view is not what the log says.
type Difference struct {
	View     string // its schema; several, by commas, where the same is true of them
	District string // of the case that the row is about; empty where it is about none
	CaseID   string
	Position string // of the event that the view says it has come to; empty where it is about a row
	Text     string // one line: what differs, and where
}

// Report is what a comparison found.
type Report struct {
	Events      uint64
	Cases       uint64
	Rows        uint64 // how many of the views' rows were compared
	Differences []Difference
	Quarantined []Difference // the cases that a view can't go on with: no damage
}

// Whole folds every event and compares every row.
func (r *Refold) Whole(ctx context.Context) (*Report, error) {
	return r.compare(ctx, func(c *comparison) error {
		for i := range c.streams {
			c.total += c.until(&c.streams[i])
		}
		for i := range c.streams {
			if err := c.foldStream(ctx, &c.streams[i]); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// Drawn folds these cases and compares their rows, in the tables that have rows of cases.
func (r *Refold) Drawn(ctx context.Context, cases []eventstore.Case) (*Report, error) {
	return r.compare(ctx, func(c *comparison) error { return c.foldCases(ctx, cases) }, cases)
}

// logError is a failure of the log to say what the views must hold.
type logError struct{ error }

// errDone rolls back what was only made to be compared.
var errDone = errors.New("done")

// compare takes the snapshot, folds into schemas of its own, and compares them with the views'. cases: only their rows; nil: all.
func (r *Refold) compare(ctx context.Context, fold func(*comparison) error, cases []eventstore.Case) (*Report, error) {
	c := &comparison{told: r.Told, log: r.Log, views: r.Views, reached: map[place]uint64{}, cases: map[eventstore.Case]bool{}, parked: map[parkedCase]uint64{}, report: &Report{}}
	err := pgx.BeginTxFunc(ctx, r.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		c.tx = tx
		if err := c.begin(ctx); err != nil {
			return err
		}
		if err := c.checkpoints(ctx); err != nil {
			return err
		}
		var log *logError
		if err := fold(c); errors.As(err, &log) {
			c.differ(Difference{Text: fmt.Sprintf("the views can't be compared, since the log can't be folded: %v", log.error)})
			return errDone
		} else if err != nil {
			return err
		}
		if err := c.compareTables(ctx, cases); err != nil {
			return err
		}
		return errDone
	})
	if !errors.Is(err, errDone) {
		return nil, fmt.Errorf("compare the views with the log: %w", err)
	}
	c.report.Cases = uint64(len(c.cases))
	return c.report, nil
}
