package notary

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
)

// rest is how long a log whose root was refused is left alone: to walk it costs as much as to sign it.
const rest = time.Hour

// Run signs the root of each log that has grown, once a UTC day, until ctx ends. The broker's absence is waited out.
func (n *Notary) Run(ctx context.Context) error {
	tick := time.NewTicker(n.o.Every)
	defer tick.Stop()
	for {
		n.look(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Refused is how many logs this process would not sign: an alarm.
func (n *Notary) Refused() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.refused)
}

// look signs what is due.
func (n *Notary) look(ctx context.Context) {
	streams, err := n.o.Log.Streams(ctx)
	if err != nil {
		return // the broker is away; the next look finds them
	}
	for _, s := range streams {
		due, err := n.due(ctx, s)
		if err == nil && due {
			_, err = n.sign(ctx, s)
			n.note(s, err)
		}
		if err != nil && ctx.Err() == nil {
			n.o.Logger.Error("root is not signed", zap.String("stream", s.Name()), zap.Error(err))
		}
	}
}

// due tells whether a log has grown and its last root is of another day.
func (n *Notary) due(ctx context.Context, s eventstore.Stream) (bool, error) {
	if s.Last == 0 || n.resting(s) {
		return false, nil
	}
	stored, err := n.o.Log.LastRoot(ctx, s)
	if err != nil || stored == nil {
		return err == nil, err
	}
	root, err := evidence.OpenRoot(stored.Note, n.o.Key.Public())
	if err != nil {
		return true, nil // it can't be of this key: signing says so
	}
	return root.Size != s.Last && day(root.SignedAt) != day(n.o.Now()), nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func (n *Notary) resting(s eventstore.Stream) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, refused := n.refused[s.Name()]
	return refused && n.o.Now().Before(at.Add(rest))
}

// note keeps in mind whether a log was refused.
func (n *Notary) note(s eventstore.Stream, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case err == nil:
		delete(n.refused, s.Name())
	case fault.KindOf(err) == fault.Conflict:
		n.refused[s.Name()] = n.o.Now()
	}
}
