// Package programme holds the works programme of every district in memory, folded from the works streams: how each project stands, what
// happened to it, and which approved permits hold a place. It owns following the streams and answering from memory, so that a report is
// checked for permits with the database gone. It never writes.
package programme

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/works"
)

// Log is what the directory needs of the event store.
type Log interface {
	FollowWorks(ctx context.Context, handle func(eventstore.Event) error, ready func()) error
}

// Directory is the works programme of every district. It is safe for concurrent use; what it returns is never changed.
type Directory struct {
	log    Log
	ready  atomic.Bool
	halted atomic.Pointer[error] // why it never became ready

	mu        sync.RWMutex
	districts map[string]*district
}

// district is one district's programme.
type district struct {
	seq      uint64        // of the last event taken in
	changed  chan struct{} // closed and replaced at each event
	projects map[string]*entry
}

// entry is one project as it stands, with what happened to it.
type entry struct {
	project works.Project
	history []*gridcasev1.ProjectEntry
}

// New returns an empty directory.
func New(log Log) *Directory {
	return &Directory{log: log, districts: map[string]*district{}}
}

// Run follows the works streams until ctx ends. A gap, a broken chain or an event that this build doesn't know ends it with an error.
// Before the directory is ready, Ready tells that error from then on; one that was ready must not be used any more, since a permit that it
// holds may have been revoked.
func (d *Directory) Run(ctx context.Context) error {
	err := d.log.FollowWorks(ctx, d.take, func() { d.ready.Store(true) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = fmt.Errorf("follow the works programmes: %w", err)
	if !d.ready.Load() {
		d.halted.Store(&err)
	}
	return err
}

// Ready tells whether all that was recorded when the process started is in memory; else an Unavailable fault.
func (d *Directory) Ready() error {
	if halted := d.halted.Load(); halted != nil {
		return away(*halted)
	}
	if !d.ready.Load() {
		return away(errors.New("the works programmes are not read yet"))
	}
	return nil
}

func away(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "programme.unavailable", After: time.Second, Cause: cause,
		Text: "this server does not hold the works programmes of its districts; try again"}
}

// take folds one stored event.
func (d *Directory) take(e eventstore.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	of := d.of(e.District)
	old := of.projects[e.Project]
	if old == nil {
		old = &entry{project: works.Project{Code: e.Project}}
	}
	if e.Version != old.project.Version+1 || e.Prev != old.project.Hash {
		return fmt.Errorf("%w: %s, version %d at sequence %d", eventstore.ErrBroken, e.Subject, e.Version, e.Seq)
	}
	m, err := e.Decode()
	if err != nil {
		return err
	}
	of.projects[e.Project] = &entry{
		project: works.Evolve(old.project, works.Recorded{Envelope: &e.Envelope, Message: m, Seq: e.Seq, Hash: e.Hash}),
		history: append(slices.Clip(old.history), told(&e, m)),
	}
	of.seq = e.Seq
	close(of.changed)
	of.changed = make(chan struct{})
	return nil
}

// of returns a district's programme, which may be empty yet; mu is held.
func (d *Directory) of(code string) *district {
	if d.districts[code] == nil {
		d.districts[code] = &district{changed: make(chan struct{}), projects: map[string]*entry{}}
	}
	return d.districts[code]
}

// Permits returns the approved permits of a district that hold a place at an instant, by project and number: granted, begun, not run out,
// not revoked, of a project that has not ended. An Unavailable fault where the directory is not ready.
func (d *Directory) Permits(code string, place *gridcasev1.GeoPoint, at time.Time) ([]*gridcasev1.Permit, error) {
	if err := d.Ready(); err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	var permits []*gridcasev1.Permit
	if of := d.districts[code]; of != nil {
		for _, e := range of.projects {
			permits = append(permits, e.project.PermitsAt(place, at)...)
		}
	}
	slices.SortFunc(permits, func(a, b *gridcasev1.Permit) int {
		return strings.Compare(a.GetProject()+"\x00"+a.GetNumber(), b.GetProject()+"\x00"+b.GetNumber())
	})
	return permits, nil
}

// patience is how long a reader waits for an event that it knows to be stored.
const patience = 2 * time.Second

// Wait returns when the district's programme holds the event at seq, and whether it does: after 2 s, or when ctx ends, it gives up.
func (d *Directory) Wait(ctx context.Context, code string, seq uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		d.mu.Lock()
		of := d.of(code)
		held, changed := of.seq >= seq, of.changed
		d.mu.Unlock()
		if held {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
