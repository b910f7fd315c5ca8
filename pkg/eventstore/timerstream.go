package eventstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	timersStream = "TIMERS"
	timersDuty   = "timers-v1"
)

// send publishes messages of the stream, all at once. One that the guard refuses, since another one is there, is done with.
func (t *Timers) send(ctx context.Context, msgs []*nats.Msg, o ...jetstream.PublishOpt) error {
	if len(msgs) == 0 {
		return nil
	}
	if err := t.open(ctx); err != nil {
		return err
	}
	o = append(o, jetstream.WithRetryAttempts(4), jetstream.WithRetryWait(100*time.Millisecond))
	answers := make([]jetstream.PubAckFuture, len(msgs))
	for i, m := range msgs {
		var err error
		if answers[i], err = t.log.js.PublishMsgAsync(m, o...); err != nil {
			return errAway(fmt.Errorf("set a timer: %w", err))
		}
	}
	var failed error
	for _, a := range answers {
		select {
		case <-a.Ok():
		case err := <-a.Err():
			failed = cmp.Or(failed, t.failure(err))
		case <-ctx.Done():
			return errAway(ctx.Err())
		}
	}
	return failed
}

// failure is what the failure to publish a message of the stream comes to.
func (t *Timers) failure(err error) error {
	switch code := codeOf(err); {
	case code == codeWrongSequence, code == codeInFlight:
		return nil
	case code != 0:
		return errFull(fmt.Errorf("set a timer: %w", err))
	case leaderless(err):
		t.log.opened.Delete(timersStream) // it may be gone
	}
	return errAway(fmt.Errorf("set a timer: %w", err))
}

// open makes the stream where it lacks.
func (t *Timers) open(ctx context.Context) error {
	l := t.log
	if _, known := l.opened.Load(timersStream); known {
		return nil
	}
	if !l.nc.IsConnected() {
		return errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*l.patience)
	defer cancel()
	l.opening.Lock() // as with the other streams: one at a time a process
	defer l.opening.Unlock()
	if _, err := l.findOrMake(ctx, l.timersConfig()); err != nil {
		return errAway(fmt.Errorf("open stream %s: %w", timersStream, err))
	}
	l.opened.Store(timersStream, true)
	return nil
}

// timersConfig does not wait for the disk: a timer that a crash takes away is found by the next sweep of the deadlines, within a minute, while
// each would cost a write to the disk beside its event's. A replicated stream writes in groups and needs no such leave.
func (l *Log) timersConfig() jetstream.StreamConfig {
	c := jetstream.StreamConfig{Name: timersStream, Subjects: []string{"timers.>"}, Storage: jetstream.FileStorage, Replicas: l.replicas,
		Description: "moments at which cases are to be looked at; all can be set again from the log", Retention: jetstream.LimitsPolicy,
		Discard: jetstream.DiscardOld, MaxMsgsPerSubject: 1, AllowMsgSchedules: true, AllowRollup: true}
	if l.replicas == 1 {
		c.PersistMode = jetstream.AsyncPersistMode
	}
	return c
}

// purge takes away what lies under a filter; before: only below that sequence.
func (t *Timers) purge(ctx context.Context, filter string, before uint64) error {
	ctx, cancel := context.WithTimeout(ctx, t.log.patience)
	defer cancel()
	body, err := json.Marshal(map[string]any{"filter": filter, "seq": before})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	reply, err := t.log.nc.RequestWithContext(ctx, "$JS.API.STREAM.PURGE."+timersStream, body)
	if err != nil {
		return errAway(fmt.Errorf("purge timers: %w", err))
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return fmt.Errorf("read the broker's answer: %w", err)
	}
	if answer.Error == nil {
		return nil
	}
	if answer.Error.ErrorCode == codeNoStream {
		t.log.opened.Delete(timersStream)
		return nil // with the stream went what was to be taken away
	}
	return errAway(fmt.Errorf("purge timers: %w", answer.Error))
}
