package eventstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// Append stores events of one case behind its last one, all or none, and returns the sequence of the last. after is the sequence of the
// case's last event that the caller has seen, 0 for a new case. Four things may happen: they are stored; ErrConflict, the case has other
// events; ErrUnknown, the answer did not come; an Unavailable fault, nothing was stored.
func (l *Log) Append(ctx context.Context, c Case, after uint64, events []Event) (uint64, error) {
	return l.AppendTogether(ctx, []Part{{Case: c, After: after, Events: events}})
}

// Part is what one case has in an append of several.
type Part struct {
	Case   Case
	After  uint64 // the sequence of its last event; 0 for a new case
	Events []Event
}

// AppendTogether stores events of several cases of one stream, all or none, each case guarded by its own last sequence, and returns the
// sequence of the last event; those before it have the numbers before it. The outcomes are those of Append.
func (l *Log) AppendTogether(ctx context.Context, parts []Part) (uint64, error) {
	first := parts[0].Case
	msgs := messages(first, parts[0].After, parts[0].Events)
	for _, p := range parts[1:] {
		msgs = append(msgs, messages(p.Case, p.After, p.Events)...)
	}
	return l.store(ctx, first.stream(), func() jetstream.StreamConfig { return l.casesConfig(first.District, first.Year) }, msgs)
}

// messages are events as the broker takes them, guarded by the last sequence of their subject.
func messages(k Key, after uint64, events []Event) []*nats.Msg {
	msgs := make([]*nats.Msg, len(events))
	subject := k.Subject()
	for i := range events {
		msgs[i] = &nats.Msg{Subject: subject, Header: events[i].Headers(), Data: events[i].Payload}
	}
	guard(msgs[0], after)
	return msgs
}

// store puts messages into a stream, which is made where it is not there yet.
func (l *Log) store(ctx context.Context, stream string, config func() jetstream.StreamConfig, msgs []*nats.Msg) (uint64, error) {
	if l.full() {
		return 0, errFull(nil)
	}
	if !l.nc.IsConnected() {
		return 0, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	if err := l.open(ctx, stream, config); err != nil {
		return 0, err
	}
	if g := l.groupOf(stream); g != nil {
		return g.append(ctx, msgs)
	}
	return l.publish(ctx, msgs)
}

// guard lets a message be stored only behind the sequence that its subject's last one has.
func guard(m *nats.Msg, after uint64) {
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(after, 10))
}

// publish sends messages as one, all or none.
func (l *Log) publish(ctx context.Context, msgs []*nats.Msg) (uint64, error) {
	if len(msgs) > 1 {
		inTime := jetstreamext.BatchFlowControl{AckFirst: true, AckTimeout: l.patience}
		ack, err := jetstreamext.PublishMsgBatch(ctx, l.js, msgs, inTime)
		for codeOf(err) == codeManyBatches && wait(ctx, 10*time.Millisecond) {
			ack, err = jetstreamext.PublishMsgBatch(ctx, l.js, msgs, inTime)
		}
		if err != nil {
			return 0, appendError(fmt.Errorf("publish batch: %w", err))
		}
		return ack.Sequence, nil
	}
	ack, err := l.js.PublishMsg(ctx, msgs[0], jetstream.WithRetryAttempts(4), jetstream.WithRetryWait(100*time.Millisecond))
	if err != nil {
		return 0, appendError(fmt.Errorf("publish: %w", err))
	}
	return ack.Sequence, nil
}
