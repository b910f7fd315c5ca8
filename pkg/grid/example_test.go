package grid_test

import (
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

// A file of a district's areas becomes a map, and the map tells where a point lies.
func ExampleMap_Locate() {
	areas, err := grid.ReadGeoJSON([]byte(`{"type": "FeatureCollection", "features": [
		{"type": "Feature", "properties": {"code": "610302", "name": "渭滨区"}, "geometry": null},
		{"type": "Feature", "properties": {"code": "610302001", "name": "金陵街道"}, "geometry": null},
		{"type": "Feature", "properties": {"code": "610302001001", "name": "新建路东段社区"}, "geometry": null},
		{"type": "Feature", "properties": {"code": "610302001001001", "name": "001"}, "geometry":
			{"type": "Polygon", "coordinates": [[[107.14, 34.36], [107.15, 34.36], [107.15, 34.37], [107.14, 34.37], [107.14, 34.36]]]}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := grid.NewMap(&gridcasev1.GridsVersion{District: "610302", Version: 1, Areas: areas})
	if err != nil {
		fmt.Println(err)
		return
	}
	place, ok := m.Locate(&gridcasev1.GeoPoint{Longitude: 107.145, Latitude: 34.365})
	fmt.Println(place.GetGrid(), place.GetStreet(), ok)
	// Output: 610302001001001 610302001 true
}
