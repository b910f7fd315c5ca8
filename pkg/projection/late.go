package projection

import (
	"context"
	"errors"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

const (
	// reach is how many events behind the main run a generation may be to join it: while it joins, the main run waits.
	reach = 2000
	// lateBatch is how many events a generation that catches up folds at once: larger batches fold more of a case into one row.
	lateBatch = 10000
)

var (
	// errNear: a generation is within reach of the main run.
	errNear = errors.New("within reach")
	// errThere: a generation holds what the main run holds.
	errThere = errors.New("caught up")
)

// goLate lets a generation catch up in a stream, until it is given up.
func (t *term) goLate(f *follower, g *generation) {
	g.late.Add(1)
	t.group.Go(func() error {
		defer g.late.Done()
		err := t.catchUp(g.life, f, g)
		if g.life.Err() != nil {
			return nil
		}
		return err
	})
}

// catchUp folds a stream into a generation until it joins the main run. Where that is halted, or there is none, it goes on by itself.
func (t *term) catchUp(ctx context.Context, f *follower, g *generation) error {
	select {
	case <-f.begun:
	case <-ctx.Done():
		return ctx.Err()
	}
	r := &run{term: t, stream: f.main.stream, late: true}
	t.keep(r)
	defer t.forget(r)
	if err := r.beginLate(ctx, g); err != nil || len(r.units) == 0 {
		return err
	}
	if err := r.fill(ctx, f.end.Load()); err != nil && ctx.Err() == nil {
		return r.haltLate(ctx, f, err)
	}
	for {
		joined, err := f.join(ctx, r)
		if err == nil && !joined {
			err = r.followLate(ctx, f)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case joined || err != nil && !errors.Is(err, errNear):
			return r.haltLate(ctx, f, err)
		}
	}
}

// followLate folds the stream, in large batches while there is much to come, until the main run is near. What comes before a fault of the
// log is folded.
func (r *run) followLate(ctx context.Context, f *follower) error {
	var waiting []eventstore.Event
	flush := func() error {
		batch := waiting
		waiting = nil
		if err := r.apply(ctx, batch); err != nil {
			return err
		}
		if f.near(r) {
			return errNear
		}
		return nil
	}
	err := r.log.Follow(ctx, r.stream, r.at.Load()+1, func(batch []eventstore.Event) error {
		waiting = append(waiting, batch...)
		if len(waiting) < lateBatch && batch[len(batch)-1].Seq < f.end.Load() {
			return nil
		}
		return flush()
	})
	if len(waiting) > 0 && ctx.Err() == nil && haltReason(err) != "" {
		if err := flush(); err != nil {
			return err
		}
		return errNear // the fault comes again when there is nothing before it
	}
	return err
}

// beginLate makes a generation the run's only unit, where the log still has its checkpoint.
func (r *run) beginLate(ctx context.Context, g *generation) error {
	units, err := r.enter(ctx, []*generation{g})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.units, err = r.sound(ctx, units); err != nil || len(r.units) == 0 {
		return err
	}
	r.at.Store(r.units[0].at.seq)
	return r.mend(ctx, r.units)
}

// near tells whether the run may join the main one or, where that doesn't go on, has come to the stream's end.
func (f *follower) near(r *run) bool {
	if f.alive.Load() {
		return r.at.Load()+reach >= f.main.at.Load()
	}
	if r.at.Load() >= f.end.Load() && r.caughtUp(r.units[0].generation, r.stream.Name()) {
		r.poke()
	}
	return false
}

// join brings a run that is near to where the main one is, which waits meanwhile, and hands its generation over.
func (f *follower) join(ctx context.Context, r *run) (joined bool, err error) {
	if !f.near(r) {
		return false, nil
	}
	if err := r.passed("before join"); err != nil {
		return false, err
	}
	f.main.mu.Lock()
	defer f.main.mu.Unlock()
	if !f.alive.Load() {
		return false, nil
	}
	if err := r.reach(ctx, f.main.at.Load()); err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f.main.units = append(f.main.units, r.units...)
	r.caughtUp(r.units[0].generation, r.stream.Name())
	r.units = nil
	r.poke()
	return true, r.passed("after join")
}

// reach folds the stream up to a sequence.
func (r *run) reach(ctx context.Context, until uint64) error {
	if r.at.Load() >= until {
		return nil
	}
	err := r.log.Follow(ctx, r.stream, r.at.Load()+1, func(batch []eventstore.Event) error {
		for len(batch) > 0 && batch[len(batch)-1].Seq > until {
			batch = batch[:len(batch)-1]
		}
		if err := r.apply(ctx, batch); err != nil {
			return err
		}
		if r.at.Load() >= until {
			return errThere
		}
		return nil
	})
	if errors.Is(err, errThere) {
		return nil
	}
	return err
}

// haltLate marks that the log does not let a generation go on. One that holds all that the main run holds has caught up nevertheless.
func (r *run) haltLate(ctx context.Context, f *follower, err error) error {
	reason := haltReason(err)
	if reason == "" {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !f.alive.Load() && r.at.Load() >= f.main.at.Load() {
		r.caughtUp(r.units[0].generation, r.stream.Name())
	}
	return r.halt(ctx, r.units, reason)
}
