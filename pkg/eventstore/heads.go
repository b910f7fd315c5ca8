package eventstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Head is what the log says of an event beside its payload: enough to tell that a case has changed, where and to what.
type Head struct {
	District string
	Year     int
	CaseID   string
	Seq      uint64
	Type     string // the payload's message name
	Version  uint64
	Time     time.Time // the effective time
	Grid     string    // the case's unit grid after the event
	State    gridcasev1.State
}

// Position is where the event stands in the log.
func (h *Head) Position() Position { return Position{District: h.District, Year: h.Year, Seq: h.Seq} }

// Head is the event without its payload. Its strings keep nothing else alive and are valid UTF-8.
func (e *Event) Head() Head {
	own := func(s string) string { return strings.Clone(strings.ToValidUTF8(s, "?")) }
	return Head{District: e.District, Year: e.Year, CaseID: own(e.CaseID), Seq: e.Seq, Type: own(e.Type), Version: e.Version, Time: e.Time, Grid: own(e.Grid), State: e.State}
}

// FollowHeads hands the heads of the stream's events from the sequence from on to handle, as Follow does with the events. The broker sends
// no payload.
func (l *Log) FollowHeads(ctx context.Context, s Stream, from uint64, handle func([]Head) error) error {
	return follow(ctx, l, source{s.Name(), true}, max(from, 1), func(m jetstream.Msg, next uint64) (Head, error) { return headAt(s, m, next) }, handle)
}

// headAt reads the headers of a message, which must be the stream's next.
func headAt(s Stream, m jetstream.Msg, next uint64) (Head, error) {
	if err := checkNext(s.Name(), m, next); err != nil {
		return Head{}, err
	}
	k, ok := parseSubject(m.Subject())
	if !ok {
		return Head{}, fmt.Errorf("subject %q at sequence %d is no case's", m.Subject(), next)
	}
	env, err := gridcasev1.ParseEnvelope(m.Headers())
	if err != nil {
		return Head{}, fmt.Errorf("event of %s at sequence %d: %w", m.Subject(), next, err)
	}
	e := Event{Envelope: env, Seq: next}
	k.name(&e)
	return e.Head(), nil
}
