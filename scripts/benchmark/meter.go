package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// meter measures a piece of work: time, and the processor's time of a process and all that it started.
type meter struct {
	pid   int
	began time.Time
	cpu   float64
}

func measure(pid int) (*meter, error) {
	cpu, err := treeCPU(pid)
	return &meter{pid: pid, began: time.Now(), cpu: cpu}, err
}

func (m *meter) done(ops int) (result, error) {
	seconds := time.Since(m.began).Seconds()
	cpu, err := treeCPU(m.pid)
	return result{Ops: float64(ops), Seconds: seconds, CPU: cpu - m.cpu, Extra: map[string]float64{}}, err
}

// ticks is how many ticks of the clock Linux counts a second of processor time in.
const ticks = 100

// treeCPU is the processor time of a process and of all that it started, those that have ended among them, in seconds.
func treeCPU(root int) (float64, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	children, used := map[int][]int{}, map[int]float64{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		text := string(b)
		fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // from the state on
		pid, err := strconv.Atoi(strings.Split(path, "/")[2])
		if err != nil || len(fields) < 15 {
			return 0, fmt.Errorf("read %s", path)
		}
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
		for _, field := range fields[11:15] { // utime, stime, and those of children that have ended
			n, _ := strconv.ParseFloat(field, 64)
			used[pid] += n / ticks
		}
	}
	var sum float64
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		sum += used[todo[0]]
		todo = append(todo, children[todo[0]]...)
	}
	return sum, nil
}

// percentile is the p-th of some durations, in milliseconds.
func percentile(taken []time.Duration, p int) float64 {
	if len(taken) == 0 {
		return 0
	}
	slices.Sort(taken)
	return taken[(p*len(taken)+99)/100-1].Seconds() * 1000
}
