package natsd

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// safeFilesystems are those whose file sync also keeps the file's name, by their magic numbers (statfs(2)).
var safeFilesystems = map[int64]string{0xef53: "ext4", 0x58465342: "XFS", 0x9123683e: "btrfs"}

// checkFilesystem tells whether the file system is safe; one that is not is an error unless it was asked for.
func checkFilesystem(o Options) (safe bool, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(o.Dir, &st); err != nil {
		return false, fmt.Errorf("look at the log's file system: %w", err)
	}
	if _, ok := safeFilesystems[int64(st.Type)]; ok {
		return true, nil
	}
	if o.UnsafeFilesystem {
		o.Logger.Warn("log lies on a file system that may lose acknowledged events in a power cut", zap.String("dir", o.Dir))
		return false, nil
	}
	return false, fmt.Errorf("%s is not on ext4, XFS or btrfs: acknowledged events could be lost in a power cut; choose another data directory, or set --unsafe-filesystem to accept that", o.Dir)
}

// defaultStore is 90 % of what the disk has for the log.
func defaultStore(dir string) int64 {
	return (free(dir) + used(dir)) / 10 * 9
}

// free is how many bytes the directory's disk has left for this process.
func free(dir string) int64 {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return 0
	}
	return int64(st.Bavail) * st.Bsize
}

// used is how many bytes the directory takes.
func used(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a file that is gone takes nothing
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// lookAgain is how long at most an answer of FullSoon holds; largest is how much is written between two asks at most, in bytes.
const (
	lookAgain = 200 * time.Millisecond
	largest   = 1 << 20
)

// FullSoon tells whether 90 % of the store's size is used, or 90 % of the disk, by whomever. It is cheap enough to ask before each write: an
// answer holds for a moment, and for as many writes as there is room for.
func (s *Server) FullSoon() bool {
	if seen := s.seen.Load(); seen != nil && time.Since(seen.at) < lookAgain && seen.writes.Add(-1) >= 0 {
		return false
	}
	room := min(s.storeRoom(), diskRoom(s.options.Dir))
	next := &room90{at: time.Now()}
	next.writes.Store(room / largest)
	s.seen.Store(next)
	return room <= 0
}

// room90 is for how many writes there was room until 90 % are used.
type room90 struct {
	at     time.Time
	writes atomic.Int64
}

// storeRoom is how many bytes the store takes until 90 % of it are used.
func (s *Server) storeRoom() int64 {
	info, err := s.running().Jsz(nil)
	if err != nil {
		return math.MaxInt64
	}
	return s.options.MaxFileStore/10*9 - int64(info.Store)
}

// diskRoom is how many bytes the disk takes until 90 % of what it has for this process and others like it are used.
func diskRoom(dir string) int64 {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return math.MaxInt64
	}
	used := int64(st.Blocks - st.Bfree)
	return ((used+int64(st.Bavail))/10*9 - used) * st.Bsize
}
