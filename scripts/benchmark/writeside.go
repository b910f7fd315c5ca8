package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// writer is gridcase's own write side: the command service as every process has it, over the log.
type writer struct {
	commands *command.Service
	people   map[user]access.Actor
}

func (w *writer) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	receipt, err := w.commands.Do(ctx, w.people[p.by(s)], cmd)
	if err != nil {
		return err
	}
	if receipt.GetState() != p.state || receipt.GetDuplicate() {
		return fmt.Errorf("the receipt is %v", receipt)
	}
	return nil
}

// floor is what any write side on this log must cost: the very messages that gridcase stores, made beforehand, published with the guard
// on their subject. Nothing is decided, encoded, hashed or remembered but the sequence of the case's last event.
type floor struct {
	js       jetstream.JetStream
	messages []nats.Msg
	subjects map[district]string // all but the case's id
}

// model is the district in which the floor's model case is played.
const model district = 9

// modelEvents are those of a case that gridcase stores for the floors.
func modelEvents(ctx context.Context, h *house, w *writer) ([]eventstore.Event, error) {
	s := newStory(model, 0)
	for i := range way[:usual] {
		if err := w.do(ctx, 0, s, &way[i], way[i].make(s)); err != nil {
			return nil, err
		}
	}
	return eventsOf(ctx, h.log, s)
}

// newFloor takes the messages of a case, and has gridcase make the streams of the floor's own districts, on the same terms as its own: by one
// event each.
func newFloor(ctx context.Context, h *house, events []eventstore.Event, begin district, districts int) (*floor, error) {
	js, err := jetstream.New(h.conn)
	if err != nil {
		return nil, err
	}
	f := &floor{js: js, subjects: map[district]string{}}
	for i := range events {
		f.messages = append(f.messages, nats.Msg{Header: events[i].Headers(), Data: events[i].Payload})
	}
	for d := begin; d < begin+district(districts); d++ {
		own, err := eventstore.CaseOf(d.code(), events[0].CaseID)
		if err != nil {
			return nil, err
		}
		if _, err := h.log.Append(ctx, own, 0, events[:1]); err != nil {
			return nil, err
		}
		f.subjects[d] = strings.TrimSuffix(own.Subject(), own.ID)
	}
	return f, nil
}

// eventsOf reads the events of one case.
func eventsOf(ctx context.Context, log *eventstore.Log, s *story) ([]eventstore.Event, error) {
	key, err := eventstore.CaseOf(s.district.code(), s.id)
	if err != nil {
		return nil, err
	}
	return log.Load(ctx, key, 0, 0, "")
}

func (f *floor) do(ctx context.Context, _ int, s *story, p *step, cmd casework.Command) error {
	return f.send(ctx, f, s, p, cmd)
}

// maker makes what is stored of a step, with its guard.
type maker interface {
	message(*story, *step, casework.Command) (*nats.Msg, error)
}

// send makes and publishes.
func (f *floor) send(ctx context.Context, by maker, s *story, p *step, cmd casework.Command) error {
	m, err := by.message(s, p, cmd)
	if err != nil {
		return err
	}
	ack, err := f.publish(ctx, m)
	if err != nil {
		return err
	}
	s.last = ack.Sequence
	return nil
}

func (f *floor) message(s *story, p *step, _ casework.Command) (*nats.Msg, error) {
	i := index(p)
	m := &nats.Msg{Subject: f.subjects[s.district] + s.id, Data: f.messages[i].Data, Header: make(nats.Header, len(f.messages[i].Header)+1)}
	for name, value := range f.messages[i].Header {
		m.Header[name] = value
	}
	m.Header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(s.last, 10)}
	return m, nil
}

// publish sends a message, and again where the case's last one is acknowledged but not yet out of the replicas' books.
func (f *floor) publish(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
	for {
		if ack, err := f.js.PublishMsg(ctx, m); !inFlight(err) {
			return ack, err
		}
	}
}

// inFlight tells whether the broker refused a guard because its subject has a message under way.
func inFlight(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && refused.ErrorCode == 10164
}

// index is which step of the way one is.
func index(p *step) int {
	for i := range way {
		if p == &way[i] {
			return i
		}
	}
	panic("a step that is not of the way")
}

// stored counts the events in the streams of some districts.
func stored(ctx context.Context, log *eventstore.Log, begin district, districts int) (n uint64, err error) {
	streams, err := log.Streams(ctx)
	if err != nil {
		return 0, err
	}
	for i := range districts {
		for _, s := range streams {
			if s.District == (begin + district(i)).code() {
				n += s.Last
			}
		}
	}
	return n, nil
}
