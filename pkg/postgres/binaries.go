package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// FindBinaries returns the directory that holds initdb and postgres: the given one, else that of PG_BIN, else the newest of the machine.
func FindBinaries(bin string) (string, error) {
	if bin != "" {
		if complete(bin) {
			return bin, nil
		}
		return "", fmt.Errorf("%s does not hold initdb and postgres", bin)
	}
	for _, dir := range candidates() {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no PostgreSQL server binaries are found: install them (Debian: apt-get install -y postgresql), or name their directory (--postgres-bin), or give an external database (--postgres-url)")
}

func candidates() []string {
	dirs := []string{os.Getenv("PG_BIN")}
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian; the pattern is sound
	rpm, _ := filepath.Glob("/usr/pgsql-*/bin")               // PGDG's packages
	versions = append(versions, rpm...)
	slices.SortFunc(versions, func(a, b string) int { return major(b) - major(a) })
	dirs = append(dirs, versions...)
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	return append(dirs, "/usr/local/pgsql/bin", "/opt/homebrew/bin")
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil || st.IsDir() || st.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

func major(path string) int {
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '-' }) {
		if n, err := strconv.Atoi(part); err == nil {
			return n
		}
	}
	return 0
}

// owner is the user that the server runs as when we are root; nil: we are not, and it runs as us.
type owner struct{ uid, gid int }

func runAs() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil {
			return &owner{uid, gid}, nil
		}
	}
	return nil, errNoUser
}

// command is a call of one of the binaries as the server's user, in a process group of its own.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.user != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.user.uid), Gid: uint32(s.user.gid)}
	}
	return cmd
}
