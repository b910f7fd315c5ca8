package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// loadBatch is how many events one request reads: nearly every case has fewer.
const loadBatch = 256

// Load returns the events of a case behind the sequence after (0: all), in order, up to and including the last one that the stream's
// leader has. prev and version are those of the caller's last event: the events must continue its chain, else ErrBroken.
func (l *Log) Load(ctx context.Context, c Case, after, version uint64, prev string) ([]Event, error) {
	return l.load(ctx, c, after, version, prev)
}

func (l *Log) load(ctx context.Context, k Key, after, version uint64, prev string) ([]Event, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	m, err := l.lastStored(ctx, k)
	if err != nil {
		return nil, err
	}
	if m.Seq == after {
		return nil, nil
	}
	if m.Seq < after {
		return nil, fmt.Errorf("%w: the log of %s went back from %d to %d", ErrBroken, k.Subject(), after, m.Seq)
	}
	if after > 0 {
		if events, err := l.back(ctx, k, m, after, version); err != nil || events != nil {
			return events, errors.Join(err, checkChain(k, events, version, prev))
		}
	}
	events, err := l.batches(ctx, k, after)
	if err != nil {
		return nil, err
	}
	if events, err = l.catchUp(ctx, k, events, after, m.Seq); err != nil {
		return nil, err
	}
	return events, checkChain(k, events, version, prev)
}

// few is how many events behind the caller's are read one by one, each by its place.
const few = 4

// back returns the events of a case behind one that the caller has, at the sequence after with its version, from the leader: m, the newest, and
// before it what each names in its guard, or what stands right before it in one append. nil: there are more than a few, or that way does not
// lead to the caller's.
//
// # Decisions
//
// 2026-11: a request for a batch has the server look through all that other cases have in between, which costs it ten times as much as one
// event by its place; behind a conflict there are nearly always only one or two. What this way trusts are the guards, by which the server let
// each event in: would the subject have an event that none names, it would not be seen here. So a case that is read from its beginning, as for
// evidence, is read from the stream itself.
func (l *Log) back(ctx context.Context, k Key, m stored, after, version uint64) ([]Event, error) {
	var events []Event
	for {
		header, err := m.header()
		if err != nil {
			return nil, err
		}
		e, err := readEvent(m.Subject, header, m.Data, m.Seq)
		if err != nil || e.Version > version+few {
			return nil, err
		}
		events = append(events, e)
		at := guarded(header, m.Seq-1)
		if at == after {
			slices.Reverse(events)
			return events, nil
		}
		if at < after || at >= m.Seq || len(events) == few {
			return nil, nil
		}
		before, err := l.fromLeader(ctx, k.stream(), map[string]any{"seq": at})
		if err != nil || before == nil || before.Subject != k.Subject() {
			return nil, err
		}
		m = *before
	}
}

// guarded is the sequence behind which a message was to be stored, or else.
func guarded(header nats.Header, or uint64) uint64 {
	if seq, err := strconv.ParseUint(header.Get(jetstream.ExpectedLastSubjSeqHeader), 10, 64); err == nil {
		return seq
	}
	return or
}

// Last returns the sequence of the last event of a case or a project as the stream's leader has it; 0 where there is none.
func (l *Log) Last(ctx context.Context, k Key) (uint64, error) {
	m, err := l.lastStored(ctx, k)
	return m.Seq, err
}

// lastStored returns the last message of a case or a project as the stream's leader has it; one without a sequence where there is none.
func (l *Log) lastStored(ctx context.Context, k Key) (stored, error) {
	m, err := l.fromLeader(ctx, k.stream(), map[string]any{"last_by_subj": k.Subject()})
	if err != nil || m == nil {
		return stored{}, err
	}
	return *m, nil
}

// At returns the event at a sequence of a stream, read from its leader; ErrGap where the sequence is not there.
func (l *Log) At(ctx context.Context, s Stream, seq uint64) (Event, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	m, err := l.fromLeader(ctx, s.Name(), map[string]any{"seq": seq})
	if err != nil {
		return Event{}, err
	}
	if m == nil {
		return Event{}, fmt.Errorf("%w: %s misses sequence %d", ErrGap, s.Name(), seq)
	}
	return m.event()
}

// batches reads the events by batch requests. A follower may serve them, so the newest events may be missing.
func (l *Log) batches(ctx context.Context, k Key, after uint64) ([]Event, error) {
	var events []Event
	for {
		more, err := l.batch(ctx, k.stream(), loadBatch, func(m *jetstream.RawStreamMsg) error {
			e, err := readEvent(m.Subject, m.Header, m.Data, m.Sequence)
			events, after = append(events, e), m.Sequence
			return err
		}, jetstreamext.GetBatchSubject(k.Subject()), jetstreamext.GetBatchSeq(after+1))
		if err != nil {
			return nil, err
		}
		if !more {
			return events, nil
		}
	}
}

// batch asks for the next messages of a stream, at most limit, hands on what comes, and tells whether there may be more.
//
// # Decisions
//
// 2026-11: a client keeps an answer's messages in the queue of its subscription and drops what doesn't fit, when the server is quicker than
// the reader; the answer then never ends, or has a hole. So a request never asks for more than half of what the queue takes.
func (l *Log) batch(ctx context.Context, stream string, limit int, take func(*jetstream.RawStreamMsg) error, of ...jetstreamext.GetBatchOpt) (more bool, err error) {
	n, asked := 0, max(1, min(limit, loadBatch, l.nc.Opts.SubChanLen/2))
	seq, err := jetstreamext.GetBatch(ctx, l.js, stream, asked, of...)
	if err != nil {
		return false, errAway(fmt.Errorf("read %s: %w", stream, err))
	}
	for m, err := range seq {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return false, nil
		}
		if err != nil {
			return false, errAway(fmt.Errorf("read %s: %w", stream, err))
		}
		if err := take(m); err != nil {
			return false, err
		}
		n++
	}
	return n == asked, nil
}

// catchUp reads from the leader, one by one, what a batch request did not have yet.
func (l *Log) catchUp(ctx context.Context, k Key, events []Event, after, last uint64) ([]Event, error) {
	if len(events) > 0 {
		after = events[len(events)-1].Seq
	}
	for after < last {
		m, err := l.fromLeader(ctx, k.stream(), map[string]any{"seq": after + 1, "next_by_subj": k.Subject()})
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, fmt.Errorf("%w: %s lost the end of %s", ErrGap, k.stream(), k.Subject())
		}
		e, err := m.event()
		if err != nil {
			return nil, err
		}
		events, after = append(events, e), m.Seq
	}
	return events, nil
}

func checkChain(k Key, events []Event, version uint64, prev string) error {
	for i := range events {
		e := &events[i]
		version++
		if e.Version != version || e.Prev != prev {
			return fmt.Errorf("%w: %s, version %d at sequence %d", ErrBroken, k.Subject(), e.Version, e.Seq)
		}
		prev = e.Hash
	}
	return nil
}

// stored is a message as the stream's leader returns it.
type stored struct {
	Subject string `json:"subject"`
	Seq     uint64 `json:"seq"`
	Header  []byte `json:"hdrs"`
	Data    []byte `json:"data"`
}

func (m *stored) header() (nats.Header, error) {
	header, err := nats.DecodeHeadersMsg(m.Header)
	if err != nil {
		return nil, fmt.Errorf("headers at sequence %d: %w", m.Seq, err)
	}
	return header, nil
}

func (m *stored) event() (Event, error) {
	header, err := m.header()
	if err != nil {
		return Event{}, err
	}
	return readEvent(m.Subject, header, m.Data, m.Seq)
}

// fromLeader asks the stream's leader for one message: Direct Get may be served stale by a follower. nil: there is none.
func (l *Log) fromLeader(ctx context.Context, stream string, request map[string]any) (*stored, error) {
	if !l.nc.IsConnected() {
		return nil, errAway(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	reply, err := l.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, body)
	if err != nil {
		return nil, errAway(fmt.Errorf("read from the leader: %w", err))
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *stored             `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, fmt.Errorf("read the leader's answer: %w", err)
	}
	if answer.Error != nil {
		if code := answer.Error.ErrorCode; code == codeMissing || code == codeNoStream {
			return nil, nil
		}
		return nil, errAway(answer.Error)
	}
	return answer.Message, nil
}

// Read returns up to limit events of a stream from a sequence on, in order, as far as this moment's copy has them.
func (l *Log) Read(ctx context.Context, s Stream, from uint64, limit int) ([]Event, error) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	var events []Event
	for more := true; more && len(events) < limit; {
		var err error
		more, err = l.batch(ctx, s.Name(), limit-len(events), func(m *jetstream.RawStreamMsg) error {
			e, err := readEvent(m.Subject, m.Header, m.Data, m.Sequence)
			events, from = append(events, e), m.Sequence+1
			return err
		}, jetstreamext.GetBatchSeq(from))
		if err != nil {
			return nil, err
		}
	}
	return events, nil
}
