package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// apart measures a section in a process of its own, with the settings of this one.
func (b *bench) apart(ctx context.Context, name string, env ...string) (*section, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	told := filepath.Join(b.dir, name+".json")
	cmd := exec.CommandContext(ctx, self, append(slices.Clone(b.args), "--only", name, "--json", told, "--profile", "")...)
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), b.err
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it ends its database
	cmd.WaitDelay = time.Minute
	if err := cmd.Run(); err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	text, err := os.ReadFile(told)
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	if len(r.Sections) != 1 {
		return nil, fmt.Errorf("%d sections were measured apart, want 1", len(r.Sections))
	}
	return &r.Sections[0], nil
}
