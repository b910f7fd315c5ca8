// Package projection follows the log into views. It owns the checkpoint (in the same transaction as the rows), the fence against a second
// projector, the generations of a view and their swap, the quarantine of what a view can't hold, the halt on a log that is not what it was,
// and telling readers how far it is. It knows no view, and it never skips an event without a record of it.
//
// # Decisions
//
// 2026-11: one projector works and others stand by, by a session's advisory lock; the epoch in the ledger fences one that lost the lock
// and does not know it. A gap, a rewound stream, an event of an unknown type or one that can't be read halts the stream's projection: reads
// say that they are stale, and a human looks.
//
// 2026-11: a view is filled in generations, each in a schema of its own. Queries read the schema NAME_vVERSION, and a swap renames schemas:
// PostgreSQL looks names up anew in the next statement, a prepared one too, so no read fails or waits, and none costs more. A further
// generation folds the log by itself until it is within reach; then the main run waits for it and folds both from there on, so that what
// readers have seen is in the new one when it comes to serve. One stream's fold waits for at most 2,000 events of one view.
//
// 2026-11: an older version of a view can't be folded by this build. While the new one is filled, its queries read the older tables through
// SQL views of the new shape, and say that they are stale. The price of a shape that the old tables can't give is an empty column.
//
// 2026-11: the folds of all views share two exchanges with the database, one for what they read and one for what they write: a statement that
// goes by itself costs more than its rows where batches are small, as they are while the projector keeps up. A unit keeps the rows of the
// 2,048 cases that it folded last, so that the next event of a case that is worked on reads nothing. Where more is known to come, a batch is
// folded once the next one is there, and the rows that the next one misses are read over a second connection meanwhile: they are those of
// cases that the first one doesn't change.
//
// 2026-11: PostgreSQL writes a batch with one processor, and what comes in meanwhile waits. So the views of a larger batch are written in two halves, in
// two transactions at once, which commit one right behind the other once both are written. Should the process end between the two, the half that was
// committed is a batch ahead, and the next term brings the other one to it. One stream is written so at a time; many have several processors already.
//
// 2026-11: in the order of the log, a row is read and written for each event of its case. Where a generation holds nothing of a long stream yet, the
// stream is put into the order of its cases first, on disk, and folded so: each row is written once, and none is read. Views may not tell: what
// a fold reads and replaces are rows of the event's own case, and to others it only adds. The checkpoint is then a case and its version; for
// readers the generation holds nothing of the stream until it has come to the sequence at which the sorting ended.
//
// 2026-11: an event that a view refuses parks its case in that view; the rest of the batch is found by halving it.
package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// Channel is where the projector tells readers each new position.
const Channel = "gridcase_position"

// Event is an event with its message, decoded once for all views.
type Event struct {
	eventstore.Event
	Message proto.Message
}

// View folds events into tables of its own schema.
type View interface {
	// Name is the view's name, such as "casestatus".
	Name() string
	// Version counts the shapes that the view has had. Its schema is NAME_vVERSION; a changed view is another schema, filled from the log.
	Version() int
	// Tables returns statements that make the tables where they don't exist, in the schema that is current.
	Tables() string
	// Fold begins to fold a batch of one stream, in the order of the log.
	Fold(batch []Event) Fold
}

// Fold folds one batch into a view, between two exchanges with the database that it shares with the folds of all views.
type Fold interface {
	// Read asks for the rows that the fold starts from.
	Read(x *Exchange)
	// Write folds, once those rows are there, and asks to write what has changed.
	Write(x *Exchange) error
}

// EarlyReader is a Fold that can read a part of what it starts from while an earlier batch is written: the rows of cases that have no event there.
type EarlyReader interface {
	Fold
	// ReadEarly asks for them; before are the cases of the earlier batch.
	ReadEarly(x *Exchange, before map[string]bool)
}

// Schema is the name of the schema that queries of a view's version read: the one that serves, whichever filling of the view that is.
func Schema(v View) string { return fmt.Sprintf("%s_v%d", v.Name(), v.Version()) }

// Log is what a projector needs of the event store.
type Log interface {
	Streams(ctx context.Context) ([]eventstore.Stream, error)
	WatchStreams(ctx context.Context, changed func()) error
	Follow(ctx context.Context, s eventstore.Stream, from uint64, handle func([]eventstore.Event) error) error
	At(ctx context.Context, s eventstore.Stream, seq uint64) (eventstore.Event, error)
	Load(ctx context.Context, c eventstore.Case, after, version uint64, prev string) ([]eventstore.Event, error)
}

// Options are the settings of a Projector.
type Options struct {
	Pool    *pgxpool.Pool
	Log     Log
	Views   []View
	Logger  *zap.Logger
	Applied func(events int)        // told how many events were applied; may be nil
	Step    func(step string) error // called between any two steps; an error ends the work there. For tests; nil: none
	// Scratch is a directory for the file in which events are sorted by case, about 1.5 kB an event of a stream; empty: the machine's own for
	// temporary files, which may be in memory.
	Scratch string
	// SortFrom is from how many events on a stream is folded case by case into what holds nothing of it yet; 0: 20,000.
	SortFrom uint64
	// WideFrom is from how many events on a batch is written over two connections; 0: 128.
	WideFrom uint64
}

// Projector keeps views up to date. One of all processes works at a time.
type Projector struct {
	pool     *pgxpool.Pool
	log      Log
	views    []View
	logger   *zap.Logger
	applied  func(int)
	step     func(string) error
	scratch  string
	sortFrom uint64
	sorting  chan struct{} // room for one who sorts
	wideFrom uint64

	writingWide chan struct{} // room for one stream

	mu      sync.Mutex
	leading bool
	halted  map[string]string // reason by stream, of what serves
	parked  map[string]int    // cases by view, of what serves
}

// New returns a projector.
func New(o Options) *Projector {
	p := &Projector{pool: o.Pool, log: o.Log, views: o.Views, logger: o.Logger, applied: o.Applied, step: o.Step, scratch: o.Scratch, sortFrom: cmp.Or(o.SortFrom, sortFrom), sorting: make(chan struct{}, 1),
		wideFrom: cmp.Or(o.WideFrom, wideFrom), writingWide: make(chan struct{}, wideRoom(o.Pool)),
		halted: map[string]string{}}
	if p.logger == nil {
		p.logger = zap.NewNop()
	}
	if p.applied == nil {
		p.applied = func(int) {}
	}
	if p.step == nil {
		p.step = func(string) error { return nil }
	}
	return p
}

// Run works, or stands by, until ctx ends. The database's or the broker's absence is waited out.
func (p *Projector) Run(ctx context.Context) error {
	for {
		err := p.term(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var stop *stepError
		if errors.As(err, &stop) {
			return stop.error
		}
		p.logger.Warn("projector starts over", zap.Error(err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// Ready tells what keeps the views from being true: a halted stream. Standing by is being ready.
func (p *Projector) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for stream, reason := range p.halted {
		return fmt.Errorf("projection of %s is halted: %s", stream, reason)
	}
	return nil
}

// Leading tells whether this projector is the one that works.
func (p *Projector) Leading() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.leading
}

func (p *Projector) lead(now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leading = now
	clear(p.halted)
	p.parked = nil
}

func (p *Projector) halt(stream, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted[stream] = reason
}

// Quarantined returns how many cases are parked in each view that serves; nothing while this projector stands by.
func (p *Projector) Quarantined() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.parked)
}

// pass calls the step hook.
func (p *Projector) pass(step string) error {
	if err := p.step(step); err != nil {
		return &stepError{err}
	}
	return nil
}
