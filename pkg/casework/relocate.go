package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// relocateCase moves the case to where it really is, within its district.
func relocateCase(c *Case, cmd *gridcasev1.RelocateCase, f *Facts) (proto.Message, error) {
	if err := c.mustBeOpen("relocate"); err != nil {
		return nil, err
	}
	reason, err := f.text("reason", "a relocation needs a reason")
	if err != nil {
		return nil, err
	}
	place, ok := f.Grids.Locate(cmd.GetPoint())
	if !ok {
		return nil, fault.BadField("point", "case.other_district", "the point lies in no unit grid of district %s; a case never leaves its district", f.Grids.District())
	}
	return &gridcasev1.CaseRelocated{Place: place, Reason: reason}, nil
}

func (c *Case) caseRelocated(e *gridcasev1.CaseRelocated) { c.Place = e.GetPlace() }
