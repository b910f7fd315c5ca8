package grid_test

import (
	"testing"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

// TestAlwaysATileHoldsItsOwnCentreAndPointsNearIt: no point lies farther from its tile's centre than half the diagonal.
func TestAlwaysATileHoldsItsOwnCentreAndPointsNearIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &gridcasev1.GeoPoint{Longitude: rapid.Float64Range(-180, 180).Draw(t, "longitude"), Latitude: rapid.Float64Range(-80, 80).Draw(t, "latitude")}
		side := rapid.Float64Range(10, 500).Draw(t, "side")
		tile := grid.TileOf(p, side)
		if again := grid.TileOf(tile.Centre(side), side); again != tile {
			t.Fatalf("the centre of %v lies in %v", tile, again)
		}
		if far := grid.Distance(p, tile.Centre(side)); far > side*0.75 {
			t.Fatalf("the point lies %.1f m from the centre of its tile of %.1f m", far, side)
		}
	})
}
