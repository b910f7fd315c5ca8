package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// amendReport corrects a report before it is filed, by its reporter or an acceptor.
func amendReport(c *Case, cmd *gridcasev1.AmendReport, f *Facts) (proto.Message, error) {
	if err := c.must("amend the report", gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_VERIFYING); err != nil {
		return nil, err
	}
	if f.Actor.Role != gridcasev1.Role_ROLE_ACCEPTOR && f.Actor.ID != c.Reporter {
		return nil, fault.New(fault.Denied, "case.other_reporter", "a report is amended by its reporter or an acceptor")
	}
	e := &gridcasev1.ReportAmended{Fields: f.record(cmd.GetFields()), Photos: cmd.GetPhotos(), Description: f.Sealed["description"], Address: f.Sealed["address"]}
	if len(e.GetFields()) == 0 && len(e.GetPhotos()) == 0 && e.GetDescription() == nil && e.GetAddress() == nil {
		return nil, fault.New(fault.Invalid, "report.unchanged", "an amendment holds at least one field, photo, description or address")
	}
	if t, ok := f.Catalogue.Type(c.Type); ok {
		if err := catalog.CheckFields(t, cmd.GetFields(), false); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (c *Case) reportAmended(e *gridcasev1.ReportAmended) { c.setFields(e.GetFields()) }
