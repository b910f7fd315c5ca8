package notary

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// LoadKey reads the file of the key that signs roots, and makes it where it doesn't exist, readable by its owner only. A file that others can
// read is refused.
func LoadKey(path string) (evidence.Key, error) {
	key, err := ReadKey(path)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	text, err := evidence.NewKey(rand.Reader)
	if err != nil {
		return evidence.Key{}, err
	}
	fresh, err := writeBeside(path, text+"\n")
	if err != nil {
		return evidence.Key{}, fmt.Errorf("make the key of the roots: %w", err)
	}
	defer os.Remove(fresh)
	if err := os.Link(fresh, path); err != nil && !errors.Is(err, os.ErrExist) {
		return evidence.Key{}, fmt.Errorf("make the key of the roots: %w", err)
	}
	return ReadKey(path) // another process may have been faster
}

// ReadKey reads the file of the key that signs roots. One that is missing, can be read by others or is no key is refused.
func ReadKey(path string) (evidence.Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return evidence.Key{}, fmt.Errorf("read the key of the roots: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return evidence.Key{}, fmt.Errorf("the key of the roots %s can be read by others: make it readable by its owner only (chmod 600)", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return evidence.Key{}, fmt.Errorf("read the key of the roots: %w", err)
	}
	key, err := evidence.ReadKey(strings.TrimSpace(string(b)))
	if err != nil {
		return evidence.Key{}, fmt.Errorf("the key of the roots %s: %w", path, err)
	}
	return key, nil
}

// writeBeside writes a whole file, durably, into the folder of another, for its owner only, and returns its name.
func writeBeside(path, text string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // created with mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(f.Name()) // half written
		return "", err
	}
	return f.Name(), nil
}
