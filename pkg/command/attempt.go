package command

import (
	"context"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/reference"
)

// attempted is a command on its way: what doesn't change from try to try.
type attempted struct {
	actor    access.Actor
	cmd      casework.Command
	target   *gridcasev1.Target
	key      eventstore.Case
	district *reference.District
	received time.Time
	numbers  []number // leased at most once a command
	sent     bool     // events were sent, which may be stored whatever was answered
}

// begin checks what needs no case.
func (s *Service) begin(actor access.Actor, cmd casework.Command) (*attempted, error) {
	target := cmd.GetTarget()
	code, err := s.access.District(actor, target.GetDistrict())
	if err != nil {
		return nil, err
	}
	district, err := s.directory.District(code)
	if err != nil {
		return nil, err
	}
	key, err := eventstore.CaseOf(code, target.GetCaseId())
	if err != nil {
		return nil, err
	}
	a := &attempted{actor: actor, cmd: cmd, target: target, key: key, district: district, received: s.now().UTC().Truncate(time.Microsecond)}
	return a, a.checkTimes()
}

func (a *attempted) checkTimes() error {
	if a.target.GetOccurredAt() == nil {
		return nil
	}
	if a.actor.Role != gridcasev1.Role_ROLE_IMPORTER {
		return fault.BadField("target.occurred_at", "time.importer_only", "only an importer says when something happened; others have device_time")
	}
	if a.target.GetOccurredAt().AsTime().After(a.received) {
		return fault.BadField("target.occurred_at", "time.future", "what is brought in has happened already")
	}
	return nil
}

// attempt decides the command on one reading of the case and appends. A refusal on a cached case is decided again on the leader's.
func (s *Service) attempt(ctx context.Context, a *attempted, fresh bool) (*gridcasev1.Receipt, error) {
	c, fresh, err := s.read(ctx, a, fresh)
	if err != nil {
		return nil, err
	}
	receipt, err := s.decide(ctx, a, c, fresh)
	if err == nil || fresh || !refusal(err) {
		return receipt, err
	}
	newer, _, err2 := s.read(ctx, a, true)
	if err2 != nil {
		return nil, err2
	}
	if newer.Version == c.Version {
		return nil, err
	}
	return s.decide(ctx, a, newer, true)
}

// refusal tells whether the rules spoke, or something broke on the way.
func refusal(err error) bool {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable:
		return false
	}
	return true
}

// decide takes the case as it is: a command already taken gives its receipt, another one is decided, stored and folded. Of a case that is
// only thought not to exist yet, nobody is thought to have a key in the vault.
func (s *Service) decide(ctx context.Context, a *attempted, c casework.Case, fresh bool) (*gridcasev1.Receipt, error) {
	sealed, err := s.seal(ctx, a, c.Version == 0 && !fresh)
	if err != nil {
		return nil, err
	}
	hash := commandHash(a, sealed.values())
	sees := c.Version == 0 || a.actor.Role == gridcasev1.Role_ROLE_IMPORTER || a.actor.Scope(a.key.District).Sees(parties(&c))
	if done, ok := c.Done(a.target.GetCommandId()); ok {
		return a.repeated(&c, done, hash, sees)
	}
	if done, ok := sameReport(&c, a.cmd, hash); ok {
		return a.receipt(&c, done, true), nil
	}
	if !sees {
		return nil, casework.NotFound()
	}
	if err := a.checkVersion(&c); err != nil {
		return nil, err
	}
	facts, err := s.facts(ctx, a, &c, sealed.values())
	if err != nil {
		return nil, err
	}
	messages, err := casework.Decide(c, a.cmd, facts)
	if err != nil {
		return nil, err
	}
	yield, err := a.envelop(c, messages, hash, facts)
	if err != nil {
		return nil, err
	}
	others, err := s.together(ctx, a, yield.implied, facts)
	if err != nil {
		return nil, err
	}
	if err := sealed.store(ctx); err != nil {
		return nil, err
	}
	return s.append(ctx, a, yield.next, eventstore.Part{Case: a.key, After: c.Seq, Events: yield.events}, others)
}

// repeated answers a command id that the case has taken before.
func (a *attempted) repeated(c *casework.Case, done casework.Done, hash string, sees bool) (*gridcasev1.Receipt, error) {
	if done.Hash == hash {
		return a.receipt(c, done, true), nil
	}
	if !sees {
		return nil, casework.NotFound()
	}
	return nil, fault.BadField("target.command_id", "command.reused", "this command id was used for another command of the case; a new command needs a new id")
}

// sameReport finds the report that opened the case, sent again under another command id.
func sameReport(c *casework.Case, cmd casework.Command, hash string) (casework.Done, bool) {
	if !opens(cmd) || c.Version == 0 || c.Commands[0].Hash != hash {
		return casework.Done{}, false
	}
	return c.Commands[0], true
}

func parties(c *casework.Case) access.Parties {
	return access.Parties{Grid: c.Place.GetGrid(), Department: c.Department, Reporter: c.Reporter, Worker: c.Worker, Handler: c.Handler}
}

// append stores what an accepted command yielded for its case and with it for others; next is its case after that.
func (s *Service) append(ctx context.Context, a *attempted, next casework.Case, own eventstore.Part, others []eventstore.Part) (*gridcasev1.Receipt, error) {
	a.sent = true
	last, err := s.log.AppendTogether(ctx, append([]eventstore.Part{own}, others...))
	for _, other := range others {
		s.cases.Remove(other.Case)
		last -= uint64(len(other.Events))
	}
	if err != nil {
		if !again(err) {
			s.cases.Remove(a.key) // else it is where the next reading goes on from
		}
		return nil, err
	}
	next.Seq = last
	next.Commands[len(next.Commands)-1].Seq = last
	s.cases.Add(a.key, next)
	done, _ := next.Done(a.target.GetCommandId())
	return a.receipt(&next, done, false), nil
}

func (a *attempted) receipt(c *casework.Case, done casework.Done, duplicate bool) *gridcasev1.Receipt {
	at := eventstore.Position{District: a.key.District, Year: a.key.Year, Seq: done.Seq}
	return &gridcasev1.Receipt{District: a.key.District, CaseId: a.key.ID, CommandId: done.ID, Version: done.Version, Position: at.String(),
		State: done.State, Number: c.Number, Duplicate: duplicate}
}
