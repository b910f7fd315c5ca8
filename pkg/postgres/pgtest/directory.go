package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// home makes the binary's directory, which goes when the binary ends, however it ends. It is not a test's own: as root, the server's user
// could not enter that one.
var home = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "gridcase-pgtest-"); err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	var lifeline [2]int // what is written to is open for as long as we live: no file owns it
	if err := syscall.Pipe2(lifeline[:], syscall.O_CLOEXEC); err != nil {
		return "", err
	}
	input := os.NewFile(uintptr(lifeline[0]), "lifeline")
	defer input.Close()
	remover := exec.Command("sh", "-c", `cat; for i in 1 2 3 4 5; do rm -rf "$0" && break; sleep 1; done`, dir) // servers that end with us still write
	remover.Stdin, remover.SysProcAttr = input, &syscall.SysProcAttr{Setpgid: true}
	return dir, remover.Start()
})

var directories atomic.Int64

// directory names one that does not exist yet.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, strconv.FormatInt(directories.Add(1), 10))
}
