package notary

import (
	"context"
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
)

// audit is one audit of a log under way.
type audit struct {
	stream eventstore.Stream
	log    evidence.Log
	walk   *evidence.Walk
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
	a := &audit{stream: s, log: logOf(s)}
	roots, err := n.auditRoots(ctx, a)
	if err != nil {
		return nil, err
	}
	a.walk = evidence.NewWalk(a.log, roots, a.add)
	answer := &gridcasev1.AuditLogResponse{Roots: uint32(len(roots))}
	if answer.Copies, err = n.auditCopies(ctx, a); err != nil {
		return nil, err
	}
	if answer.Folded, err = n.auditFold(ctx, a, int(q.GetSample())); err != nil {
		return nil, err
	}
	if root, whole := a.walk.Root(n.o.Now()); whole {
		answer.Root = root.Hash.String()
	}
	answer.Events, answer.Cases, answer.Findings, answer.Found = a.walk.Events(), a.walk.Cases(), a.list, a.found
	return answer, nil
}

// auditRoots returns the log's signed roots, and reports those that can't be opened.
func (n *Notary) auditRoots(ctx context.Context, a *audit) ([]evidence.Root, error) {
	stored, err := n.o.Log.Roots(ctx, a.stream)
	if err != nil {
		return nil, err
	}
	remembered, err := n.memory.last(a.log)
	if err != nil {
		return nil, err
	}
	if remembered != "" {
		stored = append(stored, eventstore.SignedRoot{Note: remembered})
	}
	var roots []evidence.Root
	for i, r := range stored {
		root, err := evidence.OpenRoot(r.Note, n.o.Key.Public())
		if err == nil && root.Log != a.log {
			err = fmt.Errorf("it is of %s", root.Log)
		}
		if err != nil {
			a.add(evidence.Finding{Code: evidence.RootDiffer, Text: fmt.Sprintf("root %d of %s can't be trusted: %v", i+1, a.log, err)})
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
		a.add(evidence.Finding{Code: evidence.CopyDiffer, Text: fmt.Sprintf("the copy of %s on server %s can't be read", a.log, server)})
	}
	if len(copies) == 0 {
		return nil, nil
	}
	leader, others := copies[0], make([]*reader, len(copies)-1)
	for i, c := range copies[1:] {
		others[i] = &reader{copy: c}
	}
	for at := uint64(0); at < a.stream.Last; {
		events, err := leader.Read(ctx)
		if err != nil {
			return nil, err
		}
		for len(events) > 0 && events[len(events)-1].Seq > a.stream.Last {
			events = events[:len(events)-1]
		}
		at = a.stream.Last // where the copy has no more
		if len(events) > 0 {
			at = events[len(events)-1].Seq
		}
		if err := a.take(ctx, leader.Server, events, others, at); err != nil {
			return nil, err
		}
	}
	a.walk.End(a.stream.Last)
	return servers(copies), nil
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
		evidence.CompareCopies(a.log, leader, held, r.copy.Server, theirs, a.add)
	}
	return nil
}

// servers are the names of the servers that hold the copies; none where there is one copy without a name.
func servers(copies []*eventstore.Copy) (names []string) {
	for _, c := range copies {
		if c.Server != "" {
			names = append(names, c.Server)
		}
	}
	return names
}
