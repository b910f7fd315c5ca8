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
	if l.full() {
		return 0, errFull(nil)
	}
	if !l.nc.IsConnected() {
		return 0, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	if err := l.open(ctx, l.casesConfig(c.District, c.Year)); err != nil {
		return 0, err
	}
	msgs := make([]*nats.Msg, len(events))
	for i := range events {
		msgs[i] = nats.NewMsg(c.Subject())
		msgs[i].Header, msgs[i].Data = events[i].Headers(), events[i].Payload
	}
	return l.publish(ctx, msgs, after)
}

// publish sends messages of one subject as one, guarded by the subject's last sequence.
func (l *Log) publish(ctx context.Context, msgs []*nats.Msg, after uint64) (uint64, error) {
	if len(msgs) > 1 {
		msgs[0].Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(after, 10))
		ack, err := jetstreamext.PublishMsgBatch(ctx, l.js, msgs)
		if err != nil {
			return 0, appendError(fmt.Errorf("publish batch: %w", err))
		}
		return ack.Sequence, nil
	}
	ack, err := l.js.PublishMsg(ctx, msgs[0], jetstream.WithExpectLastSequencePerSubject(after),
		jetstream.WithRetryAttempts(4), jetstream.WithRetryWait(100*time.Millisecond))
	if err != nil {
		return 0, appendError(fmt.Errorf("publish: %w", err))
	}
	return ack.Sequence, nil
}
