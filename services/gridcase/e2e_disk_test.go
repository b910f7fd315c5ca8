package main_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// dataFiles puts into a data directory what must be there before the start.
func dataFiles(t *testing.T, data string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(data, "operator.token"), []byte(referencetest.OperatorToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fill takes the last byte of the disk and returns the file that holds it.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<16); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			if len(block) == 1 {
				return path
			}
			block = block[:max(1, len(block)/2)]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func empty(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
