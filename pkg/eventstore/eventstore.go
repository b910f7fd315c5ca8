// Package eventstore is the log: every event of every case, in NATS JetStream, one literal subject a case. It owns how an event is
// appended (guarded by the case's last sequence), loaded, followed, handed to process managers, and where reference data, leased numbers and
// timers lie in the same broker. It never interprets a payload and never decides.
//
// # Decisions
//
// 2026-11: the guard is Nats-Expected-Last-Subject-Sequence on the case's own subject, never a wildcard: on a replicated stream the server
// compares guard subjects as strings, and differently spelled guards both commit. Idempotency does not rest on Nats-Msg-Id: the caller
// reads back by command id, which holds for ever.
package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Conn is a connection to the broker, under this name for those who only hand it on.
type Conn = nats.Conn

// Options are the settings of a Log.
type Options struct {
	Conn     *Conn
	Replicas int           // of each stream; 1 where 0
	Lazy     bool          // the broker answers before what it stores is on disk
	Patience time.Duration // how long one call may wait for the broker; 2 s where 0
	Full     func() bool   // whether the store is about to be full; nil: never. Appends are then refused before the server refuses
	Logger   *zap.Logger
}

// Log is the event log. It is safe for concurrent use.
type Log struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	replicas int
	lazy     bool
	patience time.Duration
	full     func() bool
	log      *zap.Logger

	opening sync.Mutex
	opened  sync.Map           // the streams that this process knows to exist and be sound: a *group by name, nil where appends go one by one
	leases  jetstream.KeyValue // the bucket of numbers; nil until it is known to exist

	busyWhole, busyHeads atomic.Int32 // how many followed streams have small batches at the moment: of whole events, or of their heads alone
}

// New returns the log behind a connection. It sends nothing yet, so the broker may still be away.
func New(o Options) (*Log, error) {
	o.Patience = cmp.Or(o.Patience, 2*time.Second)
	js, err := jetstream.New(o.Conn, jetstream.WithPublishAsyncTimeout(o.Patience))
	if err != nil {
		return nil, fmt.Errorf("open jetstream: %w", err)
	}
	l := &Log{nc: o.Conn, js: js, replicas: max(o.Replicas, 1), lazy: o.Lazy, patience: o.Patience, full: o.Full, log: o.Logger}
	if l.full == nil {
		l.full = func() bool { return false }
	}
	if l.log == nil {
		l.log = zap.NewNop()
	}
	return l, nil
}

// Ready tells whether the broker answers.
func (l *Log) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	if !l.nc.IsConnected() {
		return errAway(errors.New("not connected"))
	}
	if _, err := l.js.AccountInfo(ctx); err != nil {
		return errAway(err)
	}
	return nil
}

// The outcomes of an append or a read that a caller can act on.
var (
	// ErrConflict: the case has other events than the caller thinks, or the same ones already. Reload and decide again.
	ErrConflict = errors.New("the case has moved on")
	// ErrUnknown: the answer did not come in time; the event may be stored, now or in a moment. Read back before anything else.
	ErrUnknown = errors.New("the outcome is unknown")
	// ErrGap: the log misses a sequence that it must have. Stop and call a human.
	ErrGap = errors.New("the log has a gap")
	// ErrBroken: the events of a case do not form a chain. Stop and call a human.
	ErrBroken = errors.New("the case's chain is broken")
	// ErrUnknownEvent: an event of a type that this build does not know. Upgrade before going on.
	ErrUnknownEvent = errors.New("unknown event type")
	// ErrNoStream: there is no such stream (yet).
	ErrNoStream = errors.New("no such stream")
)

// The codes of JetStream's answers that mean something here; nats.go names only some of them.
const (
	codeMissing        jetstream.ErrorCode = 10037 // no message found
	codeNoStream       jetstream.ErrorCode = 10059
	codeWrongSequence  jetstream.ErrorCode = 10071 // the guard refused
	codeInFlight       jetstream.ErrorCode = 10164 // the guard refused, replicated, another one in flight
	codeBatchDuplicate jetstream.ErrorCode = 10201 // a batch that holds a message id already seen
	codeManyBatches    jetstream.ErrorCode = 10210 // as many batches as the server takes at once are under way
)

// appendError tells what the broker's answer to an append means.
func appendError(err error) error {
	if code := codeOf(err); code != 0 {
		switch code {
		case codeWrongSequence, codeInFlight, codeBatchDuplicate:
			return fmt.Errorf("%w: %w", ErrConflict, err)
		case codeManyBatches:
			return errAway(err)
		}
		return errFull(err)
	}
	if errors.Is(err, nats.ErrMaxPayload) {
		return &fault.Error{Kind: fault.TooLarge, Code: "log.too_large", Cause: err, Text: "this is larger than the log takes in one piece"}
	}
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrConnectionClosed) ||
		errors.Is(err, nats.ErrReconnectBufExceeded) {
		return errAway(err)
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

func codeOf(err error) jetstream.ErrorCode {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode
	}
	var js jetstream.JetStreamError
	if errors.As(err, &js) && js.APIError() != nil {
		return js.APIError().ErrorCode
	}
	return 0
}

// errAway is what a caller hears when the broker does not answer.
func errAway(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "log.unavailable", After: 2 * time.Second, Cause: cause,
		Text: "the event log does not answer; nothing was recorded, send the same command again"}
}

// errFull is what a caller hears when the broker answers that it can't store.
func errFull(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "log.storage_full", After: 30 * time.Second, Cause: cause,
		Text: "the event log can't store more now; nothing was recorded, send the same command again later"}
}
