package natsd

import (
	"fmt"
	"os"
	"path/filepath"
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

// lookAgain is how long an answer of FullSoon holds: a tenth of the store is more than is written meanwhile.
const lookAgain = 200 * time.Millisecond

// FullSoon tells whether 90 % of the store's size is used, or 90 % of the disk, by whomever, as of a moment ago. It is cheap enough to ask
// before each write.
func (s *Server) FullSoon() bool {
	if seen := s.fullness.Load(); seen != nil && time.Since(seen.at) < lookAgain {
		return seen.full
	}
	seen := &fullness{at: time.Now(), full: s.storeFull() || diskFull(s.options.Dir)}
	s.fullness.Store(seen)
	return seen.full
}

// fullness is what FullSoon found.
type fullness struct {
	at   time.Time
	full bool
}

func (s *Server) storeFull() bool {
	info, err := s.running().Jsz(nil)
	return err == nil && info.Store > uint64(s.options.MaxFileStore)/10*9
}

// diskFull tells whether 90 % of what the disk has for this process and others like it is used.
func diskFull(dir string) bool {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return false
	}
	used := st.Blocks - st.Bfree
	return used > (used+st.Bavail)/10*9
}
