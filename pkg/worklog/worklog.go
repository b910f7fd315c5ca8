// Package worklog is the write side of works programmes: it loads a project, lets the rules decide, and appends what they yield, guarded by
// the project's last event. It owns idempotency by command id and the read-back after a conflict or a time-out. It is the only writer of
// projects. A programme has few writers, so it keeps nothing in memory: each command reads its project from the stream's leader.
package worklog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/works"
)

// Log is what the write side needs of the event store.
type Log interface {
	AppendProject(ctx context.Context, p eventstore.Project, after uint64, events []eventstore.Event) (uint64, error)
	LoadProject(ctx context.Context, p eventstore.Project) ([]eventstore.Event, error)
}

// Options are the settings of a Service.
type Options struct {
	Log       Log
	Directory *reference.Directory
	Access    *access.Access
	Now       func() time.Time // the server's clock; time.Now where nil
}

// Service takes commands. It is safe for concurrent use.
type Service struct{ o Options }

// New returns a write side.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o: o}
}

const (
	// patience bounds a command: a caller hears "unavailable" within 3 s.
	patience = 2800 * time.Millisecond
	// tries is how often a command is decided again after a conflict.
	tries = 5
)

// attempted is a command on its way: what doesn't change from try to try.
type attempted struct {
	actor    access.Actor
	cmd      works.Command
	target   *gridcasev1.ProjectTarget
	key      eventstore.Project
	grids    *grid.Map
	hash     string
	received time.Time
}

// Do takes a command of actor and returns its receipt when its event is stored. Sent again, with the same id, it returns the same receipt
// and stores nothing, for ever. A *fault.Error says why it was refused, or that it is to be sent again.
func (s *Service) Do(ctx context.Context, actor access.Actor, cmd works.Command) (*gridcasev1.WorksReceipt, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := s.begin(actor, cmd)
	if err != nil {
		return nil, err
	}
	for try := range tries {
		receipt, err := s.attempt(ctx, a)
		if !errors.Is(err, eventstore.ErrConflict) && !errors.Is(err, eventstore.ErrUnknown) {
			return receipt, err
		}
		select { // rivals must not meet again
		case <-time.After(time.Duration(try)*10*time.Millisecond + rand.N(20*time.Millisecond)):
		case <-ctx.Done():
		}
	}
	return nil, &fault.Error{Kind: fault.Unavailable, Code: "project.contended", After: time.Second,
		Text: "the project is changing too fast or the log is slow; send the same command again to learn whether it is stored"}
}

// begin checks what needs no project.
func (s *Service) begin(actor access.Actor, cmd works.Command) (*attempted, error) {
	target := cmd.GetTarget()
	code, err := s.o.Access.District(actor, target.GetDistrict())
	if err != nil {
		return nil, err
	}
	district, err := s.o.Directory.District(code)
	if err != nil {
		return nil, err
	}
	key, err := eventstore.ProjectOf(code, target.GetProjectCode())
	if err != nil {
		return nil, err
	}
	return &attempted{actor: actor, cmd: cmd, target: target, key: key, grids: district.Grids, hash: commandHash(key, actor, cmd),
		received: s.o.Now().UTC().Truncate(time.Microsecond)}, nil
}

// attempt decides the command on one reading of the project and appends.
func (s *Service) attempt(ctx context.Context, a *attempted) (*gridcasev1.WorksReceipt, error) {
	p, err := s.load(ctx, a.key)
	if err != nil {
		return nil, err
	}
	if done, ok := p.Done(a.target.GetCommandId()); ok {
		return a.repeated(done)
	}
	if want := a.target.ExpectedVersion; want != nil && *want != p.Version {
		return nil, &fault.Error{Kind: fault.Conflict, Code: "project.version", Field: "target.expected_version",
			Text: fmt.Sprintf("the project is at version %d: look at it, then decide again", p.Version)}
	}
	f := works.Facts{Now: a.received, Grids: a.grids}
	if f.Now.Before(p.At) {
		f.Now = p.At
	}
	m, err := works.Decide(p, a.cmd, f)
	if err != nil {
		return nil, err
	}
	next, event, err := a.envelop(p, m, f.Now)
	if err != nil {
		return nil, err
	}
	seq, err := s.o.Log.AppendProject(ctx, a.key, p.Seq, []eventstore.Event{event})
	if err != nil {
		return nil, err
	}
	return a.receipt(works.Done{ID: a.target.GetCommandId(), Version: next.Version, Seq: seq, State: next.State}, false), nil
}

// load folds the project from its events. What can't be read is Unavailable: this process may not write to such a project.
func (s *Service) load(ctx context.Context, key eventstore.Project) (works.Project, error) {
	p := works.Project{Code: key.Code}
	events, err := s.o.Log.LoadProject(ctx, key)
	if err != nil {
		return p, readError(err)
	}
	for i := range events {
		e := &events[i]
		m, err := e.Decode()
		if err != nil {
			return p, readError(err)
		}
		p = works.Evolve(p, works.Recorded{Envelope: &e.Envelope, Message: m, Seq: e.Seq, Hash: e.Hash})
	}
	return p, nil
}

// readError turns what can't be folded into "unavailable".
func readError(err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Code: "project.unreadable", Text: "the project can't be read by this server; nothing was recorded", Cause: err}
}

// repeated answers a command id that the project has taken before.
func (a *attempted) repeated(done works.Done) (*gridcasev1.WorksReceipt, error) {
	if done.Hash == a.hash {
		return a.receipt(done, true), nil
	}
	return nil, fault.BadField("target.command_id", "command.reused", "this command id was used for another command of the project; a new command needs a new id")
}

func (a *attempted) receipt(done works.Done, duplicate bool) *gridcasev1.WorksReceipt {
	return &gridcasev1.WorksReceipt{District: a.key.District, ProjectCode: a.key.Code, CommandId: done.ID, Version: done.Version, Sequence: done.Seq,
		State: done.State, Duplicate: duplicate}
}
