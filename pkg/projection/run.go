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

	mu      sync.Mutex // held while a batch is applied, and whenever the units change
	units   []*unit
	filling bool          // the units, which are all equally far, are filled case by case
	at      atomic.Uint64 // the last sequence that was applied

	folded, acquaintAt uint64 // events of this term, and at which of them the database looks at the tables
}

// unit is one generation in one stream.
type unit struct {
	generation *generation
	at         checkpoint
	parked     map[string]bool // the cases that it can't go on with, by id
	shelf      *shelves        // the rows of the cases that it folded last
}

// apply folds a batch. What comes before an event that this build can't read is folded first.
func (r *run) apply(ctx context.Context, stored []eventstore.Event) error {
	batch, unread := decode(stored)
	if err := r.fold(ctx, batch, nil); err != nil {
		return err
	}
	return unread
}

// fold folds a batch. next is the one behind it, where that is known.
func (r *run) fold(ctx context.Context, batch, next []Event) error {
	if len(batch) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.settle(ctx, batch, next, r.filling && batch[0].Version == 1); err != nil {
		return err
	}
	r.applied(len(batch))
	if !r.filling {
		r.at.Store(batch[len(batch)-1].Seq)
		r.acquaint(ctx, len(batch))
	}
	return nil
}

// settle writes a batch; begins says that it is all that there is of its cases. Where a view refuses it, the batch is halved until the event
// stands alone: its case is parked in that view, and the rest flows on.
func (r *run) settle(ctx context.Context, batch, next []Event, begins bool) error {
	for {
		err := r.write(ctx, batch, next, begins)
		var no *refusal
		if !errors.As(err, &no) {
			return err
		}
		if half := len(batch) / 2; half > 0 {
			if err := r.settle(ctx, batch[:half], nil, false); err != nil {
				return err
			}
			return r.settle(ctx, batch[half:], nil, false)
		}
		if err := r.park(ctx, no, &batch[0]); err != nil {
			return err
		}
	}
}

// shares are what each unit folds of a batch: what it misses, but for the cases that are parked.
func (r *run) shares(batch []Event) []*share {
	shares := make([]*share, len(r.units))
	for i, u := range r.units {
		s := &share{unit: u, next: u.at}
		missing := batch
		for len(missing) > 0 && u.at.holds(&missing[0].Event) {
			missing = missing[1:]
		}
		if len(missing) > 0 {
			s.next = u.at.after(missing, r.stream.Created)
			s.batch, s.waiting = u.divert(missing)
		}
		shares[i] = s
	}
	return shares
}

// passed calls the step hook. What catches up has steps of its own.
func (r *run) passed(step string) error {
	if r.late {
		step = "late " + step
	}
	return r.pass(step)
}

// hold keeps the office and the checkpoints of units for the transaction, and refuses to write over others than this run's own.
func (r *run) hold(x *Exchange, units []*unit) {
	x.Queue(holdOffice).QueryRow(func(answer pgx.Row) error { return held(answer, r.epoch) })
	x.Queue(`select generation, seq, hash, fill_end, fill_hash, fill_case, fill_version, fill_held from projection.checkpoints where stream = $1 and generation = any($2) for update`,
		r.stream.Name(), numbers(units)).Query(func(rows pgx.Rows) error { return unmoved(rows, units) })
}

// holdAlone is hold, in an exchange of its own.
func (r *run) holdAlone(ctx context.Context, tx pgx.Tx) error {
	x := newExchange()
	r.hold(x, r.units)
	return x.send(ctx, tx)
}

// unmoved reads the checkpoints of units, which must be where this run left them.
func unmoved(rows pgx.Rows, units []*unit) error {
	now := map[int]checkpoint{}
	var number int
	var c checkpoint
	_, err := pgx.ForEachRow(rows, []any{&number, &c.seq, &c.hash, &c.fill.end, &c.fill.hash, &c.fill.caseID, &c.fill.version, &c.fill.held}, func() error {
		now[number] = c
		return nil
	})
	if err != nil {
		return transient("read checkpoints", err)
	}
	for _, u := range units {
		if c, ok := now[u.generation.number]; !ok || c.seq != u.at.seq || c.hash != u.at.hash || c.fill != u.at.fill {
			return transient("apply to view "+u.generation.view.Name(), errMoved)
		}
	}
	return nil
}

func numbers(units []*unit) []int {
	numbers := make([]int, len(units))
	for i, u := range units {
		numbers[i] = u.generation.number
	}
	return numbers
}

// move writes the checkpoints of units.
func (r *run) move(x *Exchange, shares []*share) {
	if r.filling && len(shares) > 0 { // all may have been given up meanwhile
		r.place(x, unitsOf(shares), shares[0].next)
		return
	}
	seqs, hashes := make([]int64, len(shares)), make([]string, len(shares))
	for i, s := range shares {
		seqs[i], hashes[i] = int64(s.next.seq), s.next.hash
	}
	x.Queue(`update projection.checkpoints c set seq = n.seq, hash = n.hash, stream_created = $2, halted = '' from unnest($3::int[], $4::bigint[], $5::text[]) n(generation, seq, hash)
		where c.stream = $1 and c.generation = n.generation`, r.stream.Name(), r.stream.Created, numbers(unitsOf(shares)), seqs, hashes)
}

// tell tells readers the new position. While a view that serves is not among the units, they look for themselves; and nothing is served of
// what is filled.
func (r *run) tell(x *Exchange, at eventstore.Position) {
	if !r.filling && r.whole() {
		x.Queue(`select pg_notify($1, $2)`, Channel, at.String())
	}
}

// place writes the same checkpoint for units.
func (r *run) place(x *Exchange, units []*unit, at checkpoint) {
	x.Queue(`update projection.checkpoints set seq = $3, hash = $4, stream_created = $5, halted = '', fill_end = $6, fill_hash = $7, fill_case = $8, fill_version = $9, fill_held = $10, fill_sorted = 0
		where stream = $1 and generation = any($2)`, r.stream.Name(), numbers(units), int64(at.seq), at.hash, at.created,
		int64(at.fill.end), at.fill.hash, at.fill.caseID, int64(at.fill.version), int64(at.fill.held))
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
