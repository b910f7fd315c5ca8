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

// treeCPU is the CPU time that a process has used, and all those that stem from it, ended ones included.
func treeCPU(root int) (time.Duration, error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	used, parent := map[int]time.Duration{}, map[int]int{}
	for _, file := range entries {
		if pid, p, t, ok := readStat(file); ok {
			used[pid], parent[pid] = t, p
		}
	}
	if _, ok := used[root]; !ok {
		return 0, fmt.Errorf("process %d is gone", root)
	}
	var sum time.Duration
	for pid, t := range used {
		if stemsFrom(pid, root, parent) {
			sum += t
		}
	}
	return sum, nil
}

func stemsFrom(pid, root int, parent map[int]int) bool {
	for ; pid > 1; pid = parent[pid] {
		if pid == root {
			return true
		}
	}
	return false
}

// readStat reads a process's parent and its CPU time with that of the children that it has waited for.
func readStat(file string) (pid, parent int, used time.Duration, ok bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, 0, false // it ended meanwhile
	}
	text := string(b)
	name := strings.LastIndexByte(text, ')') // a name may hold anything
	pid, err = strconv.Atoi(filepath.Base(filepath.Dir(file)))
	fields := strings.Fields(text[name+1:])
	if err != nil || len(fields) < 15 {
		return 0, 0, 0, false
	}
	parent, _ = strconv.Atoi(fields[1])
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(f, 10, 64)
		used += time.Duration(n) * tick
	}
	return pid, parent, used, true
}

// meter reads the CPU time of all processes that have a part in a measurement.
type meter struct {
	own   bool
	trees []int // the processes that others stem from
}

// usage is CPU time so far.
type usage struct{ own, others time.Duration }

func (m meter) read() (u usage, err error) {
	if m.own {
		u.own = ownCPU()
	}
	for _, root := range m.trees {
		t, err := treeCPU(root)
		if err != nil {
			return u, err
		}
		u.others += t
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
	s.cpu = usage{after.own - c.before.own, after.others - c.before.others}
	return s, errors.Join(c.failed, err)
}
