package main

import (
	"fmt"
	"syscall"
)

// roomy is how many hundredths of the disk may be used before a run: above 85 the product fills its views without sorting the log on disk first,
// and above 90 its log takes nothing more. A run takes some 10 GB for itself.
const roomy = 75

// hasRoom refuses a disk on which something else than the product's usual course would be measured.
func hasRoom(dir string) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return fmt.Errorf("look for room in %s: %w", dir, err)
	}
	used := st.Blocks - st.Bfree
	if has := used + st.Bavail; 100*used > roomy*has {
		return fmt.Errorf("the disk of %s is %d %% full: at most %d %% before a run, since on a full one the views are filled another way and the log takes no writes", dir, 100*used/has, roomy)
	}
	return nil
}
