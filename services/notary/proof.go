package notary

import (
	"context"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/evidence"
	"github.com/gridcase/gridcase/pkg/fault"
)

// GetProof writes a file that proves a case as of a signed root.
func (n *Notary) GetProof(ctx context.Context, q *gridcasev1.GetProofRequest) (*gridcasev1.GetProofResponse, error) {
	c, err := eventstore.CaseOf(q.GetDistrict(), q.GetCaseId())
	if err != nil {
		return nil, err
	}
	s, err := n.stream(ctx, c.District, uint32(c.Year))
	if err != nil {
		return nil, err
	}
	end, err := n.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	root, signed, err := n.choose(ctx, s, q.GetSize())
	if err != nil {
		return nil, err
	}
	sequences, err := n.sequences(ctx, c, root.Size)
	if err != nil {
		return nil, err
	}
	file, err := n.prove(ctx, s, root, signed, c.ID, sequences)
	return &gridcasev1.GetProofResponse{File: file}, err
}

// choose returns the root of a size, the newest where size is 0.
func (n *Notary) choose(ctx context.Context, s eventstore.Stream, size uint64) (evidence.Root, string, error) {
	stored, err := n.o.Log.Roots(ctx, s)
	if err != nil {
		return evidence.Root{}, "", err
	}
	for _, r := range slices.Backward(stored) {
		root, err := evidence.OpenRoot(r.Note, n.o.Key.Public())
		if err == nil && (size == 0 || root.Size == size) {
			return root, r.Note, nil
		}
	}
	return evidence.Root{}, "", fault.New(fault.NotFound, "root.unknown", "no such root of %s was signed; a root is signed once a day, or by SignRoot", logOf(s))
}

// sequences are the places of a case's events under a root.
func (n *Notary) sequences(ctx context.Context, c eventstore.Case, size uint64) ([]uint64, error) {
	events, err := n.o.Log.Load(ctx, c, 0, 0, "")
	if fault.KindOf(err) == fault.Unavailable {
		return nil, err
	}
	if err != nil {
		return nil, unsound(err.Error())
	}
	if len(events) == 0 {
		return nil, fault.New(fault.NotFound, "case.not_found", "there is no such case in this district")
	}
	var sequences []uint64
	for i := range events {
		if events[i].Seq <= size {
			sequences = append(sequences, events[i].Seq)
		}
	}
	if len(sequences) == 0 {
		return nil, fault.New(fault.NotFound, "root.behind", "the case is younger than the root of %d events: sign another root", size)
	}
	return sequences, nil
}

func (n *Notary) prove(ctx context.Context, s eventstore.Stream, root evidence.Root, signed, caseID string, sequences []uint64) ([]byte, error) {
	p, err := evidence.NewProver(root, signed, caseID, sequences)
	if err != nil {
		return nil, err
	}
	if err := n.along(ctx, s, root.Size, p.Take); err != nil {
		return nil, err
	}
	if f := p.Unsound(); f != nil {
		return nil, unsound(f.Text)
	}
	return p.File(n.o.Key.Public())
}

func unsound(text string) error {
	return fault.New(fault.Conflict, "log.unsound", "nothing can be proven by this log: %s", text)
}
