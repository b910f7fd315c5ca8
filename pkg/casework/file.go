package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// fileCase makes the report a case under one condition (立案). A public report was verified on the spot before, or that is waived with a
// reason; a grid worker's own report needs none. A self-fix that does not pass its audit is filed too.
func fileCase(c *Case, cmd *gridcasev1.FileCase, f *Facts) (proto.Message, error) {
	states := []gridcasev1.State{gridcasev1.State_STATE_REPORTED}
	if c.SelfFixed {
		states = append(states, gridcasev1.State_STATE_HANDLED)
	}
	if err := c.must("file", states...); err != nil {
		return nil, err
	}
	if c.SelfFixed && c.Inspection == gridcasev1.InspectionResult_INSPECTION_RESULT_PASS {
		return nil, fault.New(fault.Conflict, "case.audited", "the self-fix passed its audit or inspection; close the case")
	}
	if f.policy().LeaderFiles() && f.Actor.Role == gridcasev1.Role_ROLE_ACCEPTOR {
		return nil, fault.New(fault.Denied, "case.leader_files", "in this city a shift leader files")
	}
	if err := f.activeCondition(c.Type, cmd.GetCondition()); err != nil {
		return nil, err
	}
	if err := c.mustBeVerified(cmd, f); err != nil {
		return nil, err
	}
	if err := c.mustNotBePermitted(cmd.GetCondition(), f); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseFiled{Condition: cmd.GetCondition(), Waiver: cmd.GetWaiver(), Reason: f.Sealed["reason"], DuplicatesSeen: cmd.GetDuplicatesSeen(),
		Clocks: c.fileClocks(cmd.GetCondition(), f)}, nil
}

func (c *Case) fileClocks(condition string, f *Facts) []*gridcasev1.Clocks {
	next := Case{Type: c.Type, Condition: condition, Priority: c.Priority}
	return readings(c.stopAll(), next.startDesk(f, gridcasev1.Stage_STAGE_DISPATCH))
}

func (c *Case) caseFiled(e *gridcasev1.CaseFiled) {
	c.State, c.Condition, c.SelfFixed = gridcasev1.State_STATE_FILED, e.GetCondition(), false
}

// mustNotBePermitted refuses a condition such as works without permit where an approved permit held the place when it was reported.
func (c *Case) mustNotBePermitted(condition string, f *Facts) error {
	rule, _ := f.Catalogue.Condition(c.Type, condition)
	for _, p := range c.Permits {
		if rule.GetUnlessPermitted() && !p.GetValidTo().AsTime().Before(f.Now) {
			return fault.BadField("condition", "case.permitted", "permit %s of project %s holds here: condition %s does not", p.GetNumber(), p.GetProject(), condition)
		}
	}
	return nil
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
	if c.Parent != "" || !public(c.Source) || c.Verification == gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS {
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
