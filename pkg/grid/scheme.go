package grid

import (
	"slices"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Scheme is how a district's codes are built: the length at each level, from the district's 6 digits to the unit grid's 12 to 20. A code of
// a lower level begins with that of the level above.
type Scheme struct{ levels []uint32 }

// defaultLevels are those of the national coding: 6 digits of the region, 3 of the street, 3 of the community, 3 of the unit grid
// (GB/T 30428.1, CJ/T 213).
var defaultLevels = []uint32{6, 9, 12, 15}

// NewScheme returns the scheme of these lengths; the national one where there are none.
func NewScheme(levels []uint32) (Scheme, error) {
	if len(levels) == 0 {
		levels = defaultLevels
	}
	last := levels[len(levels)-1]
	ascending := slices.IsSorted(levels) && len(slices.Compact(slices.Clone(levels))) == len(levels)
	if !ascending || len(levels) < 3 || len(levels) > 6 || levels[0] != 6 || last < 12 || last > 20 {
		return Scheme{}, fault.BadField("levels", "grid.scheme", "a scheme has 3 to 6 ascending lengths, from 6 to one between 12 and 20")
	}
	return Scheme{levels: slices.Clone(levels)}, nil
}

// Levels returns the lengths.
func (s Scheme) Levels() []uint32 { return slices.Clone(s.levels) }

// Unit tells whether a code has a unit grid's length.
func (s Scheme) Unit(code string) bool { return uint32(len(code)) == s.levels[len(s.levels)-1] }

// Parent returns the code one level up; "" for a district and for a length that the scheme doesn't have.
func (s Scheme) Parent(code string) string {
	i := slices.Index(s.levels, uint32(len(code)))
	if i < 1 {
		return ""
	}
	return code[:s.levels[i-1]]
}

func (s Scheme) valid(code string) bool {
	if !slices.Contains(s.levels, uint32(len(code))) {
		return false
	}
	for _, r := range code {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}
