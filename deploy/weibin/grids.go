package weibin

import (
	"fmt"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// maxCells is how many unit grids the demo may have.
const maxCells = 40000

// Grids returns the district's areas with exactly cells unit grids: squares of a lattice whose centres lie in the real boundary, shared out
// among the real communities by seeded points, nearest first. A community has 1 to 999 of them; the same cells and seed give the same areas.
// The unit grids are synthetic and say so. The reference system of the boundary's coordinates is unknown; they are treated as WGS 84. Cells
// outside 128 to 40,000 are an Invalid fault.
func Grids(cells int, seed uint64) (*gridcasev1.PublishGrids, error) {
	areas, err := grid.ReadGeoJSON(boundaryJSON)
	if err != nil {
		return nil, err
	}
	streets, err := readPlaces(streetsCSV)
	if err != nil {
		return nil, err
	}
	communities, err := readPlaces(communitiesCSV)
	if err != nil {
		return nil, err
	}
	if cells < len(communities) || cells > maxCells {
		return nil, fault.BadField("cells", "demo.cells", "the demo has %d to %d unit grids", len(communities), maxCells)
	}
	l, squares, err := cover(newOutline(areas[0]), cells)
	if err != nil {
		return nil, err
	}
	for _, p := range append(streets, communities...) {
		areas = append(areas, &gridcasev1.Area{Code: p.code, Name: p.name})
	}
	for i, owned := range share(l, squares, len(communities), seed) {
		for k, s := range owned {
			areas = append(areas, &gridcasev1.Area{Code: fmt.Sprintf("%s%03d", communities[i].code, k+1), Name: fmt.Sprintf("%s%03d", communities[i].name, k+1),
				Synthetic: true, Rings: []*gridcasev1.Ring{l.ring(s)}})
		}
	}
	return &gridcasev1.PublishGrids{District: District, Areas: areas}, nil
}
