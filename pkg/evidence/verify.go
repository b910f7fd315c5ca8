package evidence

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Proven is what a proof shows: these are all events of the case as of the root, in order, byte by byte as they were stored.
type Proven struct {
	CaseID string
	Root   Root
	Key    string // the public key that the file names; whose it is, the file can't tell
	Events []ProvenEvent
}

// ProvenEvent is one event of a proven case.
type ProvenEvent struct {
	gridcasev1.Envelope
	Sequence uint64
	Message  proto.Message // nil where this build doesn't know the type
}

// Verify checks a proof's file. public is the key that must have signed it; empty: the one that the file names. Its error says what was
// altered.
func Verify(text []byte, public string) (*Proven, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("the file can't be read: %w", err)
	}
	if f.Format != format {
		return nil, fmt.Errorf("the file is not of the format %q", format)
	}
	if public != "" && public != f.Key {
		return nil, errors.New("the file names another public key than the one that was given")
	}
	root, err := OpenRoot(f.Checkpoint, f.Key)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	p := &Proven{CaseID: f.Case, Root: root, Key: f.Key}
	if err := p.check(&f); err != nil {
		return nil, err
	}
	if err := exact(&f, text); err != nil {
		return nil, err
	}
	return p, nil
}

// exact tells where a file that says the right things is not written as it must be.
func exact(f *file, text []byte) error {
	plain, err := f.encode()
	if err != nil {
		return err
	}
	if bytes.Equal(plain, text) {
		return nil
	}
	at := 0
	for at < len(plain) && at < len(text) && plain[at] == text[at] {
		at++
	}
	return fmt.Errorf("the file was altered at byte %d", at+1)
}

// check follows the chain from the first event to the head.
func (p *Proven) check(f *file) error {
	key, ok := parseCase(f.Case)
	if !ok {
		return errors.New("the case's id is none")
	}
	var last head
	for i := range f.Events {
		now, err := p.checkEvent(&f.Events[i], last)
		if err != nil {
			return fmt.Errorf("event %d (%s): %w", i+1, p.Root.Log.At(f.Events[i].Sequence), err)
		}
		last = now
	}
	if !checkPath(f.Head.Path, p.Root.Cases, f.Head.Index, p.Root.Heads, last.leaf(key)) {
		return fmt.Errorf("version %d is not the case's last one under the signed root", last.version)
	}
	return nil
}

// checkEvent checks one event behind the last one.
func (p *Proven) checkEvent(e *fileEvent, last head) (head, error) {
	for name := range e.Headers {
		if !covers(name) {
			return last, fmt.Errorf("header %s is no part of the event", name)
		}
	}
	entry := e.entry(p.Root.Log.Subject(p.CaseID))
	hash := entry.Hash()
	if e.Sequence == 0 || e.Sequence > p.Root.Size || !checkPath(e.Path, p.Root.Size, e.Sequence-1, p.Root.Hash, hash[:]) {
		return last, errors.New("the event or its path was altered: it does not stand under the signed root")
	}
	env, err := gridcasev1.ParseEnvelope(entry.Headers)
	if err != nil {
		return last, err
	}
	now := head{version: env.Version, seq: e.Sequence, at: env.Time.UnixNano(), hash: hash}
	if now.version != last.version+1 || last.version > 0 && env.Prev != hex.EncodeToString(last.hash[:]) {
		return last, fmt.Errorf("version %d does not follow version %d", now.version, last.version)
	}
	if env.Subject != entry.Subject || now.seq <= last.seq || now.at < last.at {
		return last, fmt.Errorf("it does not follow version %d in place and time", last.version)
	}
	p.Events = append(p.Events, ProvenEvent{Envelope: env, Sequence: e.Sequence, Message: decode(env.Type, e.Payload)})
	return now, nil
}

// decode reads a payload for people; its bytes are proven either way.
func decode(eventType string, payload []byte) proto.Message {
	m := gridcasev1.NewEvent(eventType)
	if m == nil || proto.Unmarshal(payload, m) != nil {
		return nil
	}
	return m
}
