package evidence

import (
	"fmt"
)

// Prover gathers the proof of one case while a log is walked up to a signed root.
type Prover struct {
	walk    *Walk
	root    Root
	signed  string
	caseID  string
	events  []fileEvent
	finding *Finding // the first
}

// NewProver begins a proof that a case's events, at these sequences, stand under a signed root. signed is the root's note.
func NewProver(root Root, signed, caseID string, sequences []uint64) (*Prover, error) {
	p := &Prover{root: root, signed: signed, caseID: caseID}
	p.walk = NewWalk(root.Log, []Root{root}, func(f Finding) {
		if p.finding == nil {
			p.finding = &f
		}
	})
	leaves := make([]uint64, len(sequences))
	for i, seq := range sequences {
		leaves[i] = seq - 1
	}
	return p, p.walk.tree.Keep(root.Size, leaves...)
}

// Take takes the next event of the log, up to the root's last one.
func (p *Prover) Take(e *Entry) error {
	p.walk.Take(e)
	if e.Subject != p.root.Log.Subject(p.caseID) {
		return nil
	}
	headers, err := coveredHeaders(e.Headers)
	if err != nil {
		return fmt.Errorf("event at %s: %w", p.root.Log.At(e.Seq), err)
	}
	p.events = append(p.events, fileEvent{Sequence: e.Seq, Headers: headers, Payload: e.Payload})
	return nil
}

// Unsound is what is wrong with the log, so that nothing can be proven by it; nil: nothing was found.
func (p *Prover) Unsound() *Finding {
	p.walk.End(p.root.Size)
	return p.finding
}

// File is the proof, checked against the public key.
func (p *Prover) File(public string) ([]byte, error) {
	f := file{Format: format, Key: public, Checkpoint: p.signed, Case: p.caseID, Events: p.events}
	for i := range f.Events {
		path, err := p.walk.tree.Prove(p.root.Size, f.Events[i].Sequence-1)
		if err != nil {
			return nil, err
		}
		f.Events[i].Path = path
	}
	key, _ := parseCase(p.caseID)
	var err error
	if f.Head.Index, f.Head.Path, err = p.walk.heads.prove(key); err != nil {
		return nil, err
	}
	text, err := f.encode()
	if err != nil {
		return nil, err
	}
	_, err = Verify(text, public)
	return text, err
}
