package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// directory keeps an archive's files in a directory. A file's version is the SHA-256 of its content.
type directory string

// unfinished begins the names of files that are not in their place yet, or never will be.
const unfinished = ".tmp-"

func (d directory) path(name string) string { return filepath.Join(string(d), name) }

func (d directory) get(_ context.Context, name string) (io.ReadCloser, string, error) {
	content, err := os.ReadFile(d.path(name))
	if err != nil {
		return nil, "", err
	}
	return io.NopCloser(bytes.NewReader(content)), digest(content), nil
}

func (d directory) put(ctx context.Context, name string, content []byte, over string) (string, error) {
	path := d.path(name)
	if err := d.folder(filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("make the place of %s: %w", name, err)
	}
	beside, err := writeBeside(path, content)
	if err == nil {
		defer func() { _ = os.Remove(beside) }() // it is gone where all went well
		err = d.replace(ctx, name, beside, over)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return digest(content), nil
}

func (d directory) empty(context.Context) (bool, error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	held := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), unfinished) })
	return !held, err
}

// folder makes the directory that a file is to lie in.
func (d directory) folder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil || path == filepath.Clean(string(d)) {
		return err
	}
	return syncDir(string(d))
}

// replace gives a file its name, where the version stands that it is to replace. While it looks and renames, it holds a lock on the
// directory; a file system without such locks leaves the look alone.
func (d directory) replace(ctx context.Context, name, beside, over string) error {
	dir, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // which ends the lock
	_ = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
	if over != whichever {
		_, version, err := d.get(ctx, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if version != over {
			return ErrChanged
		}
	}
	return os.Rename(beside, d.path(name))
}

// writeBeside writes a file to the disk, under a name of its own beside its place.
func writeBeside(path string, content []byte) (string, error) {
	beside, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return "", err
	}
	_, err = beside.Write(content)
	if err == nil {
		err = beside.Chmod(0o644)
	}
	if err == nil {
		err = beside.Sync()
	}
	if closing := beside.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(beside.Name()) // the first fault is the one to tell
	}
	return beside.Name(), err
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if closing := dir.Close(); err == nil {
		err = closing
	}
	return err
}
