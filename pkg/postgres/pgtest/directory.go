package pgtest

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// lifeline is open for as long as the binary lives.
var lifeline io.WriteCloser

// home makes the binary's directory, which goes when the binary ends, however it ends. It is not a test's own: as root, the server's user
// could not enter that one.
var home = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "gridcase-pgtest-"); err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	// Its input ends with us. Servers that end meanwhile still write.
	remover := exec.Command("sh", "-c", `cat; for i in 1 2 3 4 5; do rm -rf "$0" && break; sleep 1; done`, dir)
	remover.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if lifeline, err = remover.StdinPipe(); err != nil {
		return "", err
	}
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
