// Package keyring writes an installation's keys into one file that a passphrase opens, and puts them back: the key that wraps the vault's
// keys, and the key that signs the logs' roots. It owns the file's form and that a key is never written over another. It never looks into a
// key, and never prints one.
//
// # Decisions
//
// 2026-11: the file is an age file (https://age-encryption.org/v1) for a passphrase, and what is in it is JSON that a person can read: should
// gridcase be gone, 'age -d FILE' and an editor restore the keys. Vault rows and the log's archive are no use without them, so they are kept
// apart from both.
package keyring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Format is the number of the file's form.
const Format = 1

// Keyring is the keys of an installation, each as its file has it.
type Keyring struct {
	Format int       `json:"format"`
	MadeAt time.Time `json:"made_at"`
	Vault  string    `json:"vault_key"` // wraps the vault's keys
	Root   string    `json:"root_key"`  // signs the logs' roots
}

const (
	leastPassphrase = 12      // characters
	usualWork       = 18      // scrypt with N = 2^18: about a second and 256 MiB for each guess
	mostWork        = 20      // that a file may ask for: 1 GiB
	mostBytes       = 1 << 16 // of a file
)

// Options are how a keyring is encrypted.
type Options struct {
	Passphrase string // at least 12 characters
	Work       int    // logarithm of scrypt's N; 18 where 0
}

// Seal encrypts a keyring under a passphrase. A passphrase of less than 12 characters is an Invalid fault.
func (k Keyring) Seal(o Options) ([]byte, error) {
	if utf8.RuneCountInString(o.Passphrase) < leastPassphrase {
		return nil, fault.New(fault.Invalid, "keys.passphrase", "the passphrase has less than %d characters: take one that nobody guesses, such as six random words", leastPassphrase)
	}
	to, err := age.NewScryptRecipient(o.Passphrase)
	if err != nil {
		return nil, fmt.Errorf("encrypt the keys: %w", err)
	}
	to.SetWorkFactor(usualWork)
	if o.Work != 0 {
		to.SetWorkFactor(o.Work)
	}
	k.Format = Format
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encrypt the keys: %w", err)
	}
	sealed, err := encrypt(append(text, '\n'), to)
	if err != nil {
		return nil, fmt.Errorf("encrypt the keys: %w", err)
	}
	return sealed, nil
}

func encrypt(plain []byte, to age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return sealed.Bytes(), err
}

// Open decrypts what Seal wrote. An Invalid fault says that the passphrase is another, that a byte of the file was changed, or that the file
// is of a later gridcase.
func Open(sealed []byte, passphrase string) (Keyring, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return Keyring{}, fault.New(fault.Invalid, "keys.passphrase", "the passphrase is empty: give the one that the keys were exported with")
	}
	identity.SetMaxWorkFactor(mostWork)
	plain, err := decrypt(sealed, identity)
	if err != nil {
		return Keyring{}, &fault.Error{Kind: fault.Invalid, Code: "keys.closed", Cause: err, Text: "the keys don't open: the passphrase is another one, or the file is damaged or no export of keys"}
	}
	var k Keyring
	if err := json.Unmarshal(plain, &k); err != nil {
		return Keyring{}, &fault.Error{Kind: fault.Invalid, Code: "keys.format", Cause: err, Text: "the file opens, and holds no keys of gridcase"}
	}
	if k.Format != Format {
		return Keyring{}, fault.New(fault.Invalid, "keys.format", "the keys have the form %d, and this gridcase reads form %d", k.Format, Format)
	}
	return k, nil
}

func decrypt(sealed []byte, identity age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, mostBytes))
}
