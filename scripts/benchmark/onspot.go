package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// onSpot is the floor with what evidence and idempotency demand of every event: its name, the hash of its command, its payload and its headers
// are made when the command is there, and it is hashed onto the case's last event. What it says is known beforehand: no rule is asked, no case
// is kept, nobody's right is looked up.
type onSpot struct {
	*floor
	drafts []eventstore.Draft
}

// newOnSpot takes what the floor's events say.
func newOnSpot(ctx context.Context, h *house, events []eventstore.Event, begin district, districts int) (*onSpot, error) {
	f, err := newFloor(ctx, h, events, begin, districts)
	if err != nil {
		return nil, err
	}
	o := &onSpot{floor: f}
	for i := range events {
		m, err := events[i].Decode()
		if err != nil {
			return nil, err
		}
		o.drafts = append(o.drafts, eventstore.Draft{Envelope: events[i].Envelope, Message: m})
	}
	return o, nil
}

func (o *onSpot) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	return o.send(ctx, o, s, p, cmd)
}

func (o *onSpot) message(s *story, p *step, cmd casework.Command) (*nats.Msg, error) {
	d := o.drafts[index(p)]
	d.Envelope.Time = time.Now().UTC().Truncate(time.Microsecond)
	key, err := stamp(&d.Envelope, s, cmd, p.by(s).id())
	if err != nil {
		return nil, err
	}
	return sealed(d, key, s)
}

// stamp writes into an envelope of which case and of which command it is.
func stamp(env *gridcasev1.Envelope, s *story, cmd casework.Command, actor string) (eventstore.Case, error) {
	key, err := eventstore.CaseOf(s.district.code(), s.id)
	if err != nil {
		return key, err
	}
	space, err := uuid.Parse(s.id)
	if err != nil {
		return key, err
	}
	env.Subject, env.Source = key.Subject(), "/gridcase/districts/"+s.district.code()
	env.CommandID = cmd.GetTarget().GetCommandId()
	env.ID = uuid.NewSHA1(space, []byte(env.CommandID+"/0")).String()
	env.CommandHash = hashOf(cmd, actor)
	return key, nil
}

// sealed is an event as the log stores it, hashed onto the one made before, which is stored by then, with its guard.
func sealed(d eventstore.Draft, key eventstore.Case, s *story) (*nats.Msg, error) {
	d.Envelope.Prev = s.hash
	e, err := d.Seal(key)
	if err != nil {
		return nil, err
	}
	s.hash = e.Hash
	m := &nats.Msg{Subject: key.Subject(), Data: e.Payload, Header: e.Headers()}
	m.Header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(s.last, 10)}
	return m, nil
}

// hashOf is the digest by which a command sent again is told from another one, as the write side makes it of a command without texts.
func hashOf(cmd casework.Command, actor string) string {
	clean := proto.Clone(cmd).(casework.Command)
	clean.GetTarget().CommandId = ""
	b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(clean) // it can be encoded
	h := sha256.New()
	h.Write([]byte(gridcasev1.EventType(clean) + "\x00" + actor + "\x00"))
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}
