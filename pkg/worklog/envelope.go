package worklog

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/works"
)

// envelop turns what the rules yielded into an event ready to be stored, and returns the project after it. A project has no state of a case,
// and no unit grid but the whole district.
func (a *attempted) envelop(p works.Project, m proto.Message, now time.Time) (works.Project, eventstore.Event, error) {
	env := gridcasev1.Envelope{
		ID: eventID(a.key, a.target.GetCommandId()), Type: gridcasev1.EventType(m), Source: "/gridcase/districts/" + a.key.District, Time: now,
		Subject: a.key.Subject(), Version: p.Version + 1, CommandID: a.target.GetCommandId(), CommandHash: a.hash, Actor: a.actor.ID, Role: a.actor.Role,
		Grid: a.key.District, Prev: p.Hash,
	}
	e, err := eventstore.Draft{Envelope: env, Message: m}.Seal(a.key)
	if err != nil {
		return p, e, err
	}
	return works.Evolve(p, works.Recorded{Envelope: &env, Message: m, Hash: e.Hash}), e, nil
}

// eventID is the same for the same command of the same project for ever: UUIDv5 of the project's subject and the command id.
func eventID(key eventstore.Project, commandID string) string {
	return uuid.NewSHA1(uuid.NewSHA1(uuid.NameSpaceOID, []byte(key.Subject())), []byte(commandID)).String()
}

// commandHash is the same for the same command of the same actor, whatever id it is sent under.
func commandHash(key eventstore.Project, actor access.Actor, cmd works.Command) string {
	clean := proto.Clone(cmd).(works.Command)
	clean.GetTarget().CommandId, clean.GetTarget().District = "", key.District
	b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(clean) // it came over the wire, so it can be encoded
	h := sha256.New()
	h.Write([]byte(gridcasev1.EventType(clean) + "\x00" + actor.ID + "\x00"))
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}
