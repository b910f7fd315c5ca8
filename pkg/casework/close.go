package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// closeCase ends the case (结案): the last inspection passed or is waived, and the condition's checklist is complete.
func closeCase(c *Case, cmd *gridcasev1.CloseCase, f *Facts) (proto.Message, error) {
	if err := c.must("close", gridcasev1.State_STATE_HANDLED); err != nil {
		return nil, err
	}
	if err := f.mustNotBeOfDepartment(); err != nil {
		return nil, err
	}
	if err := c.mustNotBeEnding("close"); err != nil {
		return nil, err
	}
	if !c.settled() {
		return nil, fault.New(fault.Conflict, "case.open_children", "children of the case are still open; the parent closes after them")
	}
	if err := c.mustBeInspected(cmd, f); err != nil {
		return nil, err
	}
	if err := c.checklist(cmd, f); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseClosed{Checklist: cmd.GetChecklist(), Waiver: cmd.GetWaiver(), Photos: cmd.GetPhotos(), Reason: f.Sealed["reason"],
		Clocks: c.closeClocks()}, nil
}

func (c *Case) closeClocks() []*gridcasev1.Clocks {
	return c.stop(gridcasev1.Stage_STAGE_CLOSE, gridcasev1.Stage_STAGE_SEND_INSPECTION)
}

func (c *Case) caseClosed(env *gridcasev1.Envelope) {
	c.State = gridcasev1.State_STATE_CLOSED
	c.end(env)
}

func (c *Case) mustBeInspected(cmd *gridcasev1.CloseCase, f *Facts) error {
	switch cmd.GetWaiver() {
	case gridcasev1.InspectionWaiver_INSPECTION_WAIVER_IMPORT:
		if f.importing() {
			return nil
		}
		return fault.BadField("waiver", "waiver.import_only", "only an importer waives the inspection of a record brought in")
	case gridcasev1.InspectionWaiver_INSPECTION_WAIVER_REMOTE_CHECK:
		if !f.policy().RemoteCheck() && len(f.People.Workers(c.Place, c.Hands)) > 0 {
			return fault.BadField("waiver", "waiver.worker_left", "a grid worker is left who can inspect on the spot")
		}
		return mustShow(f, cmd.GetPhotos(), "", "a remote check shows at least one photo")
	}
	if c.Inspection == gridcasev1.InspectionResult_INSPECTION_RESULT_PASS {
		return nil
	}
	return fault.New(fault.Conflict, "case.not_inspected", "to close, the last inspection must have passed")
}

func (c *Case) checklist(cmd *gridcasev1.CloseCase, f *Facts) error {
	condition, ok := f.Catalogue.Condition(c.Type, c.Condition)
	if !ok || f.importing() {
		return nil
	}
	for _, point := range cmd.GetChecklist() {
		if !slices.Contains(condition.GetChecklist(), point) {
			return fault.BadField("checklist", "checklist.unknown", "the checklist of condition %s has no point %q", c.Condition, point)
		}
	}
	for _, point := range condition.GetChecklist() {
		if !slices.Contains(cmd.GetChecklist(), point) {
			return fault.BadField("checklist", "checklist.incomplete", "to close under condition %s, the point %q must be confirmed", c.Condition, point)
		}
	}
	return nil
}
