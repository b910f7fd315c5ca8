package eventstore

import (
	"fmt"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Event is one stored event.
type Event struct {
	gridcasev1.Envelope
	District string
	Year     int
	CaseID   string // empty for an event of a project
	Project  string // the project's code; empty for an event of a case
	Seq      uint64 // its place in the stream
	Payload  []byte // as stored
	Hash     string // the next event's Prev
}

// Position is where the event stands in the log.
func (e *Event) Position() Position {
	return Position{District: e.District, Year: e.Year, Seq: e.Seq}
}

// Decode reads the payload. A type that the contract does not have is ErrUnknownEvent.
func (e *Event) Decode() (proto.Message, error) {
	m := gridcasev1.NewEvent(e.Type)
	if m == nil {
		return nil, fmt.Errorf("%w: %s at %s", ErrUnknownEvent, e.Type, e.Position())
	}
	if err := proto.Unmarshal(e.Payload, m); err != nil {
		return nil, fmt.Errorf("decode %s at %s: %w", e.Type, e.Position(), err)
	}
	return m, nil
}

// Draft is an event about to be stored.
type Draft struct {
	Envelope gridcasev1.Envelope
	Message  proto.Message
}

// Seal turns a draft into the event that will be stored, all but its sequence: payload bytes and hash are final.
func (d Draft) Seal(k Key) (Event, error) {
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(d.Message)
	if err != nil {
		return Event{}, fmt.Errorf("encode %s: %w", d.Envelope.Type, err)
	}
	e := Event{Envelope: d.Envelope, Payload: payload, Hash: d.Envelope.Hash(k.Subject(), payload)}
	k.name(&e)
	return e, nil
}

// readEvent makes an Event of a stored message.
func readEvent(subject string, header nats.Header, payload []byte, seq uint64) (Event, error) {
	k, ok := parseSubject(subject)
	if !ok {
		return Event{}, fmt.Errorf("subject %q at sequence %d is no case's and no project's", subject, seq)
	}
	env, err := gridcasev1.ParseEnvelope(header)
	if err != nil {
		return Event{}, fmt.Errorf("event of %s at sequence %d: %w", subject, seq, err)
	}
	e := Event{Envelope: env, Seq: seq, Payload: payload, Hash: gridcasev1.Hash(subject, header, payload)}
	k.name(&e)
	return e, nil
}
