package postgres

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

const (
	megabyte = 1 << 20
	// leastBuffers and mostBuffers bound the memory in which the server keeps pages, in bytes.
	leastBuffers = 128 * megabyte
	mostBuffers  = 2048 * megabyte
)

// sharedBuffers is the memory in which the server keeps pages: an eighth of what there is, half of what its manual gives a server that has
// the machine for itself. Where pages that are changed again and again don't fit, each change writes and reads them.
func sharedBuffers() string {
	return fmt.Sprintf("shared_buffers=%dMB", min(max(memory()/8, leastBuffers), mostBuffers)/megabyte)
}

// memory is what the machine has, or the container where that is less, in bytes; 0 where nobody says.
func memory() uint64 {
	all := 1024 * numberAfter("/proc/meminfo", "MemTotal:")
	if limit := numberAfter("/sys/fs/cgroup/memory.max", ""); limit > 0 {
		return min(all, limit)
	}
	return all
}

// numberAfter reads the number behind a word of a file; 0 where there is none.
func numberAfter(file, word string) uint64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte(word))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(string(fields[0]), 10, 64)
	if err != nil {
		return 0 // "max": no limit
	}
	return n
}
