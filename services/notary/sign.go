package notary

import (
	"context"
	"errors"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
)

// SignRoot signs a log's root now, if the log has grown since the last one.
func (n *Notary) SignRoot(ctx context.Context, q *gridcasev1.SignRootRequest) (*gridcasev1.SignRootResponse, error) {
	s, err := n.stream(ctx, q.GetDistrict(), q.GetYear())
	if err != nil {
		return nil, err
	}
	signed, err := n.sign(ctx, s)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.SignRootResponse{Root: n.show(signed)}, nil
}

// sign walks a log and signs its root. A log that is not sound, or does not hold the roots that were signed of it, is refused.
func (n *Notary) sign(ctx context.Context, s eventstore.Stream) (string, error) {
	end, err := n.turn(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	known, err := n.known(ctx, s)
	if err != nil {
		return "", err
	}
	walk, err := n.walk(ctx, s, known.roots)
	if err != nil {
		return "", err
	}
	if root := known.last(); root != nil && root.Size == walk.Events() {
		return known.newest, n.store(ctx, s, known)
	}
	root, _ := walk.Root(n.o.Now())
	signed, err := root.Sign(n.o.Key)
	if err != nil {
		return "", err
	}
	if err := n.memory.keep(root.Log, signed); err != nil {
		return "", err
	}
	known.newest = signed
	return signed, n.store(ctx, s, known)
}

// walk goes along a log, and refuses it at the first thing that is wrong.
func (n *Notary) walk(ctx context.Context, s eventstore.Stream, roots []evidence.Root) (*evidence.Walk, error) {
	var first *evidence.Finding
	walk := evidence.NewWalk(logOf(s), roots, func(f evidence.Finding) {
		if first == nil {
			first = &f
		}
	})
	err := n.along(ctx, s, s.Last, func(e *evidence.Entry) error {
		walk.Take(e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if walk.End(s.Last); first != nil {
		return nil, fault.New(fault.Conflict, "root.refused", "the root is not signed: %s", first.Text)
	}
	return walk, nil
}

// knownRoots are the roots that were signed of a log.
type knownRoots struct {
	roots  []evidence.Root // by size
	newest string          // the last one, signed
	stored string          // the last one that the broker has, signed
	after  uint64          // its place
}

func (k *knownRoots) last() *evidence.Root {
	if len(k.roots) == 0 {
		return nil
	}
	return &k.roots[len(k.roots)-1]
}

// known returns every root that was signed of a log: the broker's, and the last one of the memory.
func (n *Notary) known(ctx context.Context, s eventstore.Stream) (*knownRoots, error) {
	stored, err := n.o.Log.Roots(ctx, s)
	if err != nil {
		return nil, err
	}
	remembered, err := n.memory.last(logOf(s))
	if err != nil {
		return nil, err
	}
	k := &knownRoots{}
	for _, r := range stored {
		if err := k.add(r.Note, n.o.Key.Public()); err != nil {
			return nil, err
		}
		k.stored, k.after = r.Note, r.Seq
	}
	if remembered != "" && remembered != k.stored {
		if err := k.add(remembered, n.o.Key.Public()); err != nil {
			return nil, err
		}
	}
	sortRoots(k.roots)
	return k, nil
}

func (k *knownRoots) add(signed, public string) error {
	r, err := evidence.OpenRoot(signed, public)
	if err != nil {
		return fault.New(fault.Conflict, "root.refused", "a root that was signed before is not of this key, or was altered: %v", err)
	}
	if last := k.last(); last == nil || r.Size > last.Size {
		k.newest = signed
	}
	k.roots = append(k.roots, r)
	return nil
}

// store puts the newest root into the broker, where it isn't there yet.
func (n *Notary) store(ctx context.Context, s eventstore.Stream, k *knownRoots) error {
	if k.newest == k.stored {
		return nil
	}
	_, err := n.o.Log.AppendRoot(ctx, s, k.after, k.newest)
	if errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrUnknown) {
		return &fault.Error{Kind: fault.Unavailable, Code: "root.elsewhere", Text: "another process signs at this time: ask again", Cause: err}
	}
	return err
}
