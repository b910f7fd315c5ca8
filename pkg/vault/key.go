package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key is a 256-bit key.
type Key [32]byte

// LoadKey reads the key file and makes it where it doesn't exist: 64 hex digits, readable by its owner only. A file that others can read is
// refused.
func LoadKey(file string) (Key, error) {
	key, err := ReadKey(file)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	fresh := newKey()
	if err := createKey(file, fresh); err != nil && !errors.Is(err, os.ErrExist) {
		return Key{}, err
	}
	return ReadKey(file) // another process may have been faster
}

// ReadKey reads the key file. One that is missing, can be read by others or is no key is refused.
func ReadKey(file string) (Key, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Key{}, fmt.Errorf("read the vault's key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("the vault's key %s can be read by others: make it readable by its owner only (chmod 600)", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return Key{}, fmt.Errorf("read the vault's key: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != len(Key{}) {
		return Key{}, fmt.Errorf("the vault's key %s is not 64 hex digits", file)
	}
	return Key(raw), nil
}

// createKey writes a whole file, durably, and never over another.
func createKey(file string, key Key) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".vault-key-*") // created with mode 0600
	if err != nil {
		return fmt.Errorf("make the vault's key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, hex.EncodeToString(key[:]))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("make the vault's key: %w", err)
	}
	return os.Link(f.Name(), file)
}

func newKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails
	return k
}

// wrap encrypts another key under this one, bound to its person.
func (k Key) wrap(other Key, ref string) []byte {
	nonce, sealed := k.seal(other[:], []byte("person|"+ref))
	return append(nonce, sealed...)
}

func (k Key) unwrap(wrapped []byte, ref string) (Key, error) {
	n := k.aead().NonceSize()
	if len(wrapped) < n {
		return Key{}, errors.New("a wrapped key is too short")
	}
	raw, err := k.open(wrapped[:n], wrapped[n:], []byte("person|"+ref))
	if err != nil || len(raw) != len(Key{}) {
		return Key{}, errors.New("a wrapped key does not open")
	}
	return Key(raw), nil
}

// seal encrypts by AES-256-GCM under a random nonce.
func (k Key) seal(plain, bound []byte) (nonce, sealed []byte) {
	a := k.aead()
	nonce = make([]byte, a.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return nonce, a.Seal(nil, nonce, plain, bound)
}

func (k Key) open(nonce, sealed, bound []byte) ([]byte, error) {
	a := k.aead()
	if len(nonce) != a.NonceSize() {
		return nil, errors.New("a nonce has the wrong length")
	}
	return a.Open(nil, nonce, sealed, bound)
}

func (k Key) aead() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // only a key of another length could do that
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return a
}

// sub is the migrations' own folder.
func sub(all fs.FS) fs.FS {
	dir, err := fs.Sub(all, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// newRef returns a random UUID of version 4.
func newRef() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
