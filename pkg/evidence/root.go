package evidence

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Root is the state of a log after its first events, in one page of text to be signed.
type Root struct {
	Log      Log
	Size     uint64 // how many events
	Hash     Hash   // of the tree of all events
	Cases    uint64 // how many cases
	Heads    Hash   // of the tree of the cases' last events
	SignedAt time.Time
}

// text is the checkpoint: origin, size, hash, and two extension lines.
func (r *Root) text() string {
	return fmt.Sprintf("gridcase/%s\n%d\n%s\nheads %d %s\nsigned %s\n", r.Log, r.Size, r.Hash, r.Cases, r.Heads, r.SignedAt.UTC().Format(time.RFC3339))
}

// Sign returns the root as a signed note.
func (r *Root) Sign(k Key) (string, error) {
	signed, err := note.Sign(&note.Note{Text: r.text()}, k.signer)
	if err != nil {
		return "", fmt.Errorf("sign the root of %s: %w", r.Log, err)
	}
	return string(signed), nil
}

// OpenRoot checks a signed root with a public key and reads it.
func OpenRoot(signed, public string) (Root, error) {
	text, err := open([]byte(signed), public)
	if err != nil {
		return Root{}, err
	}
	return parseRoot(text)
}

// parseRoot reads what text wrote, and nothing else.
func parseRoot(text string) (r Root, err error) {
	var hash, heads, at string
	_, err = fmt.Sscanf(text, "gridcase/%6s-%4d\n%d\n%s\nheads %d %s\nsigned %s\n", &r.Log.District, &r.Log.Year, &r.Size, &hash, &r.Cases, &heads, &at)
	if err != nil {
		return Root{}, fmt.Errorf("the checkpoint can't be read: %w", err)
	}
	if r.Hash, err = tlog.ParseHash(hash); err != nil {
		return Root{}, fmt.Errorf("the checkpoint's hash: %w", err)
	}
	if r.Heads, err = tlog.ParseHash(heads); err != nil {
		return Root{}, fmt.Errorf("the checkpoint's hash of the heads: %w", err)
	}
	if r.SignedAt, err = time.Parse(time.RFC3339, at); err != nil {
		return Root{}, fmt.Errorf("the checkpoint's time: %w", err)
	}
	if r.text() != text {
		return Root{}, fmt.Errorf("the checkpoint is not of the form that gridcase signs")
	}
	return r, nil
}
