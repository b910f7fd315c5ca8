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

// exact is the setting in which a collection finds what is alive, and nothing else: the process stands still meanwhile. Usually it goes on,
// and all that it makes meanwhile is taken for alive, the more the longer the collection takes. It is read at a process's start.
const exact = "GODEBUG=gcstoptheworld=1"

// isApart tells whether this is the process that measures memory for another one.
func isApart() bool { return slices.Contains(os.Environ(), exact) }

// memoryApart measures the section in a process of its own, with the settings of this one.
func (b *bench) memoryApart(ctx context.Context) (*section, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	told := filepath.Join(b.dir, "memory.json")
	cmd := exec.CommandContext(ctx, self, append(slices.Clone(b.args), "--only", "memory", "--json", told, "--profile", "")...)
	cmd.Env, cmd.Stderr = append(os.Environ(), exact), b.err
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
