package catalogfile_test

import (
	"slices"
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/catalogfile"
)

func TestTheDefaultCatalogueIsSound(t *testing.T) {
	v, err := catalogfile.Default()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.New(v); err != nil {
		t.Fatal(err)
	}
	if len(v.GetTypes()) != 27 {
		t.Errorf("%d types, want the 25 common ones and 2 of the demo district", len(v.GetTypes()))
	}
	for _, c := range v.GetTypes() {
		if c.GetNameZh() == "" || c.GetNameEn() == "" {
			t.Errorf("%s has not both names", c.GetId())
		}
		for _, rule := range c.GetConditions() {
			if rule.GetUrgent() != (rule.GetLimit() != nil && rule.GetLimit().GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WALL) {
				t.Errorf("condition %s of %s is urgent, or it has urgent hours, but not both", rule.GetId(), c.GetId())
			}
		}
	}
}

// TestParkingIsRoutedByPlace: carriageway to the traffic police, footway and green to urban management, a fire lane to the fire service with
// urban management, private land to nobody.
func TestParkingIsRoutedByPlace(t *testing.T) {
	v, err := catalogfile.Default()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.New(v)
	if err != nil {
		t.Fatal(err)
	}
	place := &gridcasev1.Place{Grid: "610302001001001"}
	for where, want := range map[string][]string{
		"carriageway": {"traffic-police"}, "footway": {"urban-management"}, "green": {"urban-management"},
		"fire_lane": {"fire", "urban-management"}, "private": {""},
	} {
		fields := []*gridcasev1.Field{{Name: "place_kind", Value: &gridcasev1.Field_Choice{Choice: where}}}
		got := c.Route("parking.motor", "C5", fields, place)
		if to := append([]string{got.Department}, got.Assisting...); !slices.Equal(to, want) || got.Why == "" {
			t.Errorf("%s goes to %v (%s), want %v", where, to, got.Why, want)
		}
	}
	if got := c.Route("drain.pipe", "B2", nil, place); got.Department != "drainage" || got.Why != "condition B2" {
		t.Errorf("a blocked pipe goes to %q (%s)", got.Department, got.Why)
	}
}
