package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keyName stands in every signature; the key's own hash beside it tells installations apart.
const keyName = "gridcase"

// Key signs roots: an Ed25519 key of a signed note.
type Key struct {
	signer note.Signer
	public string
}

// NewKey makes a key of random bytes and returns the text that ReadKey reads. The text is the secret.
func NewKey(random io.Reader) (string, error) {
	secret, _, err := note.GenerateKey(random, keyName)
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	return secret, nil
}

// ReadKey reads a key's text. Its errors tell nothing of the text.
func ReadKey(text string) (Key, error) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return Key{}, errors.New("the text is no key of signed notes")
	}
	parts := strings.SplitN(text, "+", 5) // PRIVATE, KEY, name, hash, algorithm and seed
	seed, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil {
		return Key{}, errors.New("the text is no key of signed notes")
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return Key{}, fmt.Errorf("derive the public key: %w", err)
	}
	return Key{signer: signer, public: public}, nil
}

// Public is the text that checks what the key signed: name, hash, key.
func (k Key) Public() string { return k.public }

// open checks a signed note's one signature and returns its text. Every byte counts: a second signature, or another way to write the same
// one, is refused.
func open(signed []byte, public string) (string, error) {
	verifier, err := note.NewVerifier(public)
	if err != nil || !strings.HasPrefix(public, fmt.Sprintf("%s+%08x+", verifier.Name(), verifier.KeyHash())) {
		return "", errors.New("the public key can't be read")
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", fmt.Errorf("the signature is not of key %s+%08x, or what it stands under was altered", verifier.Name(), verifier.KeyHash())
	}
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	plain := fmt.Sprintf("%s\n— %s %s\n", n.Text, n.Sigs[0].Name, base64.StdEncoding.EncodeToString(raw))
	if err != nil || plain != string(signed) {
		return "", errors.New("the signature's line was altered")
	}
	return n.Text, nil
}
