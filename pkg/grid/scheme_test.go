package grid_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

func TestASchemeKnowsTheLevelsOfACode(t *testing.T) {
	s, err := grid.NewScheme(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Levels(), []uint32{6, 9, 12, 15}) {
		t.Errorf("without lengths the scheme is %v, not the national one", s.Levels())
	}
	for _, c := range []struct {
		code, parent string
		unit         bool
	}{
		{"610302001002003", "610302001002", true},
		{"610302001002", "610302001", false},
		{"610302001", "610302", false},
		{"610302", "", false},
		{"6103020010020034", "", false},
		{"61030200100", "", false},
		{"", "", false},
	} {
		if got := s.Parent(c.code); got != c.parent || s.Unit(c.code) != c.unit {
			t.Errorf("%q lies in %q (unit grid: %t), want %q (%t)", c.code, got, s.Unit(c.code), c.parent, c.unit)
		}
	}
}

func TestASchemeIsNotChangedFromOutside(t *testing.T) {
	lengths := []uint32{6, 9, 12, 15}
	s, err := grid.NewScheme(lengths)
	if err != nil {
		t.Fatal(err)
	}
	lengths[3] = 20
	s.Levels()[0] = 1
	if !slices.Equal(s.Levels(), []uint32{6, 9, 12, 15}) {
		t.Errorf("the scheme became %v", s.Levels())
	}
}

func TestASchemeThatIsNoneIsRefused(t *testing.T) {
	for _, lengths := range [][]uint32{{6, 15}, {6}, {6, 9, 10, 11, 12, 13, 14}, {7, 9, 12}, {6, 12, 9, 15}, {6, 9, 9, 15}, {6, 9, 11}, {6, 9, 21}} {
		t.Run(fmt.Sprint(lengths), func(t *testing.T) {
			_, err := grid.NewScheme(lengths)
			refused(t, err, "grid.scheme", "3 to 6 ascending lengths")
		})
	}
}

// TestCodesOf12To20Digits takes a map of each scheme from the lowest level to the highest.
func TestCodesOf12To20Digits(t *testing.T) {
	for _, lengths := range [][]uint32{
		{6, 9, 12}, {6, 8, 10, 13}, {6, 9, 12, 14}, {6, 9, 12, 15}, {6, 9, 12, 16}, {6, 9, 12, 15, 17}, {6, 9, 12, 15, 18}, {6, 9, 12, 15, 19}, {6, 8, 10, 12, 15, 20},
	} {
		t.Run(fmt.Sprint(lengths), func(t *testing.T) {
			v := &gridcasev1.GridsVersion{District: district, Version: 1, Levels: lengths}
			var code string
			for _, length := range lengths {
				code = district + strings.Repeat("1", int(length)-6)
				v.Areas = append(v.Areas, &gridcasev1.Area{Code: code})
			}
			v.Areas[len(v.Areas)-1].Rings = []*gridcasev1.Ring{{Coordinates: box(0, 0, 1, 1)}}
			place, ok := newMap(t, v).Locate(at(0.5, 0.5))
			if !ok || place.GetGrid() != code || place.GetCommunity() != code[:lengths[len(lengths)-2]] || place.GetDistrict() != district {
				t.Errorf("the point is located in %v, want unit grid %s", place, code)
			}
			wantStreet := ""
			if len(lengths) > 3 {
				wantStreet = code[:lengths[len(lengths)-3]]
			}
			if place.GetStreet() != wantStreet {
				t.Errorf("the street is %q, want %q", place.GetStreet(), wantStreet)
			}
		})
	}
}
