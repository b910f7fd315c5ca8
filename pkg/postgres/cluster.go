package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxSocketPath is what a unix socket's name may be long, less the name that the server appends.
const maxSocketPath = 90

// initialise makes the directories and the cluster where they don't exist, and reads its password.
func (s *Server) initialise(ctx context.Context) error {
	if err := os.MkdirAll(s.options.Dir, 0o755); err != nil {
		return fmt.Errorf("make the database's directory: %w", err)
	}
	if err := s.reachable(s.options.Dir); err != nil {
		return err
	}
	if err := s.socket(); err != nil {
		return err
	}
	passwordFile := filepath.Join(s.options.Dir, "password")
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err == nil {
		b, err := os.ReadFile(passwordFile)
		if err != nil {
			return fmt.Errorf("read the database's password: %w", err)
		}
		s.password = strings.TrimSpace(string(b))
		return nil
	}
	secret := make([]byte, 18)
	_, _ = rand.Read(secret) // never fails
	s.password = hex.EncodeToString(secret)
	if err := writeSynced(passwordFile, s.password+"\n"); err != nil {
		return fmt.Errorf("keep the database's password: %w", err)
	}
	return s.create(ctx)
}

// create makes the cluster beside its place and moves it there when it is whole, so that one half made is never started.
func (s *Server) create(ctx context.Context) error {
	half := s.data() + ".new"
	if err := os.RemoveAll(half); err != nil {
		return fmt.Errorf("clear a half made database: %w", err)
	}
	for _, dir := range []string{half, s.sock} {
		if err := s.own(dir); err != nil {
			return err
		}
	}
	if err := s.initdb(ctx, half); err != nil {
		return err
	}
	if err := os.Rename(half, s.data()); err != nil {
		return fmt.Errorf("put the database in its place: %w", err)
	}
	if s.options.Unsafe {
		return nil
	}
	return syncDir(s.options.Dir)
}

// writeSynced writes a file that only we can read, durably.
func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() // after Sync, nothing is left to fail
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Sync()
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

// socket chooses the socket's directory: beside the data, or under the temporary directory where that name would be too long.
func (s *Server) socket() error {
	s.sock = s.besideData()
	if len(s.sock) <= maxSocketPath {
		return nil
	}
	dir, err := os.MkdirTemp("", "gridcase-pg-")
	if err != nil {
		return fmt.Errorf("make the database's socket directory: %w", err)
	}
	if len(dir) > maxSocketPath {
		return fmt.Errorf("the database's directory %s and the temporary directory %s both have names too long for a socket: choose a shorter data directory", s.options.Dir, dir)
	}
	s.sock = dir
	return s.reachable(filepath.Dir(dir))
}

// dropSocket removes the socket's directory where it is a stand-in under the temporary directory.
func (s *Server) dropSocket() {
	if s.sock != s.besideData() {
		_ = os.RemoveAll(s.sock) // the system clears what stays
	}
}

func (s *Server) besideData() string { return filepath.Join(s.options.Dir, "sock") }

// own makes a directory that only the server's user reads.
func (s *Server) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	if s.user == nil {
		return nil
	}
	if err := os.Chown(dir, s.user.uid, s.user.gid); err != nil {
		return fmt.Errorf("hand %s to the database's user: %w", dir, err)
	}
	return nil
}

// reachable refuses a directory that the server's user can't pass into.
func (s *Server) reachable(dir string) error {
	if s.user == nil {
		return nil
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("look at %s: %w", dir, err)
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		owned := ok && int(st.Uid) == s.user.uid && info.Mode()&0o100 != 0
		if info.Mode()&0o001 == 0 && !owned {
			return fmt.Errorf("the database runs as another user than root, and that user can't enter %s: choose a data directory elsewhere (such as /var/lib/gridcase), or let others pass (chmod o+x %s)", dir, dir)
		}
	}
	return nil
}

func (s *Server) initdb(ctx context.Context, dir string) error {
	// Not by standard input: a pipe of root's can't be opened again after the change of user.
	password := filepath.Join(s.sock, "password")
	if err := os.WriteFile(password, []byte(s.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("hand the password to initdb: %w", err)
	}
	defer os.Remove(password)
	if s.user != nil {
		if err := os.Chown(password, s.user.uid, s.user.gid); err != nil {
			return fmt.Errorf("hand the password to initdb: %w", err)
		}
	}
	args := []string{"-D", dir, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "--pwfile=" + password, "--no-instructions", "--data-checksums"}
	if s.options.Unsafe {
		args = append(args, "--no-sync")
	}
	var out bytes.Buffer
	cmd := s.command("initdb", args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	exited, err := spawn(cmd, syscall.SIGKILL)
	if err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	select {
	case err = <-exited:
	case <-ctx.Done():
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its group; it may have ended by itself
		<-exited
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out.Bytes())
	}
	return nil
}
