package pgtest

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// prefix is how the directories are called, so that a later run knows those that a killed one left behind.
const prefix = "gridcase-pgtest-"

var sweepOnce sync.Once

// directory makes one that is locked until remove, or the binary's end. It is not the test's own: as root, the server's user could not enter
// that one.
func directory(t testing.TB) (dir string, remove func()) {
	t.Helper()
	sweepOnce.Do(sweep)
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := os.CreateTemp(dir, "new-")
	if err != nil {
		t.Fatal(err)
	}
	if err := flock(lock); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(lock.Name(), filepath.Join(dir, "lock")); err != nil { // under this name only once it is locked
		t.Fatal(err)
	}
	return dir, func() {
		_ = os.RemoveAll(dir) // what stays is swept by a later run
		_ = lock.Close()
	}
}

func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// sweep removes the directories whose binary is gone: nobody holds their lock.
func sweep() {
	locks, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*", "lock")) // the pattern is sound
	for _, path := range locks {
		lock, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue // another user's, or gone meanwhile
		}
		if flock(lock) == nil && os.RemoveAll(filepath.Join(filepath.Dir(path), "pg")) == nil { // its lock goes last
			_ = os.RemoveAll(filepath.Dir(path)) // what stays is swept by a later run
		}
		_ = lock.Close()
	}
}
