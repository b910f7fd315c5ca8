package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// together decides what an accepted command implies for other cases and must happen with it. A case of another stream can't change at the
// same moment: it must only take the command; FollowUp sends it when the event is stored.
func (s *Service) together(ctx context.Context, a *attempted, all []implied, facts casework.Facts) ([]eventstore.Part, error) {
	var parts []eventstore.Part
	for _, f := range all {
		if !f.Together {
			continue
		}
		part, err := s.other(ctx, a, f, facts)
		if err != nil {
			return nil, err
		}
		if part.Case.Year == a.key.Year {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// other decides a follow-up on the other case as the stream's leader has it.
func (s *Service) other(ctx context.Context, a *attempted, f implied, facts casework.Facts) (eventstore.Part, error) {
	b, err := a.on(f.FollowUp, f.commandID)
	if err != nil {
		return eventstore.Part{}, err
	}
	if _, opening := f.Command.(*gridcasev1.OpenChild); opening {
		if err := checkIDTime(b.key.ID, a); err != nil {
			return eventstore.Part{}, err
		}
	}
	s.cases.Remove(b.key)
	c, _, err := s.read(ctx, b, true)
	if err != nil {
		return eventstore.Part{}, err
	}
	facts.Now, facts.Sealed = later(facts.Now, c.At), nil
	messages, err := casework.Decide(c, b.cmd, facts)
	if err != nil {
		return eventstore.Part{}, ofPrimary(err)
	}
	yield, err := b.envelop(c, messages, commandHash(b, nil), facts)
	return eventstore.Part{Case: b.key, After: c.Seq, Events: yield.events}, err
}

// ofPrimary says of a case that isn't there which field named it.
func ofPrimary(err error) error {
	if f := fault.Of(err); f.Kind == fault.NotFound {
		return fault.BadField("primary_id", "merge.primary_unknown", "the district has no such case")
	}
	return err
}

// on is the follow-up as a command on its way, by the same actor.
func (a *attempted) on(f casework.FollowUp, commandID string) (*attempted, error) {
	key, err := eventstore.CaseOf(a.key.District, f.CaseID)
	if err != nil {
		return nil, err
	}
	b := *a
	b.key, b.cmd, b.numbers = key, aim(f.Command, a.key.District, f.CaseID, commandID), nil
	b.target = b.cmd.GetTarget()
	return &b, nil
}

// aim fills in whom a follow-up is for.
func aim(cmd casework.Command, district, caseID, commandID string) casework.Command {
	m := cmd.ProtoReflect()
	target := &gridcasev1.Target{District: district, CaseId: caseID, CommandId: commandID}
	m.Set(m.Descriptor().Fields().ByName("target"), protoreflect.ValueOfMessage(target.ProtoReflect()))
	return cmd
}

// followUpID is the command id of the n-th follow-up of an event: the same for ever, so that one sent twice is one event.
func followUpID(eventID string, n int) string {
	space, err := uuid.Parse(eventID)
	if err != nil {
		return "" // event ids are made here
	}
	return uuid.NewSHA1(space, fmt.Appendf(nil, "follow-up/%d", n)).String()
}

// FollowUp sends what a stored event implies for other cases; m is what it says. It may be called again and by several processes: each
// follow-up is one event. What the other case refuses is over; an Unavailable fault is to be tried again.
func (s *Service) FollowUp(ctx context.Context, e eventstore.Event, m proto.Message) error {
	if !Implies(m) {
		return nil
	}
	key, err := eventstore.CaseOf(e.District, e.CaseID)
	if err != nil {
		return err
	}
	c, err := s.at(ctx, key, e.Envelope.Version)
	if err != nil {
		return err
	}
	var failed []error
	for n, f := range casework.FollowUps(key.ID, c, m) {
		failed = append(failed, s.send(ctx, key.District, f, followUpID(e.Envelope.ID, n)))
	}
	return errors.Join(failed...)
}

// Implies tells whether an event may mean anything for another case, without a look at its own: then FollowUp has something to look at.
func Implies(m proto.Message) bool {
	switch m.(type) {
	case *gridcasev1.CaseMerged, *gridcasev1.CaseUnmerged, *gridcasev1.CaseSplit, *gridcasev1.CaseClosed, *gridcasev1.CaseForceClosed, *gridcasev1.CaseDeclined,
		*gridcasev1.CaseVoided, *gridcasev1.CaseReopened:
		return true
	}
	return false
}

// at returns the case as it was at a version.
func (s *Service) at(ctx context.Context, key eventstore.Case, version uint64) (c casework.Case, err error) {
	events, err := s.log.Load(ctx, key, 0, 0, "")
	if err != nil {
		return c, readError(err)
	}
	for i := range events {
		if c.Version == version {
			break
		}
		if c, err = fold(c, &events[i]); err != nil {
			return c, readError(err)
		}
	}
	return c, nil
}

// send takes a follow-up to its case, unless the case took it already: with the event itself, or at an earlier call.
func (s *Service) send(ctx context.Context, district string, f casework.FollowUp, commandID string) error {
	if link, ok := f.Command.(*gridcasev1.LinkDuplicate); ok {
		link.Recorded = true
	}
	key, err := eventstore.CaseOf(district, f.CaseID)
	if err != nil {
		return err
	}
	c, _, err := s.read(ctx, &attempted{key: key, cmd: f.Command}, true)
	if err != nil {
		return err
	}
	if _, done := c.Done(commandID); done {
		return nil
	}
	_, err = s.Do(ctx, access.System(district), aim(f.Command, district, f.CaseID, commandID))
	if err != nil && refusal(err) {
		return nil
	}
	return err
}
