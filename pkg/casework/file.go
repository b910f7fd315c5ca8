package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// fileCase makes the report a case under one condition (立案). A public report was verified on the spot before, or that is waived with a
// reason; a grid worker's own report needs none.
func fileCase(c *Case, cmd *gridcasev1.FileCase, f *Facts) (proto.Message, error) {
	if err := c.must("file", gridcasev1.State_STATE_REPORTED); err != nil {
		return nil, err
	}
	if err := f.activeCondition(c.Type, cmd.GetCondition()); err != nil {
		return nil, err
	}
	if err := c.mustBeVerified(cmd, f); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseFiled{Condition: cmd.GetCondition(), Waiver: cmd.GetWaiver(), Reason: f.Sealed["reason"],
		Clocks: readings(c.stop(gridcasev1.Stage_STAGE_ACCEPT), f.startDesk(gridcasev1.Stage_STAGE_DISPATCH))}, nil
}

func (c *Case) caseFiled(e *gridcasev1.CaseFiled) {
	c.State, c.Condition = gridcasev1.State_STATE_FILED, e.GetCondition()
}

func (c *Case) mustBeVerified(cmd *gridcasev1.FileCase, f *Facts) error {
	if cmd.GetWaiver() == gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_IMPORT {
		if f.importing() {
			return nil
		}
		return fault.BadField("waiver", "waiver.import_only", "only an importer waives the verification of a record brought in")
	}
	if cmd.GetWaiver() != gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_UNSPECIFIED {
		_, err := f.text("reason", "a waived verification needs a reason")
		return err
	}
	if !public(c.Source) || c.Verification == gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS {
		return nil
	}
	return fault.New(fault.Conflict, "case.not_verified", "a public report is verified on the spot before it is filed, or that is waived with a reason")
}

// activeCondition refuses a filing condition that new filings may not have.
func (f *Facts) activeCondition(caseType, id string) error {
	condition, ok := f.Catalogue.Condition(caseType, id)
	if !ok {
		return fault.BadField("condition", "condition.unknown", "the case type %q has no condition %q", caseType, id)
	}
	if condition.GetInactive() {
		return fault.BadField("condition", "condition.inactive", "the condition %q of %q is no longer in use", id, caseType)
	}
	return nil
}
