package heap

import (
	"testing"

	"pgregory.net/rapid"
)

// TestAlwaysTheHeapHasItsSpareAndLittleMore holds for what a server has alive, from 4 MB to a terabyte.
func TestAlwaysTheHeapHasItsSpareAndLittleMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alive := rapid.Uint64Range(4<<20, 1<<40).Draw(t, "alive")
		growth := growthFor(alive)
		room := alive / 100 * uint64(growth)
		switch {
		case growth < plain:
			t.Fatalf("%d bytes may grow by %d %%, less than by Go's own share", alive, growth)
		case growth > plain && (room > spare || room < spare/10*7):
			t.Fatalf("%d bytes may grow by %d %%, %d bytes", alive, growth, room)
		case growth == plain && alive < spare/4*3:
			t.Fatalf("%d bytes may grow by Go's own share alone", alive)
		}
	})
}
