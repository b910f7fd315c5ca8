package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestADirectoryIsLockedWhileItsManifestIsReplaced: so what a save saw still stands when it gives its own the name.
func TestADirectoryIsLockedWhileItsManifestIsReplaced(t *testing.T) {
	t.Parallel()
	where := filepath.Join(t.TempDir(), "copy")
	if err := add(t.Context(), where, 10, false); err != nil {
		t.Fatal(err)
	}
	a := extended(t, where, 20)
	dir, err := os.Open(where)
	if err == nil {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	saved := make(chan error, 1)
	go func() { saved <- a.Save(t.Context(), time.Unix(3, 0)) }()
	for !awaited(t, dir) {
		select {
		case err := <-saved:
			t.Fatalf("it was saved while the directory was locked: %v", err)
		default:
		}
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-saved; err != nil {
		t.Error(err)
	}
	holds(t.Context(), t, where, 20)
}

// awaited tells whether somebody waits for the lock on a file.
func awaited(t *testing.T, file *os.File) bool {
	t.Helper()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Fatal(err)
	}
	inode := fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino)
	for line := range strings.Lines(string(locks)) {
		if strings.Contains(line, "-> FLOCK") && strings.Contains(line, inode) {
			return true
		}
	}
	return false
}
