package notary

import (
	"context"
	"time"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
)

// patience is how long a server that is behind the others may take to have what they have.
const patience = 10 * time.Second

func logOf(s eventstore.Stream) evidence.Log {
	return evidence.Log{District: s.District, Year: s.Year}
}

func entry(e eventstore.Stored) *evidence.Entry {
	return &evidence.Entry{Seq: e.Seq, Subject: e.Subject, Headers: e.Headers, Payload: e.Payload}
}

// along hands the events of the leader's copy up to a sequence to take, as far as the copy has them.
func (n *Notary) along(ctx context.Context, s eventstore.Stream, until uint64, take func(*evidence.Entry) error) error {
	copies, _, err := n.o.Log.Copies(ctx, s.Name())
	if err != nil {
		return err
	}
	defer closeAll(ctx, copies)
	if len(copies) == 0 {
		return eventstore.ErrNoStream
	}
	for {
		events, err := copies[0].Read(ctx)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if e.Seq > until {
				return nil
			}
			if err := take(entry(e)); err != nil {
				return err
			}
		}
	}
}

func closeAll(ctx context.Context, copies []*eventstore.Copy) {
	for _, c := range copies {
		c.Close(ctx)
	}
}

// reader goes along a copy beside the leader's.
type reader struct {
	copy  *eventstore.Copy
	ahead []eventstore.Stored // read, and not yet asked for
	seen  uint64              // the last sequence that was read
}

// until returns what the copy holds up to a sequence. A server that is behind is given some time.
func (r *reader) until(ctx context.Context, seq uint64) ([]evidence.Print, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for r.seen < seq {
		events, err := r.copy.Read(ctx)
		if err != nil {
			return nil, err
		}
		if len(events) > 0 {
			r.ahead, r.seen = append(r.ahead, events...), events[len(events)-1].Seq
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late.C:
			return r.take(seq), nil
		case <-time.After(100 * time.Millisecond):
		}
	}
	return r.take(seq), nil
}

// take hands over what was read up to a sequence.
func (r *reader) take(seq uint64) []evidence.Print {
	n := 0
	for n < len(r.ahead) && r.ahead[n].Seq <= seq {
		n++
	}
	held := prints(r.ahead[:n])
	r.ahead = r.ahead[n:]
	return held
}

func prints(events []eventstore.Stored) []evidence.Print {
	held := make([]evidence.Print, len(events))
	for i, e := range events {
		held[i] = evidence.Print{Seq: e.Seq, Hash: entry(e).Hash()}
	}
	return held
}
