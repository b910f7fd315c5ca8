package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// list writes beside each CPU profile what took most, for those who have no pprof at hand.
func (b *bench) list(ctx context.Context) {
	tool, err := exec.LookPath("go")
	if err != nil {
		b.progress("no listings of the profiles: go is not there")
		return
	}
	profiles, _ := filepath.Glob(filepath.Join(b.profile, "*.pprof")) // the pattern is right
	for _, file := range profiles {
		top, err := exec.CommandContext(ctx, tool, "tool", "pprof", "-top", "-nodecount=25", file).Output()
		if err == nil {
			err = os.WriteFile(strings.TrimSuffix(file, ".pprof")+".top.txt", top, 0o644)
		}
		if err != nil {
			b.progress("no listing of %s: %v", file, err)
		}
	}
}
