package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit in which the kernel tells a process's CPU time; Linux shows 100 a second to every program.
const tick = 10 * time.Millisecond

// ownCPU is the CPU time that this process has used, its children's not included.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for no one who asks for himself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// treeCPU is the CPU time that a process has used, and all those that stem from it, ended ones included; and how much of it PostgreSQL's
// processes have.
func treeCPU(root int) (sum, postgres time.Duration, err error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, 0, err
	}
	found, parent := map[int]stat{}, map[int]int{}
	for _, file := range entries {
		if pid, s, ok := readStat(file); ok {
			found[pid], parent[pid] = s, s.parent
		}
	}
	if _, ok := found[root]; !ok {
		return 0, 0, fmt.Errorf("process %d is gone", root)
	}
	for pid, s := range found {
		if !stemsFrom(pid, root, parent) {
			continue
		}
		sum += s.used
		if s.name == "postgres" {
			postgres += s.used
		}
	}
	return sum, postgres, nil
}

// stat is a process: its program's name, its parent, its CPU time with that of the children that it has waited for.
type stat struct {
	name   string
	parent int
	used   time.Duration
}

func stemsFrom(pid, root int, parent map[int]int) bool {
	for ; pid > 1; pid = parent[pid] {
		if pid == root {
			return true
		}
	}
	return false
}

// readStat reads a process.
func readStat(file string) (pid int, s stat, ok bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, s, false // it ended meanwhile
	}
	text := string(b)
	end := strings.LastIndexByte(text, ')') // a name may hold anything
	pid, err = strconv.Atoi(filepath.Base(filepath.Dir(file)))
	fields := strings.Fields(text[end+1:])
	if err != nil || len(fields) < 15 {
		return 0, s, false
	}
	_, s.name, _ = strings.Cut(text[:end], "(")
	s.parent, _ = strconv.Atoi(fields[1])
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(f, 10, 64)
		s.used += time.Duration(n) * tick
	}
	return pid, s, true
}

// meter reads the CPU time of all processes that have a part in a measurement.
type meter struct {
	own   bool
	trees []int // the processes that others stem from
}

// usage is CPU time so far. PostgreSQL's is a part of the others'.
type usage struct{ own, others, postgres time.Duration }

func (m meter) read() (u usage, err error) {
	if m.own {
		u.own = ownCPU()
	}
	for _, root := range m.trees {
		sum, postgres, err := treeCPU(root)
		if err != nil {
			return u, err
		}
		u.others += sum
		u.postgres += postgres
	}
	return u, nil
}

// clock measures work between two moments.
type clock struct {
	meter   meter
	begun   time.Time
	before  usage
	failed  error
	skipped uint64 // operations done before it started
}

func startClock(m meter) *clock {
	c := &clock{meter: m}
	c.before, c.failed = m.read()
	c.begun = time.Now()
	return c
}

// stop returns what operations took since the start.
func (c *clock) stop(operations uint64) (sample, error) {
	s := sample{operations: operations - c.skipped, elapsed: time.Since(c.begun)}
	after, err := c.meter.read()
	s.cpu = usage{after.own - c.before.own, after.others - c.before.others, after.postgres - c.before.postgres}
	return s, errors.Join(c.failed, err)
}
