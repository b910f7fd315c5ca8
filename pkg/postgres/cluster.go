package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
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
	if err := s.reachable(); err != nil {
		return err
	}
	if err := s.socket(); err != nil {
		return err
	}
	for _, dir := range []string{s.data(), s.sock} {
		if err := s.own(dir); err != nil {
			return err
		}
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
	if err := os.WriteFile(passwordFile, []byte(s.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the database's password: %w", err)
	}
	return s.initdb(ctx)
}

// socket chooses the socket's directory: beside the data, or under the temporary directory where that name would be too long.
func (s *Server) socket() error {
	s.sock = filepath.Join(s.options.Dir, "sock")
	if len(s.sock) <= maxSocketPath {
		return nil
	}
	dir, err := os.MkdirTemp("", "gridcase-pg-")
	if err != nil {
		return fmt.Errorf("make the database's socket directory: %w", err)
	}
	s.sock = dir
	return nil
}

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

// reachable refuses a home that the server's user can't pass into.
func (s *Server) reachable() error {
	if s.user == nil {
		return nil
	}
	for dir := s.options.Dir; dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("look at %s: %w", dir, err)
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		owned := ok && int(st.Uid) == s.user.uid && info.Mode()&0o100 != 0
		if info.Mode()&0o001 == 0 && !owned {
			return fmt.Errorf("the database runs as another user than root, and that user can't enter %s: choose a data directory elsewhere (such as /var/lib/gridcase), or let others pass (chmod o+x)", dir)
		}
	}
	return nil
}

func (s *Server) initdb(ctx context.Context) error {
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
	cmd := s.command("initdb", "-D", s.data(), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "--pwfile="+password, "--no-instructions", "--data-checksums")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("initdb: %w\n%s", err, out))
	}
	return nil
}
