package main

import (
	"testing"
	"time"
)

func TestWhatIsLeftGoesByThePartUnderWay(t *testing.T) {
	t.Parallel()
	var p pace
	begun := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		part        string
		after       time.Duration
		done, total uint64
		want        string
	}{
		{"timeline is sorted", 0, 40, 100, ""}, // what was before is not known
		{"timeline is sorted", time.Second, 40, 100, ""},
		{"timeline is sorted", 2 * time.Second, 60, 100, "  10/s  4s left"},
		{"timeline", 6 * time.Second, 0, 100, ""}, // sorting took its own time
		{"timeline", 7 * time.Second, 50, 100, "  50/s  1s left"},
		{"timeline", 8 * time.Second, 20, 100, ""}, // another process began again
		{"timeline", 9 * time.Second, 40, 120, "  20/s  4s left"},
		{"timeline", 10 * time.Second, 120, 120, "  50/s  0s left"},
	} {
		if got := p.left(step.part, step.done, step.total, begun.Add(step.after)); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}
