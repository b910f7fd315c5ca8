package notary

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// memory is a folder with the last root that was signed of each log: it outlives a broker that is set back.
type memory struct{ dir string }

func (m memory) file(l evidence.Log) string { return filepath.Join(m.dir, l.String()+".checkpoint") }

// last returns the last signed root of a log; empty where there is none.
func (m memory) last(l evidence.Log) (string, error) {
	b, err := os.ReadFile(m.file(l))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the last root: %w", err)
	}
	return string(b), nil
}

// keep remembers a signed root.
func (m memory) keep(l evidence.Log, signed string) error {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return fmt.Errorf("remember a root: %w", err)
	}
	fresh, err := writeBeside(m.file(l), signed)
	if err != nil {
		return fmt.Errorf("remember a root: %w", err)
	}
	if err := os.Rename(fresh, m.file(l)); err != nil {
		return fmt.Errorf("remember a root: %w", err)
	}
	return nil
}
