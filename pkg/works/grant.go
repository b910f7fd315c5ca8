package works

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/grid"
)

// maxCorners is how many points a ring of a permit's area has at most.
const maxCorners = 1000

// grantPermit allows works in an area for a time. A number is granted once: what changes of a permit, changes by extending or revoking it.
func grantPermit(p *Project, cmd *gridcasev1.GrantPermit, f *Facts) (proto.Message, error) {
	if err := p.mustBeOpen("grant a permit"); err != nil {
		return nil, err
	}
	if p.permit(cmd.GetNumber()) >= 0 {
		return nil, fault.BadField("number", "permit.exists", "the project has a permit of this number already")
	}
	if !cmd.GetValidFrom().AsTime().Before(cmd.GetValidTo().AsTime()) {
		return nil, fault.BadField("valid_to", "permit.times", "a permit ends after it begins")
	}
	if err := checkArea(cmd.GetRings(), f.Grids); err != nil {
		return nil, err
	}
	return &gridcasev1.PermitGranted{Number: cmd.GetNumber(), ValidFrom: cmd.GetValidFrom(), ValidTo: cmd.GetValidTo(), Rings: cmd.GetRings()}, nil
}

// checkArea refuses what is no outline, and an outline of which no corner lies in the district: longitude and latitude are easily swapped.
func checkArea(rings []*gridcasev1.Ring, grids *grid.Map) error {
	for i, r := range rings {
		if len(r.GetCoordinates()) > 2*maxCorners {
			return fault.BadField(fmt.Sprintf("rings[%d]", i), "permit.corners", "a ring has at most %d points", maxCorners)
		}
	}
	if _, err := grid.NewShape(rings); err != nil {
		return err
	}
	for corner := range slices.Chunk(rings[0].GetCoordinates(), 2) {
		if _, in := grids.Locate(&gridcasev1.GeoPoint{Longitude: corner[0], Latitude: corner[1]}); in {
			return nil
		}
	}
	return fault.BadField("rings", "permit.outside", "no corner of the area lies in a unit grid of the district")
}

func (p *Project) permitGranted(e *gridcasev1.PermitGranted) {
	shape, _ := grid.NewShape(e.GetRings()) // it was checked; a shape that is none holds nothing
	p.Permits = append(slices.Clip(p.Permits), Permit{Number: e.GetNumber(), From: e.GetValidFrom().AsTime(), To: e.GetValidTo().AsTime(),
		Rings: e.GetRings(), shape: shape})
	if p.State == gridcasev1.ProjectState_PROJECT_STATE_PLANNED {
		p.State = gridcasev1.ProjectState_PROJECT_STATE_PERMITTED
	}
}
