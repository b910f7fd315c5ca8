package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/gridcase/gridcase/pkg/postgres"
)

// machine is what the figures hold for.
type machine struct {
	CPU        string            `json:"cpu"`
	Cores      int               `json:"cores"`
	MemoryMiB  uint64            `json:"memory_mib"`
	Kernel     string            `json:"kernel"`
	Filesystem string            `json:"filesystem"`
	Go         string            `json:"go"`
	Postgres   string            `json:"postgres"`
	Modules    map[string]string `json:"modules"`
	Gridcase   string            `json:"gridcase"`
}

// thisMachine tells what it can find out; what it can't is empty.
func thisMachine(dir string) machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version(), Modules: map[string]string{}, CPU: field("/proc/cpuinfo", "model name"), Kernel: line("/proc/sys/kernel/osrelease")}
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		m.MemoryMiB = info.Totalram * uint64(info.Unit) >> 20
	}
	if out, err := exec.Command("df", "--output=fstype", dir).Output(); err == nil {
		m.Filesystem = string(bytes.TrimSpace(bytes.TrimPrefix(out, []byte("Type"))))
	}
	if bin, err := postgres.FindBinaries(""); err == nil {
		if out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output(); err == nil {
			m.Postgres = strings.TrimSpace(string(out))
		}
	}
	if out, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		m.Gridcase = strings.TrimSpace(string(out))
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, d := range build.Deps {
			switch d.Path {
			case "github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go", "github.com/jackc/pgx/v5":
				m.Modules[d.Path] = d.Version
			}
		}
	}
	return m
}

func line(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}

// field is the first value of a name in a file of "name : value".
func field(file, name string) string {
	for l := range strings.Lines(line(file)) {
		if key, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (m machine) String() string {
	text := fmt.Sprintf("%s, %d cores, %s MiB, Linux %s, %s\n%s, %s, gridcase %s", m.CPU, m.Cores, number(float64(m.MemoryMiB)), m.Kernel, m.Filesystem, m.Go, m.Postgres, m.Gridcase)
	for _, path := range []string{"github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go", "github.com/jackc/pgx/v5"} {
		text += ", " + path[strings.Index(path, "/")+1:] + " " + m.Modules[path]
	}
	return text
}
