package natsd

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock takes the directory for this process until the returned function is called, or the process ends in any way.
func Lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the log's directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another gridcase uses %s: stop it, or choose another data directory", dir)
	}
	return func() { _ = f.Close() }, nil // closing releases the lock
}
