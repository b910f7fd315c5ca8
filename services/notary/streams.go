package notary

import (
	"context"
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
)

// numbers is the stream of the counters. It changes while it is read, and keeps each counter's newest value alone.
const numbers = "KV_NUMBERS"

// counted is a walker that counts.
type counted interface {
	walker
	Events() uint64
	Subjects() uint64
}

// kept returns the stream of evidence of a name.
func (n *Notary) kept(ctx context.Context, name string) (eventstore.Kept, error) {
	all, err := n.o.Log.Kept(ctx)
	if err != nil {
		return eventstore.Kept{}, err
	}
	i := slices.IndexFunc(all, func(k eventstore.Kept) bool { return k.Name == name })
	if i < 0 {
		return eventstore.Kept{}, fault.New(fault.NotFound, "stream.unknown", "there is no stream of evidence %s", name)
	}
	return all[i], nil
}

// auditStream audits a stream of evidence, by what its name says that it holds.
func (n *Notary) auditStream(ctx context.Context, k eventstore.Kept, sample int, tell func(done uint64) error) (*gridcasev1.AuditStreamResponse, error) {
	logs, err := n.o.Log.Streams(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(logs, func(s eventstore.Stream) bool { return s.Name() == k.Name }); i >= 0 {
		return n.auditCases(ctx, logs[i], sample, tell)
	}
	a := &audit{stream: k.Name, name: k.Name, last: k.Last, tell: tell}
	answer := &gridcasev1.AuditStreamResponse{Stream: k.Name}
	walk, ok := n.walkerOf(a)
	if !ok {
		return nil, fault.New(fault.NotFound, "stream.unknown", "this build does not know what stream %s holds", k.Name)
	}
	a.walk = walk
	if answer.Copies, err = n.auditCopies(ctx, a); err != nil {
		return nil, err
	}
	if roots, ok := walk.(*evidence.RootsWalk); ok {
		roots.Lost(logsOf(logs))
		answer.Roots = uint32(roots.Events())
	}
	answer.Events, answer.Subjects, answer.Findings, answer.Found = walk.Events(), walk.Subjects(), a.list, a.found
	return answer, nil
}

// walkerOf is what walks a stream that holds no cases.
func (n *Notary) walkerOf(a *audit) (counted, bool) {
	if a.stream == numbers {
		return evidence.NewNumbersWalk(a.add), true
	}
	kind, district, _ := strings.Cut(a.stream, "_")
	switch kind {
	case "WORKS":
		return evidence.NewWorksWalk(district, a.add), true
	case "REFERENCE":
		return evidence.NewReferenceWalk(district, a.add), true
	case "ROOTS":
		return evidence.NewRootsWalk(district, n.o.Key.Public(), a.add), true
	}
	return nil, false
}

func logsOf(streams []eventstore.Stream) []evidence.Log {
	logs := make([]evidence.Log, len(streams))
	for i, s := range streams {
		logs[i] = logOf(s)
	}
	return logs
}
