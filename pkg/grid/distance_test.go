package grid_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

func TestADegreeOfLatitudeIsAbout111Kilometres(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b *gridcasev1.GeoPoint
		want float64 // metres
	}{
		{"a degree of latitude", at(107, 34), at(107, 35), 111_195},
		{"a degree of longitude at 60 degrees north is half of one at the equator", at(10, 60), at(11, 60), 55_597},
		{"across the date line", at(179.5, 0), at(-179.5, 0), 111_195},
		{"a street's width", at(107.15, 34.37), at(107.1503, 34.37), 27.5},
	} {
		if got := grid.Distance(c.a, c.b); math.Abs(got-c.want) > c.want/500 {
			t.Errorf("%s: %.1f m, want %.1f", c.name, got, c.want)
		}
	}
}

func TestADistanceIsTheSameBothWaysAndZeroToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := func(name string) *gridcasev1.GeoPoint {
			return at(rapid.Float64Range(-180, 180).Draw(t, name+" longitude"), rapid.Float64Range(-90, 90).Draw(t, name+" latitude"))
		}
		a, b := p("a"), p("b")
		there, back := grid.Distance(a, b), grid.Distance(b, a)
		if math.Abs(there-back) > 1e-6 || there < 0 || there > 20_016_000 || grid.Distance(a, a) != 0 {
			t.Fatalf("%f there, %f back", there, back)
		}
	})
}
