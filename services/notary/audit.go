package notary

import (
	"context"
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
)

// walker goes along a stream and reports what is wrong with it.
type walker interface {
	Take(e *evidence.Entry)
	End(last uint64)
}

// audit is one audit of a stream under way.
type audit struct {
	stream string
	name   string // in positions
	last   uint64 // how far it is walked
	walk   walker
	tell   func(done uint64) error // told how far it is
	findings
}

// AuditLog walks a district's log of one year on every server that holds a copy and says what is wrong with it.
func (n *Notary) AuditLog(ctx context.Context, q *gridcasev1.AuditLogRequest) (*gridcasev1.AuditLogResponse, error) {
	s, err := n.stream(ctx, q.GetDistrict(), q.GetYear())
	if err != nil {
		return nil, err
	}
	end, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	r, err := n.auditCases(ctx, s, int(q.GetSample()), func(uint64) error { return nil })
	if err != nil {
		return nil, err
	}
	return &gridcasev1.AuditLogResponse{Events: r.GetEvents(), Cases: r.GetSubjects(), Root: r.GetRoot(), Copies: r.GetCopies(), Roots: r.GetRoots(),
		Folded: r.GetFolded(), Findings: r.GetFindings(), Found: r.GetFound()}, nil
}

// auditCases audits a district's log of one year.
func (n *Notary) auditCases(ctx context.Context, s eventstore.Stream, sample int, tell func(done uint64) error) (*gridcasev1.AuditStreamResponse, error) {
	a := &audit{stream: s.Name(), name: logOf(s).String(), last: s.Last, tell: tell}
	roots, err := n.auditRoots(ctx, a, s)
	if err != nil {
		return nil, err
	}
	walk := evidence.NewWalk(logOf(s), roots, a.add)
	a.walk = walk
	answer := &gridcasev1.AuditStreamResponse{Stream: a.stream, Roots: uint32(len(roots))}
	if answer.Copies, err = n.auditCopies(ctx, a); err != nil {
		return nil, err
	}
	if answer.Folded, err = n.auditFold(ctx, a, s, sample); err != nil {
		return nil, err
	}
	if root, whole := walk.Root(n.o.Now()); whole {
		answer.Root = root.Hash.String()
	}
	answer.Events, answer.Subjects, answer.Findings, answer.Found = walk.Events(), walk.Cases(), a.list, a.found
	return answer, nil
}

// auditRoots returns the log's signed roots, and reports those that can't be opened.
func (n *Notary) auditRoots(ctx context.Context, a *audit, s eventstore.Stream) ([]evidence.Root, error) {
	stored, err := n.o.Log.Roots(ctx, s)
	if err != nil {
		return nil, err
	}
	remembered, err := n.memory.last(logOf(s))
	if err != nil {
		return nil, err
	}
	if remembered != "" {
		stored = append(stored, eventstore.SignedRoot{Note: remembered})
	}
	var roots []evidence.Root
	for i, r := range stored {
		root, err := evidence.OpenRoot(r.Note, n.o.Key.Public())
		if err == nil && root.Log != logOf(s) {
			err = fmt.Errorf("it is of %s", root.Log)
		}
		if err != nil {
			a.add(evidence.Finding{Code: evidence.RootDiffer, Text: fmt.Sprintf("root %d of %s can't be trusted: %v", i+1, a.name, err)})
			continue
		}
		if len(roots) == 0 || root != roots[len(roots)-1] {
			roots = append(roots, root)
		}
	}
	sortRoots(roots)
	return roots, nil
}

// auditCopies walks the leader's copy and compares the others with it. It returns the servers whose copies were read.
func (n *Notary) auditCopies(ctx context.Context, a *audit) ([]string, error) {
	copies, missing, err := n.o.Log.Copies(ctx, a.stream)
	if err != nil {
		return nil, err
	}
	defer closeAll(ctx, copies)
	for _, server := range missing {
		a.add(evidence.Finding{Code: evidence.CopyDiffer, Text: fmt.Sprintf("the copy of %s on server %s can't be read", a.name, server)})
	}
	if len(copies) == 0 {
		return nil, nil
	}
	if a.stream == numbers {
		copies = copies[:1] // a counter may go on between two copies
	}
	if err := a.along(ctx, copies); err != nil {
		return nil, err
	}
	a.walk.End(a.last)
	return servers(copies), nil
}

// along walks the first copy, and compares the others with it.
func (a *audit) along(ctx context.Context, copies []*eventstore.Copy) error {
	leader, others := copies[0], make([]*reader, len(copies)-1)
	for i, c := range copies[1:] {
		others[i] = &reader{copy: c}
	}
	for at := uint64(0); at < a.last; {
		events, err := leader.Read(ctx)
		if err != nil {
			return err
		}
		for len(events) > 0 && events[len(events)-1].Seq > a.last {
			events = events[:len(events)-1]
		}
		at = a.last // where the copy has no more
		if len(events) > 0 {
			at = events[len(events)-1].Seq
		}
		if err := a.take(ctx, leader.Server, events, others, at); err != nil {
			return err
		}
		if err := a.tell(at); err != nil {
			return err
		}
	}
	return nil
}

// take goes on by what the leader's copy holds up to a sequence.
func (a *audit) take(ctx context.Context, leader string, events []eventstore.Stored, others []*reader, until uint64) error {
	for _, e := range events {
		a.walk.Take(entry(e))
	}
	if len(others) == 0 {
		return nil
	}
	held := prints(events)
	for _, r := range others {
		theirs, err := r.until(ctx, until)
		if err != nil {
			return err
		}
		evidence.CompareCopies(a.name, leader, held, r.copy.Server, theirs, a.add)
	}
	return nil
}

// servers are the names of the servers that hold the copies; none where one copy was read.
func servers(copies []*eventstore.Copy) (names []string) {
	if len(copies) < 2 {
		return nil
	}
	for _, c := range copies {
		names = append(names, c.Server)
	}
	return names
}
