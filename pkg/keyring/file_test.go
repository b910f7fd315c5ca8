package keyring_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/keyring"
)

// place is where a key lies that is sound if it begins with "key".
func place(dir, name string) keyring.Place {
	return keyring.Place{Name: name, File: filepath.Join(dir, name), Check: func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(string(b), "key") {
			return errors.New("no key")
		}
		return nil
	}}
}

func both(dir, first, second string) []keyring.Put {
	return []keyring.Put{{Place: place(dir, "one"), Text: first}, {Place: place(dir, "two"), Text: second}}
}

// holds compares a folder's files with what they must be, nothing beside them.
func holds(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("the folder holds %v, want %v", entries, want)
	}
	for name, text := range want {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(b) != text {
			t.Errorf("%s holds %q, %v, want %q", name, b, err, text)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestKeysArePutBackForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := keyring.PutAll(both(dir, "key 1", "key 2")...); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{"one": "key 1", "two": "key 2"})
	for _, name := range []string{"one", "two"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if text, err := place(dir, name).Read(); err != nil || !strings.HasPrefix(text, "key") {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func TestAnInterruptedImportIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "one", "key 1\n") // what the first run had put
	if err := keyring.PutAll(both(dir, "key 1", "key 2")...); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{"one": "key 1\n", "two": "key 2"})
}

func TestAKeyIsNeverWrittenOverAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "two", "key of others")
	refused(t, "the second key's place is taken", keyring.PutAll(both(dir, "key 1", "key 2")...), fault.Conflict, "keys.taken")
	holds(t, dir, map[string]string{"two": "key of others"})
}

func TestKeysThatAreNotSoundArePutNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	refused(t, "the second key is none", keyring.PutAll(both(dir, "key 1", "")...), fault.Invalid, "keys.unsound")
	holds(t, dir, map[string]string{})
}

func TestAnExportIsNeverWrittenOverAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "keys.age")
	if err := keyring.WriteNew(file, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	refused(t, "the file exists", keyring.WriteNew(file, []byte("second")), fault.Conflict, "keys.file_exists")
	holds(t, dir, map[string]string{"keys.age": "first"})
	if err := keyring.WriteNew(filepath.Join(dir, "nowhere", "keys.age"), nil); err == nil {
		t.Error("a file in a folder that isn't there was written")
	}
}

func TestAKeyThatIsNotThereIsNotMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if text, err := place(dir, "one").Read(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%q, %v", text, err)
	}
	holds(t, dir, map[string]string{})
}
