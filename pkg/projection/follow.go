package projection

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// follower follows one stream in one term: the main run folds whatever has caught up, and beside it each generation that has not has a run
// of its own until it joins.
type follower struct {
	main  *run
	begun chan struct{} // closed once the main run's units are known
	alive atomic.Bool   // the main run follows the stream: it has units and is not halted
	end   atomic.Uint64 // the stream's last sequence at the last look

	shorter int // how many looks in a row the stream was shorter than what was applied
}

// follow applies a stream from the checkpoints on. A log that is not what it was halts this stream alone.
func (t *term) follow(ctx context.Context, f *follower, generations []*generation) error {
	late, err := f.begin(ctx, generations)
	if err != nil {
		return err
	}
	for _, g := range late {
		t.goLate(f, g)
	}
	if err = f.main.fill(ctx, f.end.Load()); err != nil {
		f.alive.Store(false)
	}
	close(f.begun)
	if f.alive.Load() {
		err = f.goOn(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := haltReason(err)
	if reason == "" {
		return err
	}
	f.main.mu.Lock()
	defer f.main.mu.Unlock()
	f.alive.Store(false)
	return f.main.halt(ctx, f.main.units, reason)
}

// goOn follows the stream behind what the main run holds. It ends with an error; what comes before a fault of the log is folded.
func (f *follower) goOn(ctx context.Context) error {
	r := f.main
	ahead := &lookahead{run: r, end: &f.end}
	following, stop := context.WithCancel(ctx)
	defer stop()
	r.group.Go(func() error { return ahead.release(following) })
	err := r.log.Follow(ctx, r.stream, r.at.Load()+1, func(batch []eventstore.Event) error { return ahead.take(ctx, batch) })
	if ctx.Err() != nil || haltReason(err) == "" {
		return err
	}
	if err := ahead.flush(ctx); err != nil {
		return err
	}
	return err
}

// begin reads where the generations are. What serves goes into the main run, with what holds no less; what is behind is returned. Where
// nothing serves, each catches up by itself.
func (f *follower) begin(ctx context.Context, generations []*generation) (late []*generation, err error) {
	r := f.main
	r.mu.Lock()
	defer r.mu.Unlock()
	units, err := r.enter(ctx, generations)
	if err != nil {
		return nil, err
	}
	sound, err := r.sound(ctx, units)
	if err != nil {
		return nil, err
	}
	lead, serves := r.leading(sound)
	for _, u := range sound {
		if !serves || u.at.seq < lead.seq || u.at.fill != lead.fill {
			late = append(late, u.generation)
			continue
		}
		r.units = append(r.units, u)
		r.caughtUp(u.generation, r.stream.Name())
	}
	r.at.Store(lead.seq)
	f.alive.Store(len(r.units) > 0)
	return late, r.mend(ctx, r.units)
}

// leading is how far the generations that serve have come, and whether there are any.
func (t *term) leading(units []*unit) (lead checkpoint, serves bool) {
	t.names.RLock()
	defer t.names.RUnlock()
	for _, u := range units {
		if u.generation.state != Serving {
			continue
		}
		if !serves || u.at.seq > lead.seq || u.at.seq == lead.seq && u.at.fill.held > lead.fill.held {
			lead = u.at
		}
		serves = true
	}
	return lead, serves
}

// enter reads the checkpoints of generations and what is parked of them.
func (r *run) enter(ctx context.Context, generations []*generation) (units []*unit, err error) {
	numbers := make([]int, len(generations))
	for i, g := range generations {
		numbers[i] = g.number
	}
	err = pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, r.epoch); err != nil {
			return err
		}
		at, err := enterStream(ctx, tx, r.stream.Name(), r.stream.Created, numbers)
		if err != nil {
			return err
		}
		for _, g := range generations {
			parked, err := r.readParked(ctx, tx, g.number)
			if err != nil {
				return err
			}
			units = append(units, &unit{generation: g, at: at[g.number], parked: parked, shelf: &shelves{tables: map[string]shelf{}}})
		}
		return nil
	})
	return units, asTransient("enter a stream", err)
}

// sound returns the units whose checkpoint the log still has, and halts the others: a stream that was made anew or went back is not the one
// that they hold.
func (r *run) sound(ctx context.Context, units []*unit) (sound []*unit, err error) {
	for _, u := range units {
		err := r.compare(ctx, u)
		reason := haltReason(err)
		switch {
		case err == nil:
			sound = append(sound, u)
		case reason == "":
			return nil, err
		default:
			if err := r.halt(ctx, []*unit{u}, reason); err != nil {
				return nil, err
			}
		}
	}
	return sound, nil
}

func (r *run) compare(ctx context.Context, u *unit) error {
	seq, hash := u.at.goal()
	if seq == 0 {
		return nil
	}
	name := Schema(u.generation.view)
	if !u.at.created.Equal(r.stream.Created) {
		return fmt.Errorf("%s was made at %s, but view %s holds one that was made at %s", r.stream.Name(), r.stream.Created, name, u.at.created)
	}
	e, err := r.log.At(ctx, r.stream, seq)
	var away *fault.Error
	if errors.As(err, &away) || ctx.Err() != nil {
		return transient("compare the checkpoint", err)
	}
	if err != nil {
		return fmt.Errorf("compare the checkpoint of view %s: %w", name, err)
	}
	if e.Hash != hash {
		return fmt.Errorf("%s was rewound: the event at %d is not the one that view %s holds", r.stream.Name(), seq, name)
	}
	return nil
}

// halt writes why units don't go on beside their checkpoints, for readers, and keeps it for Ready.
func (r *run) halt(ctx context.Context, units []*unit, reason string) error {
	r.logger.Error("projection is halted", zap.String("stream", r.stream.Name()), zap.String("reason", reason))
	r.names.RLock()
	defer r.names.RUnlock()
	for _, u := range units {
		u.at.halted = reason
		if u.generation.state == Serving {
			r.Projector.halt(r.stream.Name(), reason)
		}
	}
	return r.mark(ctx, units)
}

// mend takes the marks away of what was halted once and goes on, or is halted again.
func (r *run) mend(ctx context.Context, units []*unit) error {
	var halted []*unit
	for _, u := range units {
		if u.at.halted != "" {
			u.at.halted = ""
			halted = append(halted, u)
		}
	}
	if len(halted) == 0 {
		return nil
	}
	return r.mark(ctx, halted)
}

// mark writes whether units are halted.
func (r *run) mark(ctx context.Context, units []*unit) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if err := hold(ctx, tx, r.epoch); err != nil {
			return err
		}
		for _, u := range units {
			if _, err := tx.Exec(ctx, `update projection.checkpoints set halted = $3 where stream = $1 and generation = $2`, r.stream.Name(), u.generation.number, u.at.halted); err != nil {
				return err
			}
		}
		return tellAll(ctx, tx)
	})
	return asTransient("mark a halt", err)
}
