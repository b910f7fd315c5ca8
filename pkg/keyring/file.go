package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Check reads a key's file and says what is wrong with it.
type Check func(path string) error

// Place is where a key of an installation lies.
type Place struct {
	Name  string // for people: "the vault's key"
	File  string
	Check Check
}

// Read returns the text of a key that is there and sound. It makes none where there is none.
func (p Place) Read() (string, error) {
	if err := p.Check(p.File); err != nil {
		return "", err
	}
	b, err := os.ReadFile(p.File)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", p.Name, err)
	}
	return string(b), nil
}

// Put is a key's text and the place that it is to have.
type Put struct {
	Place
	Text string
}

// PutAll puts keys where they belong, all or, where one is not sound or its place is taken by another key, none: a Conflict fault. A key that is
// there already stays, so what was interrupted can be done again.
func PutAll(puts ...Put) error {
	var staged []string
	defer func() {
		for _, s := range staged {
			_ = os.Remove(s) // the key itself stands under its own name
		}
	}()
	for _, p := range puts {
		fresh, err := p.stage()
		if fresh != "" {
			staged = append(staged, fresh)
		}
		if err != nil {
			return err
		}
	}
	for i, p := range puts {
		if err := p.link(staged[i]); err != nil {
			return err
		}
	}
	return nil
}

// stage writes the key beside its place, and checks it and the place.
func (p Put) stage() (fresh string, err error) {
	dir := filepath.Dir(p.File)
	if err := os.MkdirAll(dir, 0o755); err != nil { // a data directory: the database's user passes through
		return "", fmt.Errorf("write %s: %w", p.Name, err)
	}
	if fresh, err = beside(p.File, []byte(p.Text)); err != nil {
		return "", fmt.Errorf("write %s: %w", p.Name, err)
	}
	if err := p.Check(fresh); err != nil {
		return fresh, &fault.Error{Kind: fault.Invalid, Code: "keys.unsound", Cause: err, Text: fmt.Sprintf("%s in the export is not sound", p.Name)}
	}
	return fresh, p.free()
}

// free refuses a place where another key stands.
func (p Put) free() error {
	there, err := os.ReadFile(p.File)
	if errors.Is(err, os.ErrNotExist) || err == nil && bytes.Equal(bytes.TrimSpace(there), bytes.TrimSpace([]byte(p.Text))) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", p.Name, err)
	}
	return fault.New(fault.Conflict, "keys.taken", "%s of another installation is at %s: it is not replaced; move it away first, if nothing needs it", p.Name, p.File)
}

// link gives the staged file its name. Whoever was faster is looked at, never replaced.
func (p Put) link(fresh string) error {
	err := os.Link(fresh, p.File)
	if errors.Is(err, os.ErrExist) {
		return p.free()
	}
	if err == nil {
		err = syncDir(filepath.Dir(p.File))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", p.Name, err)
	}
	return nil
}

// WriteNew writes a file that only its owner may read, durably, as a whole or not at all, and never over another: a Conflict fault.
func WriteNew(file string, b []byte) error {
	fresh, err := beside(file, b)
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer os.Remove(fresh) // the file itself stands under its own name
	if err = os.Link(fresh, file); errors.Is(err, os.ErrExist) {
		return fault.New(fault.Conflict, "keys.file_exists", "%s exists and is not overwritten: name another file", file)
	}
	if err == nil {
		err = syncDir(filepath.Dir(file))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// beside writes a whole file, durably, into the folder of another, for its owner only.
func beside(file string, b []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".keys-*") // created with mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
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

// syncDir makes a new name in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
